"""One pixel of a feature map taken apart: the patch, the kernel, their products, the sum, and back to the ink."""

import numpy as np
import streamlit as st

from cnnviz.analysis import arithmetic, contribution_path, receptive_field
from cnnviz.analysis.explanations import (
    ActivationExplanation,
    ConvolutionExplanation,
    IdentityExplanation,
    PoolingExplanation,
    argsort_by_magnitude,
)
from cnnviz.network.config import Layer, NetworkConfig, layers
from cnnviz.network.weights import Network
from cnnviz.percentages import probability
from cnnviz.render import matrices, palettes
from cnnviz.ui import choice, digit_choice, lookups, panels, refusal, session, state
from cnnviz.ui.components.slide.slide import slide
from cnnviz.ui.state import ConvolutionPage


class Words:
    """What this page says."""

    title = "Convolution"
    intro = (
        "Take one pixel of a feature map apart, number by number, and follow it back to the ink. Rows, columns and "
        "maps are counted from 0."
    )
    no_maps = "This network has no layer of feature maps to take apart."
    layer, filter, channel = "Layer", "Map", "Input channel shown"
    sliding = {
        "convolution": "A {px}×{px} kernel slides over channel {channel} of {below}; map {filter} of {name} fills in.",
        "pooling": "A window of 2×2 goes over map {filter} of {below}; stride 2.",
        "activation": "Each pixel of map {filter} of {below} alone becomes the pixel at the same place.",
    }
    pixel = "Pixel ({row}, {column}) of map {filter} of {name}: {value:.4f}"
    patch, kernel, products = "patch", "kernel", "products"
    channel_row = "Input channel {channel}: patch × kernel, cell by cell; the products add up to {total:+.4f}."
    channel_alt = (
        "Three squares of {px} by {px} numbers for input channel {channel}. Patch: {patch}. Kernel: {kernel}. "
        "Products: {products}."
    )
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
    chain = "In each layer the number that gave most to the one above it, from this pixel down to the ink."
    chain_alt = "Table of {n} numbers from {first} down to {last}."
    chain_columns = ("Layer", "Place", "Value", "Gave to the one above")
    chain_ends = "The chain ends in {name}: nothing below it gave anything, only the bias is left."
    answer = "From the last layer to the answer"
    answer_caption = "The {n} neurons of {below} that give most to {winner}, and what they give to {runner_up}."
    answer_alt = "Table of the largest contributions to the logits of {winner} and {runner_up}."
    answer_columns = ("Neuron of {below}", "Value", "Gives to {winner}", "Gives to {runner_up}")
    softmax_caption = (
        "Each logit is the sum of all contributions and a bias. Softmax: the largest logit is taken off, "
        "exp makes each positive, and each is divided by their sum, {total:.4f}."
    )
    softmax_alt = "Table of ten logits with their exponentials and probabilities."
    softmax_columns = ("Digit", "Logit", "Less the largest", "exp", "Probability")


N_CHANNELS, N_NEURONS = 3, 8
FOUR_PLACES = st.column_config.NumberColumn(format="%.4f")


def show() -> None:
    """The page from top to bottom."""
    network = choice.network()
    panels.intro(Words.intro)
    digit = digit_choice.current()
    refusal.note(network, digit)
    outputs = {name: output[0] for name, output in lookups.activations(network, digit.image[None, :, :, None]).items()}
    take_apart(network, outputs)
    show_answer(network, outputs)


@session.part
def take_apart(network: Network, outputs: dict[str, np.ndarray]) -> None:
    """Layer, map and pixel, and how that pixel is computed; only this part runs again after a click."""
    map_layers = {layer.name: layer for layer in layers(network.config)[1:] if layer.is_map}
    if not map_layers:
        st.info(Words.no_maps)
        return
    layer = map_layers[ask_layer(list(map_layers))]
    filter_, below = ask_filter(layer), arithmetic.layer_below(network.config, layer.name)
    left, right = st.columns([1.7, 1], gap="large")
    with left:
        row, column = ask_place(network, outputs, layer, filter_)
    position = (row, column, filter_)
    step = arithmetic.explain(network, outputs, layer.name, position)
    value = arithmetic.value_at(network.config, outputs, layer.name, position)
    with right:
        show_field(network, outputs, layer, position)
    st.subheader(Words.pixel.format(row=row, column=column, filter=filter_, name=layer.name, value=value), anchor=False)
    show_step(step, below, position)
    show_next(network.config, outputs, layer, position)


def ask_layer(names: list[str]) -> str:
    """One of the layers of maps."""
    key = ConvolutionPage.layer
    if key.get() not in names:
        key.set(names[0])
    return str(st.segmented_control(Words.layer, names, required=True, key=key.name, persist_state="session"))


def ask_filter(layer: Layer) -> int:
    """Number of a map of the layer."""
    n, key = layer.shape[2], ConvolutionPage.filter
    key.set(min(key.get(), n - 1))
    with st.container(horizontal=True):
        return int(st.number_input(Words.filter, 0, n - 1, key=key.name, width=130, persist_state="session"))


def ask_place(network: Network, outputs: dict[str, np.ndarray], layer: Layer, filter_: int) -> tuple[int, int]:
    """The pixel: clicked or reached by keyboard in the map, which the kernel can be seen to fill."""
    below = arithmetic.layer_below(network.config, layer.name)
    results = outputs[layer.name][:, :, filter_]
    greatest = np.unravel_index(results.argmax(), results.shape)
    row, column = ConvolutionPage.place.get() or (int(greatest[0]), int(greatest[1]))
    place = (min(row, results.shape[0] - 1), min(column, results.shape[1] - 1))
    channel, kernel_px, stride = filter_, 1, 1
    pad = 0
    if layer.kind == "convolution":
        kernel_px, stride = layer.kernel_shape[0], layer.stride
        pad = arithmetic.same_padding(below.shape[0], kernel_px, stride)[0]
        channel = ask_channel(network, outputs, layer, (*place, filter_))
    elif layer.kind == "pooling":
        kernel_px = stride = layer.stride
    values = {"px": kernel_px, "channel": channel, "below": below.name, "filter": filter_, "name": layer.name}
    chosen = slide(
        outputs[below.name][:, :, channel],
        results,
        place,
        state.slide_of(layer.name, filter_, channel, network.key, results),
        kernel_px=kernel_px,
        stride=stride,
        pad_px=pad,
        colours=(panels.colours(outputs[below.name]), panels.colours(outputs[layer.name])),
        caption=Words.sliding[layer.kind].format(**values),
        name=f"{layer.name}-{filter_}",
    )
    ConvolutionPage.place.set(chosen)
    return chosen


def ask_channel(network: Network, outputs: dict[str, np.ndarray], layer: Layer, position: tuple[int, ...]) -> int:
    """Which input channel the animation shows; at first the one that matters most to the pixel."""
    n = layer.kernel_shape[2]
    if n == 1:
        return 0
    step = arithmetic.explain(network, outputs, layer.name, position)
    first = int(step.channels_by_contribution[0]) if isinstance(step, ConvolutionExplanation) else 0
    key = state.sliding_channel_of(layer.name)
    key.set(min(key.begin(first), n - 1))
    return int(st.number_input(Words.channel, 0, n - 1, key=key.name, width=170, persist_state="session"))


def show_step(step: object, below: Layer, position: tuple[int, ...]) -> None:
    """How one number comes about."""
    if isinstance(step, ConvolutionExplanation):
        show_convolution(step)
    elif isinstance(step, PoolingExplanation):
        show_pooling(step, below, position[2])
    elif isinstance(step, ActivationExplanation):
        st.markdown(Words.activation[step.operation].format(value=step.value, result=step.result))
    elif isinstance(step, IdentityExplanation):
        st.markdown(f"{step.result:.4f}")


def show_convolution(step: ConvolutionExplanation) -> None:
    """Patch, kernel and products of the channels that matter most, and the sum of all."""
    order = step.channels_by_contribution
    every = len(order) > N_CHANNELS and st.toggle(
        Words.every_channel.format(n=len(order)), key=ConvolutionPage.every_channel.name, persist_state="session"
    )
    for channel in order if every else order[:N_CHANNELS]:
        show_channel(step, int(channel))
    terms = " + ".join(f"({step.channel_sums[c]:+.4f})" for c in order[:N_CHANNELS])
    rest = order[N_CHANNELS:]
    if len(rest):
        terms += " + (" + Words.others.format(sum=step.channel_sums[rest].sum(), n=len(rest)) + ")"
    st.markdown(Words.total.format(terms=terms, bias=step.bias, total=step.total))
    if not step.inside.all():
        st.caption(Words.outside)
    if len(order) > N_CHANNELS:
        table = dict(
            zip(Words.channel_columns, (order.tolist(), step.channel_sums[order].round(4).tolist()), strict=True)
        )
        caption = Words.channels.format(n=len(order), shown=N_CHANNELS)
        panels.table(table, caption, Words.channels_alt.format(n=len(order)), "channels", height=240)


def show_channel(step: ConvolutionExplanation, channel: int) -> None:
    """Patch × kernel = products of one input channel, with their numbers."""
    inside = np.where(step.inside, 1, np.nan)
    patch, kernel = step.patch[:, :, channel] * inside, step.kernel[:, :, channel]
    products = step.products[:, :, channel] * inside
    cell = 56 if len(kernel) <= 5 else 48
    pictures = (
        matrices.annotated_heatmap(patch, *panels.colours(step.patch), cell, panels.theme()),
        matrices.annotated_heatmap(kernel, "seismic", palettes.symmetric_limits(step.kernel), cell, panels.theme()),
        matrices.annotated_heatmap(products, "seismic", palettes.symmetric_limits(step.products), cell, panels.theme()),
    )
    values = {"channel": channel, "px": len(kernel)}
    numbers = {"patch": in_words(patch), "kernel": in_words(kernel), "products": in_words(products)}
    caption = Words.channel_row.format(total=step.channel_sums[channel], **values)
    labels, alt = (Words.patch, Words.kernel, Words.products), Words.channel_alt.format(**numbers, **values)
    panels.equation(pictures, labels, caption, alt, f"channel-{channel}")


def in_words(matrix: np.ndarray) -> str:
    """A matrix in one line, row by row."""
    return "; ".join(" ".join("–" if np.isnan(x) else f"{x:.2f}" for x in row) for row in matrix)


def show_pooling(step: PoolingExplanation, below: Layer, filter_: int) -> None:
    """The four values and the winner."""
    picture = matrices.annotated_heatmap(
        step.values, *panels.colours(step.values[step.inside]), 84, panels.theme(), marked=step.argmax
    )
    caption = Words.window.format(filter=filter_, below=below.name)
    panels.picture(
        picture, caption, Words.window_alt.format(values=in_words(step.values)), "window", width=168, inline=True
    )
    st.markdown(Words.pooling[step.operation].format(result=step.result))


def show_next(config: NetworkConfig, outputs: dict[str, np.ndarray], layer: Layer, position: tuple[int, ...]) -> None:
    """What the activation makes of the number, where one follows."""
    every = layers(config)
    after = every[every.index(layer) + 1]
    if after.kind == "activation" and layer.kind != "activation":
        value = arithmetic.value_at(config, outputs, layer.name, position)
        step = arithmetic.activation_at(after.operation, value)
        st.markdown(f"{Words.then.format(name=after.name)} {Words.activation[step.operation]}".format(
            value=step.value, result=step.result))  # fmt: skip


def show_field(network: Network, outputs: dict[str, np.ndarray], layer: Layer, position: tuple[int, ...]) -> None:
    """The receptive field on the image, and the chain down to the ink."""
    box = receptive_field.receptive_field_in_image(network.config, layer.name, position[0], position[1])
    links = contribution_path.strongest_path(network, outputs, layer.name, position)
    ink = links[-1].position if links[-1].layer == "image" else None
    boxes = [(box.top, box.left, box.bottom, box.right)]
    boxes += [(ink[0], ink[1], ink[0] + 1, ink[1] + 1)] if ink else []
    picture = matrices.image_with_boxes(outputs["image"][:, :, 0], panels.map_palette(), boxes, 12, panels.theme())
    caption = Words.field_caption.format(height=box.height, width=box.width) + (Words.field_ink if ink else "")
    alt = Words.field_alt.format(top=box.top, bottom=box.bottom - 1, left=box.left, right=box.right - 1)
    st.markdown(f"**{Words.field}**")
    panels.picture(picture, caption, alt, "receptive-field", width=300, inline=True)
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


def show_answer(network: Network, outputs: dict[str, np.ndarray]) -> None:
    """The largest contributions to the two strongest logits, and softmax with its numbers."""
    st.subheader(Words.answer, anchor=False, divider="gray")
    step = arithmetic.explain_prediction(network, outputs)
    neurons = argsort_by_magnitude(step.contributions[:, step.predicted], N_NEURONS)
    gives = step.contributions[neurons]
    names = [
        name.format(below=step.below, winner=step.predicted, runner_up=step.runner_up) for name in Words.answer_columns
    ]
    columns = (
        neurons.tolist(),
        outputs[step.below][neurons].round(4).tolist(),
        gives[:, step.predicted].round(4).tolist(),
        gives[:, step.runner_up].round(4).tolist(),
    )
    digits = {"winner": step.predicted, "runner_up": step.runner_up}
    left, right = st.columns(2, gap="large")
    with left:
        caption = Words.answer_caption.format(n=len(neurons), below=step.below, **digits)
        table = dict(zip(names, columns, strict=True))
        places = dict.fromkeys(names[1:], FOUR_PLACES)
        panels.table(table, caption, Words.answer_alt.format(**digits), "contributions", column_config=places)
    with right:
        softmax = step.softmax
        values = (
            list(range(len(softmax.logits))),
            softmax.logits.round(4).tolist(),
            softmax.shifted.round(4).tolist(),
            [f"{x:.3g}" for x in softmax.exponentials],
            [probability(x) for x in softmax.probabilities],
        )
        table, logits = dict(zip(Words.softmax_columns, values, strict=True)), Words.softmax_columns[1:3]
        caption, places = Words.softmax_caption.format(total=softmax.total), dict.fromkeys(logits, FOUR_PLACES)
        panels.table(table, caption, Words.softmax_alt, "softmax", column_config=places)
