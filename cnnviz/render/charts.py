"""Charts to point at and to click on: Altair.  Streamlit puts a button above each that downloads it as PNG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cnnviz.lazy import LazyModule
from cnnviz.render.figures import hex_of
from cnnviz.render.tiles import LIGHT, Theme

alt: Any = LazyModule("altair")
pandas: Any = LazyModule("pandas")

CURVES = ["#e07b00", "#009e73", "#cc79a7", "#8a5fd0", "#b59d00", "#7f7f7f", "#a0522d"]
"""Told apart from each other and from both accents, on white and on black, by colour-blind readers too."""
BLUES = ["#f7fbff", "#c6dbef", "#6baed6", "#2171b5", "#08306b"]
"""matplotlib's Blues at five places; Vega's own scheme of that name leaves out the lightest."""


def confusion_chart(matrix: np.ndarray, name: str, theme: Theme = LIGHT) -> Any:
    """A confusion matrix to click on: an Altair chart whose selection `name` holds "true" and "predicted"."""
    true, predicted = np.indices(matrix.shape)
    cells = pandas.DataFrame({"true": true.ravel(), "predicted": predicted.ravel(), "count": matrix.ravel()})
    pick = alt.selection_point(name=name, fields=["true", "predicted"], empty=False)
    axis = alt.Axis(labelAngle=0, ticks=False, domain=False, labelFontSize=13, titleFontSize=13)
    base = alt.Chart(cells).encode(
        x=alt.X("predicted:O", title="Predicted", axis=axis),
        y=alt.Y("true:O", title="True", axis=axis),
        tooltip=[alt.Tooltip(f"{field}:Q", title=field.capitalize()) for field in ("true", "predicted", "count")],
    )
    squares = base.mark_rect(stroke=hex_of(theme.faint), cursor="pointer").encode(
        color=alt.Color("count:Q", scale=alt.Scale(range=BLUES, domainMin=0), title="Images"),
        strokeWidth=alt.condition(pick, alt.value(3), alt.value(0.3)),
    )
    dark = alt.datum.count > int(matrix.max()) / 2
    numbers = base.mark_text(fontSize=13, cursor="pointer").encode(
        text="count:Q", color=alt.condition(dark, alt.value("white"), alt.value("black"))
    )
    return (squares.add_params(pick) + numbers).properties(height=460)


HEIGHT, LEGEND_ROW = 330, 28
"""Pixels of a chart with its axis, and of a row of its legend."""
LEGEND_COLUMNS = 2
"""More would be cut off on a telephone."""
Line = tuple[np.ndarray, np.ndarray]
"""Where the points of a line stand, and how high."""


def curve_chart(series: Mapping[str, Line], title: str, theme: Theme = LIGHT, top: float | None = None) -> Any:
    """Curves over iterations, one a name: an Altair chart.

    Args:
        series: by name the iterations and the values, float (n,) each.
        title: name of the vertical axis.
        theme: colours around it.
        top: upper end of the vertical axis; None: as the values need it.
    """
    rows = [
        {"iteration": float(x), "value": float(y), "series": name}
        for name, (xs, ys) in series.items()
        for x, y in zip(xs, ys, strict=True)
    ]
    scale = alt.Scale(zero=False) if top is None else alt.Scale(domainMax=top, zero=False)
    legend = alt.Legend(title=None, orient="top", labelLimit=140, columns=LEGEND_COLUMNS)
    colours = line_colours(len(series), theme)
    return (
        alt.Chart(pandas.DataFrame(rows, columns=["iteration", "value", "series"]))
        .mark_line(point={"size": 12})
        .encode(
            x=alt.X("iteration:Q", title="Iteration", axis=alt.Axis(format=",d", tickCount=5, tickMinStep=1)),
            y=alt.Y("value:Q", title=title, scale=scale),
            color=alt.Color("series:N", legend=legend, scale=alt.Scale(domain=list(series), range=colours)),
            tooltip=["series:N", alt.Tooltip("iteration:Q", format=",d"), alt.Tooltip("value:Q", format=".4f")],
        )
        .properties(height=HEIGHT + LEGEND_ROW * math.ceil(len(series) / LEGEND_COLUMNS))
    )


def stress_chart(
    amounts: Sequence[float], accuracies: Sequence[float], here: float, title: str, theme: Theme = LIGHT
) -> Any:
    """Accuracy over the amount of one change, with a line where one stands: an Altair chart.

    Args:
        amounts: float, of the change.
        accuracies: in [0, 1], one for each.
        here: the amount to mark.
        title: of the horizontal axis; what stands behind a comma comes below, since the chart may be narrow.
        theme: colours around it.
    """
    data = pandas.DataFrame({"amount": list(amounts), "accuracy": list(accuracies)})
    y = alt.Y("accuracy:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5))
    line = (
        alt.Chart(data)
        .mark_line(point=True, color=hex_of(theme.accent))
        .encode(
            x=alt.X("amount:Q", title=title.split(", ")),  # a list is a line each
            y=y,
            tooltip=["amount:Q", alt.Tooltip("accuracy:Q", format=".1%")],
        )
    )
    mark = alt.Chart(pandas.DataFrame({"amount": [here]})).mark_rule(color=CURVES[0], strokeWidth=2)
    return (line + mark.encode(x="amount:Q")).properties(height=220)


def line_colours(n: int, theme: Theme) -> list[str]:
    """A colour for each of n lines; after eight they begin again."""
    palette = [hex_of(theme.accent), *CURVES]
    return [palette[i % len(palette)] for i in range(n)]
