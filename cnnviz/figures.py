"""Charts with axes and words: matplotlib's Figure, never pyplot; Altair where one clicks."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cnnviz.lazy import LazyModule
from cnnviz.network import Layer
from cnnviz.tiles import LIGHT, Theme

figure: Any = LazyModule("matplotlib.figure")
patches: Any = LazyModule("matplotlib.patches")
alt: Any = LazyModule("altair")
pandas: Any = LazyModule("pandas")

DPI = 160
CURVES = ["#e07b00", "#009e73", "#cc79a7", "#8a5fd0", "#b59d00", "#56b4e9", "#d55e00", "#7f7f7f"]
"""Told apart by colour-blind readers too, on white and on black."""
BLUES = ["#f7fbff", "#c6dbef", "#6baed6", "#2171b5", "#08306b"]
"""matplotlib's Blues at five places; Vega's own scheme of that name leaves out the lightest."""


def _new(width: float, height: float, theme: Theme) -> tuple[Any, Any]:
    """An empty figure with one pair of axes in the colours of a theme; inches."""
    fig = figure.Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor=_hex(theme.paper))
    axes = fig.add_subplot()
    axes.set_facecolor(_hex(theme.paper))
    axes.tick_params(colors=_hex(theme.text), length=0)
    axes.spines[:].set_visible(False)
    return fig, axes


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def png(fig: Any) -> bytes:
    """The figure as a PNG file."""
    content = io.BytesIO()
    fig.savefig(content, format="png")
    return content.getvalue()


def confusion_figure(matrix: np.ndarray, theme: Theme = LIGHT) -> Any:
    """A confusion matrix in Blues with its numbers, a colour bar and named axes.

    Args:
        matrix: int, shape (10, 10); row = true digit, column = predicted digit.
        theme: colours around it.

    Returns:
        matplotlib Figure; a number is white where its cell is dark.
    """
    fig, axes = _new(6.8, 5.6, theme)
    image = axes.imshow(matrix, cmap="Blues", vmin=0)
    bar = fig.colorbar(image, ax=axes, shrink=0.8)
    bar.ax.tick_params(colors=_hex(theme.text))
    bar.outline.set_visible(False)
    half = matrix.max() / 2
    for (true, predicted), count in np.ndenumerate(matrix):
        shade = "white" if count > half else "black"
        axes.text(predicted, true, str(count), color=shade, ha="center", va="center", fontsize=9)
    axes.set(xticks=range(10), yticks=range(10))
    axes.set_xlabel("Predicted", color=_hex(theme.text))
    axes.set_ylabel("True", color=_hex(theme.text))
    return fig


def confusion_chart(matrix: np.ndarray, name: str, theme: Theme = LIGHT) -> Any:
    """The same matrix to click on: an Altair chart whose selection `name` holds "true" and "predicted"."""
    true, predicted = np.indices(matrix.shape)
    cells = pandas.DataFrame({"true": true.ravel(), "predicted": predicted.ravel(), "count": matrix.ravel()})
    pick = alt.selection_point(name=name, fields=["true", "predicted"], empty=False)
    axis = alt.Axis(labelAngle=0, ticks=False, domain=False, labelFontSize=13, titleFontSize=13)
    base = alt.Chart(cells).encode(
        x=alt.X("predicted:O", title="Predicted", axis=axis),
        y=alt.Y("true:O", title="True", axis=axis),
        tooltip=[alt.Tooltip(f"{field}:Q", title=field.capitalize()) for field in ("true", "predicted", "count")],
    )
    squares = base.mark_rect(stroke=_hex(theme.faint), cursor="pointer").encode(
        color=alt.Color("count:Q", scale=alt.Scale(range=BLUES, domainMin=0), title="Images"),
        strokeWidth=alt.condition(pick, alt.value(3), alt.value(0.3)),
    )
    dark = alt.datum.count > int(matrix.max()) / 2
    numbers = base.mark_text(fontSize=13, cursor="pointer").encode(
        text="count:Q", color=alt.condition(dark, alt.value("white"), alt.value("black"))
    )
    return (squares.add_params(pick) + numbers).properties(height=460)


LEGEND_COLUMNS = 2
"""More would be cut off on a telephone."""


def curve_chart(
    series: Mapping[str, tuple[np.ndarray, np.ndarray]], title: str, theme: Theme = LIGHT, top: float | None = None
) -> Any:
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
    colours = [_hex(theme.accent), *CURVES][: len(series)]
    return (
        alt.Chart(pandas.DataFrame(rows, columns=["iteration", "value", "series"]))
        .mark_line(point={"size": 12})
        .encode(
            x=alt.X("iteration:Q", title="Iteration", axis=alt.Axis(format=",d", tickCount=5, tickMinStep=1)),
            y=alt.Y("value:Q", title=title, scale=scale),
            color=alt.Color("series:N", legend=legend, scale=alt.Scale(domain=list(series), range=colours)),
            tooltip=["series:N", alt.Tooltip("iteration:Q", format=",d"), alt.Tooltip("value:Q", format=".4f")],
        )
        .properties(height=260 + 28 * math.ceil(len(series) / LEGEND_COLUMNS))
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
        .mark_line(point=True, color=_hex(theme.accent))
        .encode(
            x=alt.X("amount:Q", title=title.split(", ")),  # a list is a line each
            y=y,
            tooltip=["amount:Q", alt.Tooltip("accuracy:Q", format=".1%")],
        )
    )
    mark = alt.Chart(pandas.DataFrame({"amount": [here]})).mark_rule(color=CURVES[0], strokeWidth=2)
    return (line + mark.encode(x="amount:Q")).properties(height=220)


def counts_figure(counts: np.ndarray, theme: Theme = LIGHT) -> Any:
    """How many of each digit: ten bars with their numbers.

    Args:
        counts: int, shape (10,).
    """
    fig, axes = _new(7.2, 2.8, theme)
    bars = axes.bar(range(10), counts, color=_hex(theme.accent))
    axes.bar_label(bars, labels=[f"{count:,}" for count in counts], color=_hex(theme.text), fontsize=9, padding=2)
    axes.set(xticks=range(10), yticks=[])
    axes.set_xlabel("Digit", color=_hex(theme.text))
    return fig


def network_figure(layers: tuple[Layer, ...], theme: Theme = LIGHT) -> Any:
    """The flow chart of a network: stacks of maps and columns of neurons, left to right.

    Shown are the image, what each convolution block hands on, and every layer of neurons.
    """
    steps = flow(layers)
    fig, axes = _new(1.7 * len(steps), 3.3, theme)
    x = 0.0
    for i, (layer, words) in enumerate(steps):
        right = _stack(axes, x, layer, theme) if layer.is_map else _column(axes, x, layer, theme)
        text = {"color": _hex(theme.text), "ha": "center"}
        axes.text((x + right) / 2, 1.32, _size(layer), va="bottom", fontsize=15, fontweight="bold", **text)
        axes.text((x + right) / 2, -0.3, words, va="top", fontsize=12.5, linespacing=1.4, **text)
        if i + 1 < len(steps):
            arrow = {"arrowstyle": "-|>", "color": _hex(theme.text), "lw": 1.2}
            axes.annotate("", xy=(right + 0.62, 0.5), xytext=(right + 0.12, 0.5), arrowprops=arrow)
        x = right + 0.75
    axes.set(xlim=(-0.15, x - 0.45), ylim=(-0.95, 1.6), xticks=[], yticks=[], aspect="equal")
    return fig


def flow(layers: tuple[Layer, ...]) -> list[tuple[Layer, str]]:
    """The layers that the flow chart shows, each with what led to it in words."""
    steps = [(layers[0], "image")]
    words: list[str] = []
    for layer, following in zip(layers[1:], [*layers[2:], None], strict=True):
        words.append(_step_words(layer))
        block_ends = following is None or following.kind in ("convolution", "flatten", "dense", "softmax", "dropout")
        if block_ends and layer.kind not in ("flatten", "dropout"):
            steps.append((layer, "\n".join(words)))
            words = []
        elif layer.kind == "flatten":
            steps.append((layer, "flattened"))
            words = []
    return steps


def _step_words(layer: Layer) -> str:
    if layer.kind == "convolution":
        return f"{layer.shape[2]} filters {layer.kernel_shape[0]}×{layer.kernel_shape[1]}"
    if layer.kind == "pooling":
        return f"{layer.operation}-pool 2×2"
    if layer.kind == "dense":
        return "logits" if layer.name == "logits" else "fully\nconnected"
    if layer.kind == "activation":
        return {"relu": "ReLU"}.get(layer.operation, layer.operation)
    return layer.kind


def _size(layer: Layer) -> str:
    if not layer.is_map:
        return f"{layer.shape[0]:,}"
    height, width, channels = layer.shape
    return f"{height}×{width}" if channels == 1 else f"{channels} × {height}×{width}"


def _stack(axes: Any, x: float, layer: Layer, theme: Theme) -> float:
    """Sheets behind each other, as many as there are maps up to eight; gives the right edge."""
    side = 0.42 + 0.58 * layer.shape[0] / 28
    n = min(layer.shape[2], 8)
    shift = 0.055
    for i in reversed(range(n)):
        corner = (x + i * shift, 0.5 - side / 2 + i * shift - n * shift / 2)
        axes.add_patch(
            patches.Rectangle(corner, side, side, facecolor=_hex(theme.paper), edgecolor=_hex(theme.accent), lw=1.4)
        )
    return x + side + (n - 1) * shift


def _column(axes: Any, x: float, layer: Layer, theme: Theme) -> float:
    """A column of neurons; its height grows with the logarithm of their number."""
    height = 0.3 + 0.27 * math.log10(layer.shape[0])
    box = patches.Rectangle((x, 0.5 - height / 2), 0.2, height, facecolor=_hex(theme.accent), edgecolor="none")
    axes.add_patch(box)
    return x + 0.2
