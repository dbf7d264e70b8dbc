"""A chart of a probability over the size of a change, written out for Vega-Lite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cnnviz.render.charts import CURVE_COLOURS, line_colours
from cnnviz.render.palettes import LIGHT, Theme, to_hex

HEIGHT_PX = 300


def size_chart(
    sizes: Sequence[float],
    series: Mapping[tuple[str, str], np.ndarray],
    current: float,
    titles: tuple[str, str],
    theme: Theme = LIGHT,
) -> dict[str, Any]:
    """Draw a line for each network and kind of change, with a mark at the current size.

    Args:
        sizes: shares in [0, 1], in ascending order.
        series: probabilities, float (n,), one for each size; by network, which has a colour, and by kind of change, the
            first of which has a solid line, others dashes.
        current: the size to mark.
        titles: of the horizontal and the vertical axis.
        theme: colours around it.
    """
    rows = [
        {"size": float(size), "probability": float(value), "network": network, "change": kind}
        for (network, kind), values in series.items()
        for size, value in zip(sizes, values, strict=True)
    ]
    networks, kinds = (list(dict.fromkeys(pair[i] for pair in series)) for i in (0, 1))
    dashes = [[1, 0], *([6, 5] for _ in kinds[1:])]
    legend = {"title": None, "labelLimit": 260, "columns": 2}
    share = {"type": "quantitative", "axis": {"format": "%", "tickCount": 5}}
    lines = {
        "data": {"values": rows},
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {
            "x": share | {"field": "size", "title": titles[0]},
            "y": share | {"field": "probability", "title": titles[1], "scale": {"domain": [0, 1]}},
            "color": {
                "field": "network",
                "type": "nominal",
                "legend": legend | {"orient": "top"},
                "scale": {"domain": networks, "range": line_colours(len(networks), theme)},
            },
            "strokeDash": {
                "field": "change",
                "type": "nominal",
                "legend": legend | {"orient": "bottom", "symbolStrokeColor": to_hex(theme.text)},
                "scale": {"domain": kinds, "range": dashes},
            },
            "tooltip": [
                {"field": "network", "type": "nominal"},
                {"field": "change", "type": "nominal"},
                {"field": "size", "type": "quantitative", "format": ".0%"},
                {"field": "probability", "type": "quantitative", "format": ".1%"},
            ],
        },
    }
    mark = {
        "data": {"values": [{"size": current}]},
        "mark": {"type": "rule", "strokeWidth": 2, "color": CURVE_COLOURS[1]},
        "encoding": {"x": {"field": "size", "type": "quantitative"}},
    }
    return {"layer": [lines, mark], "height": HEIGHT_PX}
