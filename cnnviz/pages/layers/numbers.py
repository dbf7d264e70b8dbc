"""Every number of one pixel, to read in peace: all input channels, and the chain back to the ink."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
from PIL import Image

from cnnviz.analysis import arithmetic, contribution_path, receptive_field
from cnnviz.analysis.explanations import (
    ActivationExplanation,
    ConvolutionExplanation,
    IdentityExplanation,
    PoolingExplanation,
)
from cnnviz.network.config import Layer, NetworkConfig, layers
from cnnviz.network.weights import Network
from cnnviz.pages.layers import signs
from cnnviz.pages.layers.opened import OpenMap
from cnnviz.render import matrices, tiles
from cnnviz.render.palettes import LIGHT, Theme
from cnnviz.ui import offers, panels
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import images, written
from cnnviz.ui.state import CalculationPart


class Words:
    """What stands at the numbers."""

    more = "More: every number of this pixel, and the way back to the ink"
    pixel = "Pixel ({row}, {column}) of map {filter} of {name}: {value:.4f}"
    patch, kernel, products = "patch", "kernel", "products"
    channel_row = "Input channel {channel}: patch × kernel, cell by cell; the products add up to {total:+.4f}."
    channel_alt = (
        "Three squares of {px} by {px} numbers for input channel {channel}. Patch: {patch}. Kernel: {kernel}. "
        "Products: {products}."
    )
    sum = "Sum"
    every_channel = "All {n} input channels"
    channels = "The {n} input channels, those that matter most first; the {shown} strongest stand above with numbers."
    channels_alt = "Table of the sums of {n} input channels."
    channel_columns = ("Input channel", "Sum of products")
    total = "{terms} + bias {bias:+.4f} = **{total:+.4f}**"
    others = "{sum:+.4f} of {n} other channels"
    outside = "Cells without a number lie outside the map: the padding adds zeros there."
    pooling = {
        "max": "The largest of the four is kept: **{result:.4f}**.",
        "average": "The mean of what lies inside: **{result:.4f}**.",
    }
    window = "The window of 2×2 in map {filter} of {below}; the frame marks the winner."
    one_window = "window"
    window_alt = "Four numbers: {values}."
    activation = {
        "relu": "ReLU: max(0, {value:.4f}) = **{result:.4f}**",
        "sigmoid": "sigmoid: 1 / (1 + exp(−({value:.4f}))) = **{result:.4f}**",
        "tanh": "tanh({value:.4f}) = **{result:.4f}**",
    }
    then = "Then, in {name}:"
    field = "Back to the ink"
    field_caption = (
        "The frame: the {height}×{width} pixels of the image that this pixel can see, through every layer between."
    )
    field_ink = " The small frame: the pixel of ink at the end of the chain."
    field_alt = "The image with a frame around rows {top} to {bottom} and columns {left} to {right}."
    chain = "In each layer the number that contributes most to the one above it, from this pixel down to the ink."
    chain_alt = "Table of {n} numbers from {first} down to {last}."
    chain_columns = ("Layer", "Place", "Value", "Contribution")
    chain_ends = "The chain ends in {name}: nothing below it gave anything, only the bias is left."


N_CHANNELS = 3


def show(network: Network, outputs: Mapping[str, np.ndarray], found: OpenMap) -> None:
    """How the open pixel is computed, number by number, and what it sees; only once it is asked for."""
    more = st.expander(Words.more, key=CalculationPart.more.name, on_change="rerun")
    if not more.open:
        if offers.wanted():
            offer_sum(network, outputs, found)
        return
    with more:
        layer, position = found.layer, (*found.place, found.number)
        below = arithmetic.layer_below(network.config, layer.name)
        step = arithmetic.explain(network, outputs, layer.name, position)
        value = arithmetic.value_at(network.config, outputs, layer.name, position)
        row, column = found.place
        words = {"row": row, "column": column, "filter": found.number, "name": layer.name, "value": value}
        st.markdown(f"**{Words.pixel.format(**words)}**")
        show_step(step, outputs[below.name], network, layer, position)
        show_next(network.config, outputs, layer, position)
        show_field(network, outputs, layer, position)


def offer_sum(network: Network, outputs: Mapping[str, np.ndarray], found: OpenMap) -> None:
    """Offer the open pixel's sum of products to the report, of the channel that matters most; only of a convolution."""
    layer, position = found.layer, (*found.place, found.number)
    step = arithmetic.explain(network, outputs, layer.name, position)
    if not isinstance(step, ConvolutionExplanation):
        return
    inputs, weights = outputs[arithmetic.layer_below(network.config, layer.name).name], _kernel(network, layer)
    channel, row, column = int(step.channels_by_contribution[0]), *found.place
    caption, alt = channel_in_words(step, channel)
    words = {"row": row, "column": column, "filter": found.number, "name": layer.name, "value": step.total}
    labels = (Words.patch, Words.kernel, Words.products)

    def draw() -> bytes:
        return tiles.png(matrices.equation(factors(step, channel, inputs, weights, LIGHT), ("×", "="), labels, LIGHT))

    facts = [(Words.sum, offers.plain(total_in_words(step)))]
    offers.offer(f"{Words.pixel.format(**words)}. {caption}", [offers.Drawn(draw, alt)], facts)


def _kernel(network: Network, layer: Layer) -> np.ndarray:
    return network.weights[f"{layer.name}/kernel"]


def largest_product(kernel: np.ndarray, inputs: np.ndarray) -> float:
    """The largest magnitude that one weight times one number of the input can have, channel by channel.

    Args:
        kernel: float (k, k, channels, filters).
        inputs: float (height, width, channels).
    """
    return float((np.abs(inputs).max(axis=(0, 1)) * np.abs(kernel).max(axis=(0, 1, 3))).max())


def show_step(step: object, inputs: np.ndarray, network: Network, layer: Layer, position: tuple[int, ...]) -> None:
    """How one number comes about."""
    below = arithmetic.layer_below(network.config, layer.name)
    if isinstance(step, ConvolutionExplanation):
        show_convolution(step, inputs, _kernel(network, layer))
    elif isinstance(step, PoolingExplanation):
        show_pooling(step, inputs, below, position[2])
    elif isinstance(step, ActivationExplanation):
        st.markdown(Words.activation[step.operation].format(value=step.value, result=step.result))
    elif isinstance(step, IdentityExplanation):
        st.markdown(f"{step.result:.4f}")


def show_convolution(step: ConvolutionExplanation, inputs: np.ndarray, weights: np.ndarray) -> None:
    """Patch, kernel and products of the channels that matter most, and the sum of all."""
    order = step.channels_by_contribution
    every = len(order) > N_CHANNELS and st.toggle(
        Words.every_channel.format(n=len(order)), key=CalculationPart.every_channel.name, persist_state="session"
    )
    for channel in order if every else order[:N_CHANNELS]:
        show_channel(step, int(channel), inputs, weights)
    st.markdown(total_in_words(step))
    if not step.inside.all():
        st.caption(Words.outside)
    if len(order) > N_CHANNELS:
        table = dict(
            zip(Words.channel_columns, (order.tolist(), step.channel_sums[order].round(4).tolist()), strict=True)
        )
        caption = Words.channels.format(n=len(order), shown=N_CHANNELS)
        panels.table(table, caption, Words.channels_alt.format(n=len(order)), "channels", height=240)


def total_in_words(step: ConvolutionExplanation) -> str:
    """The sums of the channels that matter most, of the others, the bias, and what they add up to."""
    order = step.channels_by_contribution
    terms = " + ".join(f"({step.channel_sums[c]:+.4f})" for c in order[:N_CHANNELS])
    rest = order[N_CHANNELS:]
    if len(rest):
        terms += " + (" + Words.others.format(sum=step.channel_sums[rest].sum(), n=len(rest)) + ")"
    return Words.total.format(terms=terms, bias=step.bias, total=step.total)


def show_channel(step: ConvolutionExplanation, channel: int, inputs: np.ndarray, weights: np.ndarray) -> None:
    """Patch × kernel = products of one input channel, with their numbers, on the scale of the whole layer."""
    pictures = factors(step, channel, inputs, weights, panels.theme())
    caption, alt = channel_in_words(step, channel)
    panels.equation(pictures, (Words.patch, Words.kernel, Words.products), caption, alt, f"channel-{channel}")


def of_channel(step: ConvolutionExplanation, channel: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Patch, kernel and products of one input channel, float (k, k); NaN outside of the input."""
    inside = np.where(step.inside, 1, np.nan)
    return step.patch[:, :, channel] * inside, step.kernel[:, :, channel], step.products[:, :, channel] * inside


def factors(
    step: ConvolutionExplanation, channel: int, inputs: np.ndarray, weights: np.ndarray, theme: Theme
) -> list[Image.Image]:
    """The same as pictures, with their numbers, on the scale of the whole layer."""
    patch, kernel, products = of_channel(step, channel)
    cell, largest = 56 if len(kernel) <= 5 else 48, largest_product(weights, inputs)
    looks = (signs.colours(inputs), signs.weights(weights), (signs.palette(), (-largest, largest)))
    shown = zip((patch, kernel, products), looks, strict=True)
    return [matrices.annotated_heatmap(values, *look, cell, theme) for values, look in shown]


def channel_in_words(step: ConvolutionExplanation, channel: int) -> tuple[str, str]:
    """What stands under the same, and what it shows for who cannot see it."""
    patch, kernel, products = of_channel(step, channel)
    values = {"channel": channel, "px": len(kernel)}
    numbers = {"patch": in_words(patch), "kernel": in_words(kernel), "products": in_words(products)}
    caption = Words.channel_row.format(total=step.channel_sums[channel], **values)
    return caption, Words.channel_alt.format(**numbers, **values)


def in_words(matrix: np.ndarray) -> str:
    """A matrix in one line, row by row."""
    return "; ".join(" ".join("–" if np.isnan(x) else f"{x:.2f}" for x in row) for row in matrix)


def show_pooling(step: PoolingExplanation, inputs: np.ndarray, below: Layer, filter_: int) -> None:
    """The four values and the winner."""
    winner = [(*step.argmax, *(at + 1 for at in step.argmax))] if step.argmax else []
    sheet = written(step.values, *signs.colours(inputs), 84, called=[Words.one_window], boxes={0: winner})
    caption = Words.window.format(filter=filter_, below=below.name)
    maps.show(sheet, caption=caption, alt=Words.window_alt.format(values=in_words(step.values)), name="window")
    st.markdown(Words.pooling[step.operation].format(result=step.result))


def show_next(
    config: NetworkConfig, outputs: Mapping[str, np.ndarray], layer: Layer, position: tuple[int, ...]
) -> None:
    """What the activation makes of the number, where one follows."""
    every = layers(config)
    after = every[every.index(layer) + 1]
    if after.kind == "activation" and layer.kind != "activation":
        value = arithmetic.value_at(config, outputs, layer.name, position)
        step = arithmetic.activation_at(after.operation, value)
        st.markdown(f"{Words.then.format(name=after.name)} {Words.activation[step.operation]}".format(
            value=step.value, result=step.result))  # fmt: skip


def show_field(network: Network, outputs: Mapping[str, np.ndarray], layer: Layer, position: tuple[int, ...]) -> None:
    """The receptive field on the image, and the chain down to the ink."""
    box = receptive_field.receptive_field_in_image(network.config, layer.name, position[0], position[1])
    links = contribution_path.strongest_path(network, outputs, layer.name, position)
    ink = links[-1].position if links[-1].layer == "image" else None
    boxes = [(box.top, box.left, box.bottom, box.right)]
    boxes += [(ink[0], ink[1], ink[0] + 1, ink[1] + 1)] if ink else []
    ink_of = outputs["image"][None, :, :, 0]
    sheet = images(ink_of, panels.map_palette(), 1, boxes={0: boxes}, cell_px=336, widest_px=300)
    caption = Words.field_caption.format(height=box.height, width=box.width) + (Words.field_ink if ink else "")
    alt = Words.field_alt.format(top=box.top, bottom=box.bottom - 1, left=box.left, right=box.right - 1)
    st.markdown(f"**{Words.field}**")
    maps.show(sheet, caption=caption, alt=alt, name="receptive-field")
    rows = [
        (link.layer, ", ".join(str(i) for i in link.position), f"{link.value:.4f}",
         "" if link.contribution is None else f"{link.contribution:+.4f}")
        for link in links
    ]  # fmt: skip
    table = dict(zip(Words.chain_columns, zip(*rows, strict=True), strict=True))
    alt = Words.chain_alt.format(n=len(rows), first=layer.name, last=links[-1].layer)
    panels.text_table(table, Words.chain, alt, "chain")
    if ink is None:
        st.caption(Words.chain_ends.format(name=links[-1].layer))
