"""The session's digit in the network on one screen, from the image to the answer; a map that is clicked is opened."""

import functools
from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnnviz.network.config import Layer, layers
from cnnviz.network.weights import Network
from cnnviz.pages.layers import answer, calculation, explained, opened, signs, take_along
from cnnviz.pages.layers.opened import OpenMap
from cnnviz.render import palettes
from cnnviz.ui import (
    choice,
    digit_choice,
    lookups,
    offers,
    opening,
    panels,
    playing,
    present,
    refusal,
    session,
    state,
    switched_off,
)
from cnnviz.ui.components.maps import still
from cnnviz.ui.components.maps.sheet import numbered
from cnnviz.ui.components.overview import overview
from cnnviz.ui.components.overview.overview import Part, Switches, Training
from cnnviz.ui.entry import Choice
from cnnviz.ui.state import LayersPage, Session


class Words:
    """What stands at the parts of the network."""

    intro = (
        "From the image to the answer: click a map to see how each of its pixels is computed; the dot under it "
        "switches its filter off."
    )
    intro_without_maps = "From the image to the answer: point at a number to read it."
    maps = "What the {n} filters of layer {block} found, {side}×{side} each"
    maps_alt = "{n} maps of {side} by {side} pixels, what the filters of layer {block} found; Enter opens one."
    neurons = "{n:,} neurons, {layer}"
    neurons_alt = "The {n:,} values that leave {layer}, as squares in the order of their numbers."
    answer = "Reads {first}; its second guess is {second}."


MAPS_IN_A_ROW = 12
"""In the file of a report."""


def show() -> None:
    """The part from top to bottom."""
    network = choice.network()
    has_maps = bool(network.config.convolutions)
    panels.intro(Words.intro if has_maps else Words.intro_without_maps)
    digit = digit_choice.current()
    refusal.note(network, digit)
    outputs = {name: output[0] for name, output in lookups.activations(network, digit.image[None, :, :, None]).items()}
    show_way(network, outputs)


@session.part
def show_way(network: Network, outputs: Mapping[str, np.ndarray]) -> None:
    """The network at the left, the open map at the right, below them more; only this part runs again after a click.

    All but the weights that the browser computes with is of the network without what is switched off.
    """
    chosen = choice.current()
    name = chosen.entry.name if chosen.entry else ""
    key = state.overview_of(name)
    ends = block_ends(network)
    sent = overview.sent(key, ends, chosen.entry.iterations if chosen.entry else ())
    if sent.step is not None and sent.step != chosen.iteration:
        st.rerun()  # the callback has moved the slider in the head, which is no part of this one
    off = switched_off.of(network, name)
    if sent.break_it:
        opening.open_without(network, off)
    shown = switched_off.without(network, off)
    if off:
        outputs = switched_off.outputs_of(shown, outputs["image"])
    if sent.opened is not None:
        layer_name, number = sent.opened
        end = next(layer for layer in ends if layer.name == layer_name)
        opened.open_map(opened.block_of(network.config, end)[0].name, number)
    found = opened.current(shown.config, outputs)
    with st.container(key=LayersPage.beside.name):
        left, right = st.columns([1, 1.15], gap="medium")
    with right, present.screen("calculation"):
        calculation.show(shown, outputs)
    with left, present.screen("maps"):
        show_network(network, outputs, ends, found, switches_of(network, shown, name, off))
    answer.show(shown, outputs)
    explained.show(shown, outputs)
    take_along.show(network)


def switches_of(network: Network, shown: Network, name: str, off: switched_off.Off) -> Switches:
    """What is switched off, with what that does to the accuracy."""
    return Switches(
        switched_off.names(off),
        LayersPage.n_told.get(),
        switched_off.accuracy_of(network, shown),
        lambda said: switched_off.choose(network, name, said),
    )


def block_ends(network: Network) -> list[Layer]:
    """Of each convolution with its pooling and its activation, the layer that they end with."""
    maps = opened.map_layers(network.config)
    return [layer for layer in maps if layer == opened.block_of(network.config, layer)[-1]]


def show_network(
    network: Network,
    outputs: Mapping[str, np.ndarray],
    ends: list[Layer],
    found: OpenMap | None,
    switches: Switches,
) -> None:
    """The digit, every block's maps, the neurons, the answer."""
    open_end = next((layer for layer in ends if found and layer.block == found.layer.block), None)
    for part in map(maps_of, ends):
        draw = functools.partial(maps_picture, outputs[part.layer.name])
        offers.picture(draw, part.caption, part.alt)
    chosen = choice.current()
    overview.overview(
        network,
        outputs,
        state.overview_of(chosen.entry.name if chosen.entry else ""),
        [maps_of(layer) for layer in ends],
        [neurons_of(layer) for layer in hidden_layers(network)],
        marked=(open_end.name, found.number) if found and open_end else None,
        answer=Words.answer,
        training=training_of(chosen),
        switches=switches,
        palette=signs.palette(),
        legend=signs.names(),
        shows=calculation.KEY,
    )


def maps_picture(outputs: np.ndarray) -> bytes:
    """Maps, float (height, width, n), on one scale, numbered, as a PNG file."""
    maps = outputs.transpose(2, 0, 1)
    limits = palettes.limits_with_zero(maps)
    return still.still(
        numbered(maps, panels.map_palette(), limits, MAPS_IN_A_ROW, labels=[str(i) for i in range(len(maps))])
    )


def maps_of(layer: Layer) -> Part:
    """What the filters of a block found, each map to be opened."""
    values = {"n": layer.shape[2], "side": layer.shape[0], "block": layer.block}
    return Part(layer, Words.maps.format(**values), Words.maps_alt.format(**values))


def neurons_of(layer: Layer) -> Part:
    """The values that leave a dense layer."""
    values = {"n": layer.shape[0], "layer": layer.name}
    return Part(layer, Words.neurons.format(**values), Words.neurons_alt.format(**values))


def hidden_layers(network: Network) -> list[Layer]:
    """What leaves each dense layer but the last, after its activation."""
    every = [layer for layer in layers(network.config) if layer.kind == "activation" and not layer.is_map]
    return [layer for layer in every if not layer.name.startswith("logits")]


def training_of(chosen: Choice) -> Training | None:
    """The snapshots to move through; none where a lesson hides training time."""
    entry = chosen.entry
    if entry is None or "time" in Session.hidden.get():
        return None
    return Training(entry.name, entry.iterations, chosen.iteration, entry.open, lambda n: playing.choose(entry, n))
