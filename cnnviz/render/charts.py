"""Charts that react to pointer and click, by Altair or written out for Vega-Lite.

Streamlit adds a button to each that downloads it as PNG.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.lazy import LazyModule
from cnnviz.render.palettes import LIGHT, Theme, to_hex

alt: Any = LazyModule("altair")
pandas: Any = LazyModule("pandas")

CURVE_COLOURS = ["#e07b00", "#009e73", "#cc79a7", "#8a5fd0", "#b59d00", "#7f7f7f", "#a0522d"]
"""Colours that colour-blind readers too can tell from each other and from the accents, on white and on black."""
MUTED = "#8c8c8c"
"""Of what is not to stand out: the digits that were read right."""
BLUES = ["#f7fbff", "#c6dbef", "#6baed6", "#2171b5", "#08306b"]
"""matplotlib's Blues at five values; Vega's own scheme of that name leaves out the lightest."""


def confusion_chart(matrix: np.ndarray, name: str, theme: Theme = LIGHT) -> Any:
    """Draw a confusion matrix whose cells can be clicked on; the diagonal is muted, so that mistakes stand out.

    Args:
        matrix: int, shape (10, 10); row = true digit, column = predicted digit.
        name: of the selection, which holds "true" and "predicted" of the cell that was clicked on.
        theme: colours around it.

    Returns:
        Altair chart.
    """
    true, predicted = np.indices(matrix.shape)
    cells = pandas.DataFrame({"true": true.ravel(), "predicted": predicted.ravel(), "count": matrix.ravel()})
    pick = alt.selection_point(name=name, fields=["true", "predicted"], empty=False)
    axis = alt.Axis(labelAngle=0, ticks=False, domain=False, labelFontSize=15, titleFontSize=15)
    base = alt.Chart(cells).encode(
        x=alt.X("predicted:O", title="Predicted", axis=axis),
        y=alt.Y("true:O", title="True", axis=axis),
        tooltip=[alt.Tooltip(f"{field}:Q", title=field.capitalize()) for field in ("true", "predicted", "count")],
    )
    is_right = alt.datum.true == alt.datum.predicted
    errors = matrix * (1 - np.eye(len(matrix), dtype=int))
    shades = alt.Scale(range=shades_of(theme), domain=[0, max(1, int(errors.max()))], interpolate="rgb")
    squares = base.mark_rect(stroke=to_hex(theme.faint), cursor="pointer").encode(
        color=alt.condition(is_right, alt.value(MUTED), alt.Color("count:Q", scale=shades, legend=None)),
        strokeWidth=alt.condition(pick, alt.value(4), alt.value(0.3)),
        opacity=alt.condition(is_right, alt.value(0.35), alt.value(1)),
    )
    strong = (alt.datum.true != alt.datum.predicted) & (alt.datum.count > int(errors.max()) / 2)
    numbers = base.mark_text(fontSize=14, cursor="pointer").encode(
        text=alt.condition(alt.datum.count > 0, alt.Text("count:Q"), alt.value("")),
        color=alt.condition(strong, alt.value(to_hex(theme.paper)), alt.value(to_hex(theme.text))),
    )
    return (squares.add_params(pick) + numbers).properties(height=410)


SIZES = (
    *("labelFontSize", "titleFontSize", "fontSize", "height", "labelLimit", "dx", "strokeWidth"),
    *("minExtent", "maxExtent"),
)
"""What of a chart grows when all of it is to be larger; its width is that of its place."""
TEXT_PX = {"labelFontSize": 14, "titleFontSize": 14}
"""Of the axes and the legend of a chart that is enlarged, where it says nothing else."""


def enlarged(chart: Any, by: float) -> dict[str, Any]:
    """A chart with larger text, and as much higher, for those who look from far away.

    Args:
        chart: of Altair, or a dict for Vega-Lite.
        by: factor.

    Returns:
        Vega-Lite chart.
    """
    larger: dict[str, Any] = _larger(chart if isinstance(chart, dict) else chart.to_dict(), by)
    texts = _larger(TEXT_PX, by)
    return larger | {"config": {"axis": texts, "legend": texts}}


def _larger(part: Any, by: float) -> Any:
    """A part of a chart with all its sizes multiplied; data is left alone."""
    if isinstance(part, list):
        return [_larger(each, by) for each in part]
    if not isinstance(part, dict):
        return part
    grown = {}
    for name, value in part.items():
        is_size = name in SIZES and isinstance(value, int | float)
        is_data = name in ("data", "datasets")
        grown[name] = round(by * value, 1) if is_size else value if is_data else _larger(value, by)
    return grown


def shades_of(theme: Theme) -> list[str]:
    """From paper to the colour of many."""
    return [to_hex(theme.paper), *(BLUES[1:] if theme == LIGHT else reversed(BLUES[:4]))]


HEIGHT_PX, LEGEND_ROW_PX = 330, 28
"""Height of a chart with its axis, and of a row of its legend."""
LEGEND_COLUMNS, LEGEND_PX = 2, 280
"""More would be cut off on a telephone."""
Line = tuple[np.ndarray, np.ndarray]
"""The iterations and the values of a line's points."""


def curve_chart(
    series: Mapping[str, Line],
    title: str,
    theme: Theme = LIGHT,
    top: float | None = None,
    *,
    height_px: int = HEIGHT_PX,
    legend_columns: int = LEGEND_COLUMNS,
    end: int | None = None,
) -> dict[str, Any]:
    """Draw curves over training steps.

    Args:
        series: by name, the iterations and the values, float (n,) each.
        title: name of the vertical axis.
        theme: colours around it.
        top: upper end of the vertical axis; None fits it to the values.
        height_px: height of the chart with its axis, without its legend.
        legend_columns: how many names stand side by side above it; the fewer, the longer they may be.
        end: the last training step, up to which the curves are to grow; None where they are as long as they are.

    Returns:
        Vega-Lite chart, its data in columns. Written out, since Altair takes 20 ms to check and translate one, and the
        page that watches a run draws two a second.
    """
    points = {
        "iteration": np.concatenate([np.asarray(xs, float) for xs, _ in series.values()] or [np.zeros(0)]),
        "value": np.concatenate([np.asarray(ys, float) for _, ys in series.values()] or [np.zeros(0)]),
        "series": [name for name, (xs, _) in series.items() for _ in xs],
    }
    scale: dict[str, Any] = {"zero": False} if top is None else {"domainMax": top, "zero": False}
    iterations = {"format": ",d", "tickCount": 5, "tickMinStep": 1}
    steps = {} if end is None else {"scale": {"domain": [0, end]}}
    colours = {"domain": list(series), "range": line_colours(len(series), theme)}
    legend = {"title": None, "orient": "top", "labelLimit": LEGEND_PX // legend_columns, "columns": legend_columns}
    return {
        "data": {"values": points},
        "mark": {"type": "line", "point": {"size": 12}},
        "encoding": {
            "x": {"field": "iteration", "type": "quantitative", "title": "Training step", "axis": iterations} | steps,
            "y": {"field": "value", "type": "quantitative", "title": title, "scale": scale},
            "color": {"field": "series", "type": "nominal", "legend": legend, "scale": colours},
            "tooltip": [
                {"field": "series", "type": "nominal"},
                {"field": "iteration", "type": "quantitative", "format": ",d"},
                {"field": "value", "type": "quantitative", "format": ".4f"},
            ],
        },
        "height": height_px + LEGEND_ROW_PX * math.ceil(len(series) / legend_columns),
    }


@dataclass(frozen=True)
class Spread:
    """What the seeds of one setting came out as: shares in [0, 1], and the ends of their mean's interval."""

    label: str
    shares: tuple[float, ...]
    low: float
    high: float

    @property
    def mean(self) -> float:
        """Of the shares."""
        return sum(self.shares) / len(self.shares)


ROW_PX = 44


def spread_chart(spreads: Sequence[Spread], theme: Theme = LIGHT) -> dict[str, Any]:
    """Draw a row for each setting: a point for each seed, a stroke at their mean, its interval as a line.

    Args:
        spreads: from top to bottom.
        theme: colours around them.

    Returns:
        Vega-Lite chart; its axis begins where the values do, since points, other than bars, need no 0.
    """
    rows = [{"setting": s.label, "mean": s.mean, "low": s.low, "high": s.high} for s in spreads]
    seeds = [{"setting": s.label, "share": share} for s in spreads for share in s.shares]
    text, accent = to_hex(theme.text), to_hex(theme.accent)
    labels = {
        "labelFontSize": 15,
        "labelLimit": 260,
        "ticks": False,
        "domain": False,
        "grid": True,
        "labelFlush": False,
    }
    y = {"field": "setting", "type": "nominal", "sort": None, "title": None, "axis": labels}

    def layer(values: list[dict[str, Any]], field: str, mark: dict[str, Any], **channels: Any) -> dict[str, Any]:
        shown = [name for name in values[0] if name != "setting"] if values else []
        tooltip = [{"field": "setting", "type": "nominal", "title": "Setting"}]
        tooltip += [{"field": n, "type": "quantitative", "format": ".2%", "title": n.capitalize()} for n in shown]
        x = {"field": field, "type": "quantitative", "title": "Test accuracy", "scale": {"zero": False, "nice": True}}
        return {
            "data": {"values": values},
            "mark": mark,
            "encoding": {"y": y, "x": x | {"axis": {"format": ".1%", "tickCount": 5}}, "tooltip": tooltip, **channels},
        }

    return {
        "layer": [
            layer(rows, "low", {"type": "rule", "strokeWidth": 2, "color": text}, x2={"field": "high"}),
            layer(rows, "mean", {"type": "tick", "thickness": 3, "size": 26, "color": text}),
            layer(seeds, "share", {"type": "circle", "size": 90, "opacity": 0.75, "color": accent}),
        ],
        "height": ROW_PX * len(spreads) + 50,
    }


@dataclass(frozen=True)
class Size:
    """A size of network in a search: its weights, the accuracies of its seeds in [0, 1], and whether it stands out."""

    label: str
    n_weights: int
    accuracies: tuple[float, ...]
    on_frontier: bool
    is_chosen: bool = False

    @property
    def mean(self) -> float:
        """Of the accuracies."""
        return sum(self.accuracies) / len(self.accuracies)


def frontier_chart(sizes: Sequence[Size], theme: Theme = LIGHT) -> dict[str, Any]:
    """Draw accuracy over weights, these on a logarithmic axis: a point for each seed, the frontier as a line.

    Args:
        sizes: of the search.
        theme: colours around them.

    Returns:
        Vega-Lite chart. The means of the frontier are large points on its line, the one that is chosen a ring.
    """
    named = [{"size": s.label, "weights": s.n_weights, "mean": s.mean, "chosen": s.is_chosen} for s in sizes]
    frontier = [row for row, s in zip(named, sizes, strict=True) if s.on_frontier]
    chosen = [row for row in named if row["chosen"]]
    seeds = [{"size": s.label, "weights": s.n_weights, "accuracy": a} for s in sizes for a in s.accuracies]
    text, accent = to_hex(theme.text), to_hex(theme.accent)
    x = {"field": "weights", "type": "quantitative", "title": "Weights", "scale": {"type": "log", "nice": True}}
    x["axis"] = {"format": "~s", "tickCount": 4}

    def layer(values: list[dict[str, Any]], field: str, mark: dict[str, Any]) -> dict[str, Any]:
        y = {"field": field, "type": "quantitative", "title": "Validation accuracy", "scale": {"zero": False}}
        tooltip = [
            {"field": "size", "type": "nominal", "title": "Size"},
            {"field": "weights", "type": "quantitative", "format": ",d", "title": "Weights"},
            {"field": field, "type": "quantitative", "format": ".2%", "title": field.capitalize()},
        ]
        encoding = {"x": x, "y": y | {"axis": {"format": ".2~%", "tickCount": 5}}, "tooltip": tooltip}
        return {"data": {"values": values}, "mark": mark, "encoding": encoding}

    return {
        "layer": [
            layer(frontier, "mean", {"type": "line", "strokeWidth": 2, "color": text}),
            layer(seeds, "accuracy", {"type": "circle", "size": 50, "opacity": 0.6, "color": accent}),
            layer(frontier, "mean", {"type": "point", "filled": True, "size": 110, "color": text, "opacity": 1}),
            layer(chosen, "mean", {"type": "point", "size": 420, "strokeWidth": 3, "color": CURVE_COLOURS[0]}),
        ],
        "height": HEIGHT_PX,
    }


def corruption_chart(
    severities: Sequence[float], accuracies: Sequence[float], current: float, title: str, theme: Theme = LIGHT
) -> Any:
    """Draw accuracy over the severity of one corruption, with a line at the current severity.

    Args:
        severities: in ascending order.
        accuracies: in [0, 1], one for each severity.
        current: the severity to mark.
        title: of the horizontal axis; it is broken at its comma, since the chart may be narrow.
        theme: colours around it.

    Returns:
        Altair chart.
    """
    # The column is named "amount", since its name is what the tooltip says.
    data = pandas.DataFrame({"amount": list(severities), "accuracy": list(accuracies)})
    y = alt.Y("accuracy:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5))
    line = (
        alt.Chart(data)
        .mark_line(point=True, color=to_hex(theme.accent))
        .encode(
            x=alt.X("amount:Q", title=title.split(", ")),  # Vega writes each entry of a list on a line of its own
            y=y,
            tooltip=["amount:Q", alt.Tooltip("accuracy:Q", format=".1%")],
        )
    )
    mark = alt.Chart(pandas.DataFrame({"amount": [current]})).mark_rule(color=CURVE_COLOURS[0], strokeWidth=2)
    return (line + mark.encode(x="amount:Q")).properties(height=190)


def line_colours(n: int, theme: Theme) -> list[str]:
    """A colour for each of n lines; after eight they begin again."""
    palette = [to_hex(theme.accent), *CURVE_COLOURS]
    return [palette[i % len(palette)] for i in range(n)]
