"""One pixel of the open map taken apart: the kernel that slides, its numbers, the place on the digit."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnnviz.analysis import arithmetic, receptive_field
from cnnviz.analysis.explanations import ConvolutionExplanation
from cnnviz.classroom.prompts import MAX_SENTENCE, Prompt
from cnnviz.network.config import Layer, NetworkConfig
from cnnviz.network.weights import Network
from cnnviz.pages.layers import numbers, opened, signs
from cnnviz.pages.layers.opened import OpenMap
from cnnviz.render import matrices
from cnnviz.ui import asking, state, subjects
from cnnviz.ui.components.slide.slide import Calculation, Field, Step, slide
from cnnviz.ui.state import CalculationPart


class Words:
    """What the calculation says."""

    no_maps = "This network has no convolution layer, so there are no feature maps to take apart."
    layer, channel = "Layer", "Input channel"
    title = "Pixel ({{row}}, {{column}}) of map {number} of {layer}: {{value}}"
    digit = "on the digit"
    the_digit = "the digit"
    input = "channel {channel} of {below}"
    same_map = "map {number} of {below}"
    result = "map {number} of {layer}"
    sliding = {
        "convolution": "The {px}×{px} kernel slides over the map below; rows, columns and maps are counted from 0.",
        "pooling": "A window of 2×2 goes over map {number} of {below}; stride 2.",
        "activation": "Each pixel of map {number} of {below} alone becomes the pixel at the same place.",
    }
    one_channel = "Sum of the products {sum}, bias {bias}: {total}"
    many_channels = "Sum of the products {{sum}}, {n} other channels {{others}}, bias {{bias}}: {{total}}"
    pooling = {
        "max": "The largest of the four is kept: {result}",
        "average": "The mean of what lies inside: {result}",
    }
    activation = {
        "relu": "ReLU: max(0, {value}) = {result}",
        "sigmoid": "sigmoid: 1 / (1 + exp(−({value}))) = {result}",
        "tanh": "tanh({value}) = {result}",
    }
    to_ask = "What is this sum of products?"
    to_ask_text = "{px}×{px} numbers times {px}×{px} weights, cell by cell: what do the products add up to?"
    to_ask_many = "This is input channel {channel} of {n}. {text}"
    to_ask_alt = "Patch: {patch}. Kernel: {kernel}."
    to_ask_said = (
        "The products add up to {sum}. With the other channels and the bias, {bias}, it is {total}: pixel ({row}, "
        "{column}) of map {number} of {layer}."
    )
    then = "Then {name}, {sentence}"
    pooled = {
        "max": "the largest of {window}: {result}",
        "average": "the mean of {window}: {result}",
    }


KEY = "open-map"
"""Of the container with the calculation; layers.css keeps it in sight."""


def show(network: Network, outputs: Mapping[str, np.ndarray], channel: int | None = None) -> None:
    """The open map and its pixel, with all numbers; a part of a page that runs alone.

    Args:
        network, outputs: with every layer's output for one image, without the batch axis.
        channel: the input channel that the kernel slides over; None to ask for it.
    """
    with st.container(key=KEY):
        found = opened.current(network.config, outputs)
        if found is None:
            st.info(Words.no_maps)
            return
        below = arithmetic.layer_below(network.config, found.layer.name)
        with st.container(horizontal=True, vertical_alignment="center"):
            ask_layer(network.config, found)
            if found.layer.kind == "convolution":
                channel = ask_channel(network, outputs, found) if channel is None else channel
            else:
                channel = found.number
        chosen = show_sliding(network, outputs, found, below, channel)
        found = OpenMap(found.layer, found.number, chosen)
        opened.remember(found, outputs["image"])
        if found.layer.kind == "convolution":
            asking.offer(Words.to_ask, lambda: sum_prompt(network, outputs, found))
        numbers.show(network, outputs, found)


def ask_layer(config: NetworkConfig, found: OpenMap) -> None:
    """Which step of the block: its convolution, its pooling or its activation."""
    names = [layer.name for layer in opened.block_of(config, found.layer)]
    st.segmented_control(
        Words.layer,
        names,
        required=True,
        key=CalculationPart.layer.name,
        label_visibility="collapsed",
        persist_state="session",
        on_change=lambda: opened.open_map(CalculationPart.layer.get(), found.number),
    )


def ask_channel(network: Network, outputs: Mapping[str, np.ndarray], found: OpenMap) -> int:
    """Which input channel the kernel slides over; at first the one that matters most to the pixel."""
    n = found.layer.kernel_shape[2]
    if n == 1:
        return 0
    step = arithmetic.explain(network, outputs, found.layer.name, (*found.place, found.number))
    first = int(step.channels_by_contribution[0]) if isinstance(step, ConvolutionExplanation) else 0
    key = state.sliding_channel_of(found.layer.name)
    key.set(min(key.begin(first), n - 1))
    st.markdown(Words.channel, width="content")
    return int(
        st.number_input(
            Words.channel,
            0,
            n - 1,
            key=key.name,
            width=120,
            label_visibility="collapsed",
            persist_state="session",
        )
    )


def show_sliding(
    network: Network, outputs: Mapping[str, np.ndarray], found: OpenMap, below: Layer, channel: int
) -> tuple[int, int]:
    """The kernel, or the window, that can be seen to fill the map; gives the pixel that is chosen."""
    layer, number = found.layer, found.number
    kernel_px, pad = 1, 0
    if layer.kind == "convolution":
        kernel_px = layer.kernel_shape[0]
        pad = arithmetic.padding_between(below, layer)[0]
    elif layer.kind == "pooling":
        kernel_px = layer.stride
    values = {"px": kernel_px, "channel": channel, "below": below.name, "number": number, "layer": layer.name}
    over = Words.the_digit if below.kind == "input" else Words.input if layer.kind == "convolution" else Words.same_map
    first, step, size = receptive_field.rule_in_image(network.config, layer.name)
    image, results = outputs["image"][:, :, 0], outputs[layer.name][:, :, number]
    return slide(
        outputs[below.name][:, :, channel],
        results,
        found.place,
        state.slide_of(layer.name, number, channel, network.key, results),
        kernel_px=kernel_px,
        stride=layer.stride,
        pad_px=pad,
        colours=(signs.colours(outputs[below.name]), signs.colours(outputs[layer.name])),
        title=Words.title.format(**values),
        under=(Words.digit, over.format(**values), Words.result.format(**values)),
        caption=Words.sliding[layer.kind].format(**values),
        name=f"{layer.name}-map-{number}",
        calculation=calculation(network, outputs, found, below, channel),
        seen=None if below.kind == "input" else Field(image, first, step, size),
        map_of=(layer.block, number),
        start=int(receptive_field.sees_ink(network.config, layer.name, image).argmax()),
    )


def sum_prompt(network: Network, outputs: Mapping[str, np.ndarray], found: OpenMap) -> Prompt | None:
    """What patch and kernel of the open pixel add up to, to be guessed: of the channel that matters most."""
    step = arithmetic.explain(network, outputs, found.layer.name, (*found.place, found.number))
    if not isinstance(step, ConvolutionExplanation):
        return None
    channel = int(step.channels_by_contribution[0])
    patch, kernel = step.patch[:, :, channel], step.kernel[:, :, channel]
    total = float(step.channel_sums[channel])
    pictures = [
        matrices.annotated_heatmap(patch, *signs.colours(patch)),
        matrices.annotated_heatmap(kernel, *signs.weights(kernel)),
    ]
    text, n = Words.to_ask_text.format(px=len(kernel)), found.layer.kernel_shape[2]
    most = float(max(1.0, np.ceil(np.abs(step.products[:, :, channel]).sum())))
    row, column = found.place
    said = {"sum": f"{total:+.3f}", "bias": f"{step.bias:+.3f}", "total": f"{step.total:+.3f}", "row": row}
    return Prompt(
        "number",
        text if n == 1 else Words.to_ask_many.format(channel=channel, n=n, text=text),
        subjects.png(matrices.equation(pictures, ["×"], [numbers.Words.patch, numbers.Words.kernel])),
        Words.to_ask_alt.format(patch=patch.round(2).tolist(), kernel=kernel.round(2).tolist())[:MAX_SENTENCE],
        low=-most,
        high=most,
        value=round(total, 3),
        explanation=Words.to_ask_said.format(**said, column=column, number=found.number, layer=found.layer.name),
    )


def calculation(
    network: Network, outputs: Mapping[str, np.ndarray], found: OpenMap, below: Layer, channel: int
) -> Calculation:
    """How each pixel of the map comes about; every number of the layer on one scale, so that 0 looks like nothing."""
    layer, inputs = found.layer, outputs[below.name]
    activation = next(each for each in opened.block_of(network.config, layer) if each.kind == "activation").operation
    then = what_follows(network.config, layer)
    looks = {"patch": signs.colours(inputs)}
    if layer.kind == "activation":
        return Calculation("activation", Words.activation[activation], activation=activation)
    if layer.kind == "pooling":
        words, is_largest = Words.pooling[layer.operation], layer.operation == "max"
        return Calculation("pooling", words, looks, activation=activation, after=then, marks_largest=is_largest)
    kernel, bias = (network.weights[f"{layer.name}/{part}"] for part in ("kernel", "bias"))
    n = kernel.shape[2]
    largest = numbers.largest_product(kernel, inputs)
    looks["weights"], looks["products"] = signs.weights(kernel), (signs.palette(), (-largest, largest))
    return Calculation(
        "convolution",
        Words.one_channel if n == 1 else Words.many_channels.format(n=n - 1),
        looks,
        weights=kernel[:, :, channel, found.number],
        bias=float(bias[found.number]),
        activation=activation,
        after=then,
    )


def what_follows(config: NetworkConfig, layer: Layer) -> list[Step]:
    """What becomes of a pixel on its way through the rest of its block: pooling and activation, in their order."""
    block = opened.block_of(config, layer)
    sentences = Words.activation | Words.pooled
    return [
        Step(each.operation, Words.then.format(name=each.name, sentence=sentences[each.operation]))
        for each in block[block.index(layer) + 1 :]
    ]
