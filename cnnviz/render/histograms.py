"""Shares of values in bins, of several sets of values side by side, written out for Vega-Lite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnnviz.render import charts
from cnnviz.render.palettes import LIGHT, Theme


def histogram_chart(
    bins: Sequence[str], shares: Mapping[str, Sequence[float]], title: str, theme: Theme = LIGHT, height_px: int = 220
) -> dict[str, Any]:
    """Draw a group of bars for each bin.

    Args:
        bins: what each is called, from left to right.
        shares: by name, one share in [0, 1] for each bin.
        title: name of the horizontal axis.
        theme: colours around them.
        height_px: height of the chart with its axis, without its legend.

    Returns:
        Vega-Lite chart.
    """
    rows = [
        {"bin": label, "share": float(share), "series": name}
        for name, of_name in shares.items()
        for label, share in zip(bins, of_name, strict=True)
    ]
    colours = {"domain": list(shares), "range": charts.line_colours(len(shares), theme)}
    legend = {"title": None, "orient": "top", "columns": charts.LEGEND_COLUMNS}
    series = {"field": "series", "type": "nominal"}
    x = {"field": "bin", "type": "ordinal", "sort": None, "title": title, "axis": {"labelAngle": 0}}
    return {
        "data": {"values": rows},
        "mark": {"type": "bar"},
        "encoding": {
            "x": x,
            "xOffset": series | {"sort": None},
            "y": {"field": "share", "type": "quantitative", "title": None, "axis": {"format": ".0%", "tickCount": 4}},
            "color": series | {"legend": legend, "scale": colours},
            "tooltip": [x | {"title": title}, series, {"field": "share", "type": "quantitative", "format": ".2%"}],
        },
        "height": height_px + charts.LEGEND_ROW_PX,
    }
