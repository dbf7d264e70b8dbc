"""The way of the session's digit through the network, from the image to the answer; a map that is clicked is opened."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnnviz.network.config import Layer, layers
from cnnviz.network.weights import Network
from cnnviz.pages.layers import answer, calculation, explained, opened
from cnnviz.render import tiles
from cnnviz.ui import choice, digit_choice, lookups, panels, present, refusal, session, state
from cnnviz.ui.components.sheet import sheet
from cnnviz.ui.state import LayersPage


class Words:
    """What the way says."""

    intro = "From the image to the answer: click a map to see how each of its pixels is computed."
    image = "The digit"
    image_alt = "The digit, 28 by 28 pixels."
    maps = "What the {n} filters of layer {block} found, {side}×{side} each {arrow}"
    maps_alt = "{n} maps of {side} by {side} pixels, what the filters of layer {block} found; Enter opens one."
    one_map = "map"
    neurons = "{n:,} neurons, {layer} {arrow}"
    neurons_alt = "{n:,} values that leave {layer}, as squares in the order of their numbers, {zeros:,} of them zero."
    answer = "Reads {first}; its second guess is {second}."
    arrow = ":material/arrow_downward:"


SHEET_PX = 520
"""About the width of the way beside the calculation, in a window of 1440 pixels."""


def show() -> None:
    """The part from top to bottom."""
    network = choice.network()
    panels.intro(Words.intro)
    digit = digit_choice.current()
    refusal.note(network, digit)
    outputs = {name: output[0] for name, output in lookups.activations(network, digit.image[None, :, :, None]).items()}
    show_way(network, outputs)
    answer.show(network, outputs)
    explained.show(network, outputs)


@session.part
def show_way(network: Network, outputs: Mapping[str, np.ndarray]) -> None:
    """The way at the left, the open map at the right; only this part runs again after a click."""
    ends = block_ends(network)
    for layer in ends:
        number = sheet.opened(state.maps_of(layer.name, network.key), layer.shape[2])
        if number is not None:
            opened.open_map(opened.block_of(network.config, layer)[0].name, number)
    found = opened.current(network.config, outputs)
    with st.container(key=LayersPage.beside.name):
        left, right = st.columns([1, 1.2], gap="medium")
    with right, present.screen("calculation"):
        calculation.show(network, outputs)
    with left, present.screen("maps"):
        show_begin(network, outputs, ends, found)
        for layer in ends[1:]:
            show_maps(network, layer, outputs[layer.name], found)
        show_end(network, outputs)


def block_ends(network: Network) -> list[Layer]:
    """Of each convolution with its pooling and its activation, the layer that they end with."""
    maps = opened.map_layers(network.config)
    return [layer for layer in maps if layer == opened.block_of(network.config, layer)[-1]]


def show_begin(
    network: Network, outputs: Mapping[str, np.ndarray], ends: list[Layer], found: opened.OpenMap | None
) -> None:
    """The digit, and beside it what the first filters found."""
    image, maps = st.columns([1.25, 3.4], gap="small")
    with image:
        picture = tiles.make_grid(outputs["image"][None, :, :, 0], panels.map_palette(), (0, 1), cell_px=112)
        panels.picture(picture, Words.image, Words.image_alt, "image", width=112, inline=True)
    with maps:
        for layer in ends[:1]:
            show_maps(network, layer, outputs[layer.name], found)


def show_maps(network: Network, layer: Layer, output: np.ndarray, found: opened.OpenMap | None) -> None:
    """What the filters of a layer found, each map to be opened."""
    maps = output.transpose(2, 0, 1)
    n, side = layer.shape[2], layer.shape[0]
    columns = 8 if n <= 16 else 12 if n <= 36 else 16
    values = {"n": n, "side": side, "block": layer.block}
    sheet.sheet(
        maps,
        *panels.colours(maps),
        state.maps_of(layer.name, network.key),
        columns=columns,
        alt=Words.maps_alt.format(**values),
        caption=Words.maps.format(arrow=Words.arrow, **values),
        name=layer.name,
        item=Words.one_map,
        marked=found.number if found and found.layer.block == layer.block else None,
        widest_px=SHEET_PX // columns - 4 if side < 14 or n > 16 else 48,
        mark_dead=True,
        shows=calculation.KEY,
    )


def show_end(network: Network, outputs: Mapping[str, np.ndarray]) -> None:
    """The last neurons before the answer, and the answer."""
    every = [layer for layer in layers(network.config) if layer.kind in ("dense", "activation") and not layer.is_map]
    hidden = [layer for layer in every if not layer.name.startswith("logits")]
    left, right = st.columns(2, gap="small")
    with left:
        for layer in hidden[-1:]:
            show_neurons(layer, outputs[layer.name])
    with right:
        show_answer(outputs["softmax"])


def show_neurons(layer: Layer, output: np.ndarray) -> None:
    """A layer of neurons as small squares."""
    n = len(output)
    columns = max((each for each in range(1, 65) if n % each == 0), key=lambda each: (each <= 32, each))
    rows = output.reshape(1, -1, columns)
    picture = tiles.make_grid(rows, *panels.colours(output), cell_px=240, theme=panels.theme())
    caption = Words.neurons.format(n=n, layer=layer.name, arrow=Words.arrow)
    alt = Words.neurons_alt.format(n=n, layer=layer.name, zeros=int((output == 0).sum()))
    panels.picture(picture, caption, alt, "neurons", width=min(240, picture.width), inline=True)


def show_answer(probs: np.ndarray) -> None:
    """The ten probabilities as squares, the brightest the answer."""
    first, second = np.argsort(-probs, kind="stable")[:2].tolist()
    picture = tiles.make_grid(
        probs[:, None, None],
        panels.map_palette(),
        (0, 1),
        columns=10,
        cell_px=25,
        labels=[str(digit) for digit in range(10)],
        theme=panels.theme(),
    )
    caption = Words.answer.format(first=first, second=second)
    panels.picture(picture, caption, panels.probabilities_in_words(probs), "answer", width=picture.width, inline=True)
