"""Figures with axes and text, to look at or to download: matplotlib's `Figure`, never pyplot.

pyplot keeps one current figure for the whole process, and the server draws for several people in several threads: with
it, titles ended up in other people's figures.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cnnviz.lazy import LazyModule
from cnnviz.network.config import Layer
from cnnviz.render.charts import Line, Spread, line_colours
from cnnviz.render.palettes import LIGHT, Theme, to_hex

figure: Any = LazyModule("matplotlib.figure")
patches: Any = LazyModule("matplotlib.patches")

DPI = 160
STEPS_TITLE = "Training step"


def _new(width: float, height: float, theme: Theme) -> tuple[Any, Any]:
    """An empty figure, its size in inches, and its only axes, in the colours of a theme."""
    fig = figure.Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor=to_hex(theme.paper))
    axes = fig.add_subplot()
    axes.set_facecolor(to_hex(theme.paper))
    axes.tick_params(colors=to_hex(theme.text), length=0)
    axes.spines[:].set_visible(False)
    return fig, axes


def png(fig: Any, max_px: int | None = None) -> bytes:
    """The figure as the content of a PNG file, at most `max_px` pixels wide."""
    content = io.BytesIO()
    dpi = DPI if max_px is None else min(DPI, int(max_px / fig.get_figwidth()))
    fig.savefig(content, format="png", dpi=dpi)
    return content.getvalue()


def confusion_figure(matrix: np.ndarray, theme: Theme = LIGHT) -> Any:
    """Draw a confusion matrix with its numbers, a colour bar and named axes.

    Args:
        matrix: int, shape (10, 10); row = true digit, column = predicted digit.
        theme: colours around it.

    Returns:
        matplotlib Figure, in the colour map Blues; a number is white where its cell is dark.
    """
    fig, axes = _new(6.8, 5.6, theme)
    image = axes.imshow(matrix, cmap="Blues", vmin=0)
    bar = fig.colorbar(image, ax=axes, shrink=0.8)
    bar.ax.tick_params(colors=to_hex(theme.text))
    bar.outline.set_visible(False)
    half = matrix.max() / 2
    for (true, predicted), count in np.ndenumerate(matrix):
        shade = "white" if count > half else "black"
        axes.text(predicted, true, str(count), color=shade, ha="center", va="center", fontsize=9)
    axes.set(xticks=range(10), yticks=range(10))
    axes.set_xlabel("Predicted", color=to_hex(theme.text))
    axes.set_ylabel("True", color=to_hex(theme.text))
    return fig


def curves_figure(
    series: Mapping[str, Line], title: str, top: float | None = None, x_title: str = STEPS_TITLE, theme: Theme = LIGHT
) -> Any:
    """Draw curves as `charts.curve_chart` does, for a file.

    Args:
        series: by name, the horizontal values and the vertical ones, float (n,) each.
        title: name of the vertical axis.
        top: upper end of the vertical axis; None fits it to the values.
        x_title: name of the horizontal axis.
        theme: colours around it.

    Returns:
        matplotlib Figure, with a legend where there are several curves.
    """
    fig, axes = _new(7.2, 3.6, theme)
    for (name, (xs, ys)), colour in zip(series.items(), line_colours(len(series), theme), strict=True):
        axes.plot(xs, ys, color=colour, label=name, marker="o", markersize=2.5, linewidth=1.5)
    axes.grid(color=to_hex(theme.faint), linewidth=0.5)
    if top is not None:
        axes.set_ylim(top=top)
    axes.set_xlabel(x_title, color=to_hex(theme.text))
    axes.set_ylabel(title, color=to_hex(theme.text))
    if len(series) > 1:
        axes.legend(frameon=False, labelcolor=to_hex(theme.text))
    return fig


def spreads_figure(spreads: Sequence[Spread], theme: Theme = LIGHT) -> Any:
    """Draw a row for each setting as `charts.spread_chart` does, for a file.

    Args:
        spreads: from top to bottom.
        theme: colours around them.

    Returns:
        matplotlib Figure: a point for each seed, a stroke at their mean, the mean's interval as a line; in percent.
    """
    fig, axes = _new(7.2, 0.9 + 0.45 * len(spreads), theme)
    text = to_hex(theme.text)
    for row, each in enumerate(spreads):
        axes.plot([100 * each.low, 100 * each.high], [row, row], color=text, linewidth=1.5)
        axes.plot([100 * each.mean], [row], color=text, marker="|", markersize=16, markeredgewidth=2)
        shares = [100 * share for share in each.shares]
        axes.plot(shares, [row] * len(shares), "o", color=to_hex(theme.accent), alpha=0.75)
    axes.set_yticks(range(len(spreads)), [each.label for each in spreads])
    axes.set_ylim(len(spreads) - 0.5, -0.5)
    axes.grid(color=to_hex(theme.faint), linewidth=0.5, axis="x")
    axes.set_xlabel("Test accuracy, %", color=text)
    return fig


def counts_figure(counts: np.ndarray, theme: Theme = LIGHT) -> Any:
    """Draw how many images of each digit there are: ten bars with their numbers.

    Args:
        counts: int, shape (10,).
        theme: colours around it.

    Returns:
        matplotlib Figure.
    """
    fig, axes = _new(7.2, 2.8, theme)
    bars = axes.bar(range(10), counts, color=to_hex(theme.accent))
    axes.bar_label(bars, labels=[f"{count:,}" for count in counts], color=to_hex(theme.text), fontsize=9, padding=2)
    axes.set(xticks=range(10), yticks=[])
    axes.set_xlabel("Digit", color=to_hex(theme.text))
    return fig


def network_figure(layers: tuple[Layer, ...], theme: Theme = LIGHT) -> Any:
    """Draw the flow chart of a network, left to right: stacks of maps and columns of neurons.

    Shown are the image, the output of each convolution block, and every layer of neurons.

    Args:
        layers: as `network.config.layers` gives them.
        theme: colours.

    Returns:
        matplotlib Figure.
    """
    nodes = flow_chart(layers)
    fig, axes = _new(1.7 * len(nodes), 3.3, theme)
    x = 0.0
    for i, (layer, operations) in enumerate(nodes):
        right = _stack(axes, x, layer, theme) if layer.is_map else _column(axes, x, layer, theme)
        text = {"color": to_hex(theme.text), "ha": "center"}
        axes.text((x + right) / 2, 1.32, _size(layer), va="bottom", fontsize=15, fontweight="bold", **text)
        axes.text((x + right) / 2, -0.3, operations, va="top", fontsize=12.5, linespacing=1.4, **text)
        if i + 1 < len(nodes):
            arrow = {"arrowstyle": "-|>", "color": to_hex(theme.text), "lw": 1.2}
            axes.annotate("", xy=(right + 0.62, 0.5), xytext=(right + 0.12, 0.5), arrowprops=arrow)
        x = right + 0.75
    axes.set(xlim=(-0.15, x - 0.45), ylim=(-0.95, 1.6), xticks=[], yticks=[], aspect="equal")
    return fig


def flow_chart(layers: tuple[Layer, ...]) -> list[tuple[Layer, str]]:
    """The layers that the flow chart shows, each with the operations that lead to it, a line each."""
    nodes = [(layers[0], "image")]
    operations: list[str] = []
    for layer, following in zip(layers[1:], [*layers[2:], None], strict=True):
        operations.append(_operation(layer))
        block_ends = following is None or following.kind in ("convolution", "flatten", "dense", "softmax", "dropout")
        if block_ends and layer.kind not in ("flatten", "dropout"):
            nodes.append((layer, "\n".join(operations)))
            operations = []
        elif layer.kind == "flatten":
            nodes.append((layer, "flattened"))
            operations = []
        # Else the operation is kept for the layer that follows: an activation's, or the one behind a dropout.
    return nodes


def _operation(layer: Layer) -> str:
    """What a layer does, in a few words."""
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
    """Draw maps one behind the other, eight at most; returns the x of the right edge."""
    side = 0.42 + 0.58 * layer.shape[0] / 28
    n = min(layer.shape[2], 8)
    shift = 0.055
    for i in reversed(range(n)):  # from the back to the front
        corner = (x + i * shift, 0.5 - side / 2 + i * shift - n * shift / 2)
        axes.add_patch(
            patches.Rectangle(corner, side, side, facecolor=to_hex(theme.paper), edgecolor=to_hex(theme.accent), lw=1.4)
        )
    return x + side + (n - 1) * shift


def _column(axes: Any, x: float, layer: Layer, theme: Theme) -> float:
    """Draw a column of neurons, its height by the logarithm of their number; returns the x of the right edge."""
    height = 0.3 + 0.27 * math.log10(layer.shape[0])
    box = patches.Rectangle((x, 0.5 - height / 2), 0.2, height, facecolor=to_hex(theme.accent), edgecolor="none")
    axes.add_patch(box)
    return x + 0.2
