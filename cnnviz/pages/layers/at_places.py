"""One convolution as a figure: the digit four times with the open filter's kernel on it, and the map that comes out."""

import functools
from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from cnnviz.analysis import arithmetic, kernel_places
from cnnviz.analysis.kernel_places import KernelPlace
from cnnviz.network.config import Layer
from cnnviz.network.weights import Network
from cnnviz.pages.layers import signs
from cnnviz.render import convolution_figure, figures
from cnnviz.render.convolution_figure import Mark
from cnnviz.ui import panels, state
from cnnviz.ui.components.places import places
from cnnviz.ui.components.places.places import Place, Said, signed
from cnnviz.ui.state import CalculationPart


class Words:
    """What stands at the figure."""

    heading = "Filter {number} of {layer} at {n}"
    n_places = {1: "one place", 2: "two places", 3: "three places", 4: "four places"}
    kinds = {
        "greatest": "greatest",
        "least": "least",
        "zero": "nearest to 0 on ink",
        "paper": "no ink under it",
    }
    unseen = "sees no ink"
    label = "{i}: {kind}\n{value}"
    label_of_channel = "{i}: {kind}\n{value}\nchannel {channel} adds {products}"
    alt = "{on} with the kernel at place {i}, row {row}, column {column} of the map: {kind}, {value}."
    the_digit, the_map = "The digit", "Map {channel} of {below}"
    on = {"digit": "the digit", "map": "map {channel} of {below}"}
    map = "what comes out,\nbefore the activation"
    map_alt = (
        "The map of filter {number} of {layer}, with the places marked. Point at a pixel, or move with the arrow keys: "
        "the copy beside it follows."
    )
    here = "row {row}, column {column}\n{value}"
    moving_alt = "{on} with the kernel where you point; point here or at the map."
    caption = (
        "The {px}×{px} kernel on {on}, which is grey: {above} weights add, {below_0} take away. Each number is the sum "
        "of the products and the bias {bias}: one pixel of the map."
    )
    of_channels = (
        "The {px}×{px} kernel of input channel {channel} on {on}, which is grey: {above} weights add, {below_0} take "
        "away. A pixel of the map is the sum over all {n} channels and the bias {bias}."
    )
    live = "The last picture follows a pointer or a finger."


def show(network: Network, outputs: Mapping[str, np.ndarray], layer_name: str, number: int, channel: int) -> None:
    """The figure for one filter, and for one of its input channels where it has several.

    Args:
        network, outputs: with every layer's output for one image, without the batch axis.
        layer_name: a convolution layer.
        number: of the filter.
        channel: the input channel.
    """
    layer = arithmetic.find_layer(network.config, layer_name)
    found = kernel_places.kernel_places(network, outputs, layer_name, number, channel)
    below = arithmetic.layer_below(network.config, layer_name)
    heading = Words.heading.format(number=number, layer=layer_name, n=Words.n_places[len(found)])
    st.markdown(f"**{heading}**")
    kernel, bias = (network.weights[f"{layer_name}/{part}"] for part in ("kernel", "bias"))
    inputs, results = outputs[below.name][:, :, channel], outputs[layer_name][:, :, number]
    weights = kernel[:, :, channel, number]
    looks = (signs.weights(kernel), signs.colours(outputs[layer_name]))
    is_digit = below.kind == "input"
    values = {"number": number, "layer": layer_name, "channel": channel, "below": below.name}
    on = Words.on["digit" if is_digit else "map"].format(**values)
    title = (Words.the_digit if is_digit else Words.the_map).format(**values)
    labels = labels_of(found, is_digit, channel)
    places.show(
        inputs,
        weights,
        results,
        state.kernel_places_of(layer_name, number, channel, network.key),
        marks=marks_of(found, labels, title, is_digit),
        start=start_of(layer, found),
        stride=layer.stride,
        pad_px=arithmetic.padding_between(below, layer)[0],
        looks=looks,
        map_of=(layer.block, number),
        said=Said(Words.map, Words.map_alt.format(**values), Words.here, Words.moving_alt.format(on=title)),
    )
    told = values | {"px": len(weights), "on": on, "n": kernel.shape[2], "bias": signed(bias[number])}
    told |= {"above": signs.names()["above"], "below_0": signs.names()["below"]}
    caption = (Words.caption if is_digit else Words.of_channels).format(**told)
    marks = [
        Mark(place.row, place.column, place.top, place.left, label) for place, label in zip(found, labels, strict=True)
    ]
    draw = functools.partial(
        convolution_figure.convolution_figure,
        *(inputs, weights, results),
        marks=marks,
        looks=looks,
        words=(heading, Words.map, caption),
    )
    name = f"{layer_name}-filter-{number}-places"
    panels.below_picture(lambda: figures.png(draw()), f"{caption} {Words.live}", name)


def labels_of(found: Sequence[KernelPlace], is_digit: bool, channel: int) -> list[str]:
    """What stands under each copy: its number, why it is there, and what comes out."""
    return [
        (Words.label if is_digit else Words.label_of_channel).format(
            i=i,
            kind=kind_of(place, is_digit),
            value=signed(place.value),
            channel=channel,
            products=signed(place.products),
        )
        for i, place in enumerate(found, 1)
    ]


def kind_of(place: KernelPlace, is_digit: bool) -> str:
    """Why a place is marked, in a few words."""
    kinds = Words.kinds if is_digit else Words.kinds | {"paper": Words.unseen}
    return ", ".join(kinds[kind] for kind in place.kinds)


def marks_of(found: Sequence[KernelPlace], labels: Sequence[str], title: str, is_digit: bool) -> list[Place]:
    """The places as the browser is told of them."""
    alts = [
        Words.alt.format(
            on=title,
            i=i,
            row=place.row,
            column=place.column,
            kind=kind_of(place, is_digit),
            value=signed(place.value),
        )
        for i, place in enumerate(found, 1)
    ]
    return [Place(place.row, place.column, label, alt) for place, label, alt in zip(found, labels, alts, strict=True)]


def start_of(layer: Layer, found: Sequence[KernelPlace]) -> tuple[int, int]:
    """Where the copy that follows begins: at the pixel that is taken apart, if it is one of this map."""
    place = CalculationPart.place.get()
    if place and CalculationPart.layer.get() == layer.name and max(place) < layer.shape[0] and min(place) >= 0:
        return place
    return found[0].row, found[0].column
