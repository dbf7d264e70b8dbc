"""What leaves every layer for an image: feature maps, neurons, and the ten probabilities; two images side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.network.config import Layer, layers
from cnnviz.network.weights import Network
from cnnviz.pages.layers import calculation, moved, opened, signs
from cnnviz.percentages import probability
from cnnviz.render import palettes, tiles
from cnnviz.ui import choice, digit_choice, lookups, panels, present, refusal, session, state, telephone
from cnnviz.ui.components.maps import maps as shown_maps
from cnnviz.ui.components.maps.sheet import exact, images, neurons
from cnnviz.ui.digit import Digit
from cnnviz.ui.state import CalculationPart, FeatureMapsPart, LayersPage


class Words:
    """What this page says."""

    intro = (
        "What leaves each layer, one picture per filter; {above} is positive, {below} negative. Click a map to see "
        "how its pixels are computed."
    )
    intro_without_maps = (
        "What leaves each layer, one square per number; {above} is positive, {below} negative. This network has no "
        "convolution layer, so it has no feature maps."
    )
    two = "Two images side by side"
    second = "The second image"
    more = "More: scale of the colours, which layers"
    deeper = "More: what leaves the layers after {name}"
    scale = "Scale"
    scales = {"layer": "One for the layer, both images", "map": "Each map its own"}
    layer = "Layers"
    layers_help = "Which layers to show."
    image_alt = "The input image, 28 by 28 pixels: {caption}"
    layer_heading = "{name}: {what}"
    what = {
        "convolution": "convolution and bias",
        "activation": "after {operation}",
        "pooling": "after {operation}-pooling 2×2",
        "dense": "fully connected",
        "flatten": "all maps in one row",
        "dropout": "dropout, off outside training",
        "softmax": "the answer",
    }
    names = {"relu": "ReLU", "sigmoid": "sigmoid", "tanh": "tanh"}
    maps = "{n} maps of {height}×{width}, from {low:.2f} to {high:.2f}.{crossed}"
    crossed = " Zero everywhere and crossed out: {n}."
    neurons = "{n:,} values, from {low:.2f} to {high:.2f}; {dead:,} of them zero."
    answer = "Answer {digit}, with {share} of the softmax."
    maps_alt = "{n} pictures of {height} by {width} pixels, the output of layer {layer} for {image}; Enter opens one."
    one_map = "map"
    neurons_alt = "{n} values of layer {layer} for {image}"


SHEET_PX = {1: 520, 2: 300}
"""About the width that a layer gets beside the calculation: alone, or beside that of another image."""
FILE_PX = 84
"""About how wide a map is in the file that can be downloaded."""


@dataclass(frozen=True, eq=False)
class Input:
    """A digit to follow, and what to call it."""

    digit: Digit
    caption: str


@dataclass(frozen=True)
class Pane:
    """Where a layer's output is shown: for which image, on which scale, and whether the open map is one of it.

    Attributes:
        row: 0 or 1, the image.
        caption: what the image is called.
        scale: "layer" or "map".
        is_open: True when the open map was computed from this image.
    """

    row: int
    caption: str
    scale: str
    is_open: bool


def show() -> None:
    """The page from top to bottom."""
    network = choice.network()
    intro = Words.intro if network.config.convolutions else Words.intro_without_maps
    panels.intro(intro.format(**signs.names()))
    follow(network)


@session.part
def follow(network: Network) -> None:
    """The images and what becomes of them; only this part runs again after a choice on the page."""
    n = 2 if FeatureMapsPart.two_images.get() else 1
    with st.container(key=LayersPage.beside.name):
        *places, right = st.columns([1, 1.2] if n == 1 else [1, 1, 2], gap="medium")
    with places[0]:
        panes = [present.screen("maps")]
    for place in places[1:]:
        with place:
            panes.append(present.screen("maps", 2))
    inputs = []
    for i, place in enumerate(panes):
        with place:
            inputs.append(shown(first() if i == 0 else other(), i))
    every = [layer for layer in layers(network.config)[1:] if layer.kind != "flatten"]
    digits = [given.digit for given in inputs]
    outputs = lookups.activations(network, np.stack([each.image for each in digits])[..., None])
    open_clicked(network, n)
    image = min(FeatureMapsPart.opened_image.get(), n - 1)
    with right, present.screen("calculation"):
        for own in [each for each in digits if each.is_own][:1]:  # said once, also where both images are one's own
            refusal.note(network, own)
        calculation.show(network, {name: output[image] for name, output in outputs.items()})
        moved.show(network, digits[image].image)
        scale, names = ask_more(every)
    chosen = [each for each in every if each.name in names]
    for row, (place, given) in enumerate(zip(panes, inputs, strict=True)):
        with place:
            show_layers(network, chosen, outputs, Pane(row, given.caption, scale, row == image))


def show_layers(network: Network, chosen: Sequence[Layer], outputs: Mapping[str, np.ndarray], pane: Pane) -> None:
    """What leaves the layers for one image; on a telephone those behind the first block are behind "More"."""
    first = [layer for layer in chosen if layer.block == chosen[0].block]
    for layer in first:
        show_layer(network, layer, outputs[layer.name], pane)
    if len(first) == len(chosen):
        return
    if pane.row == 0:
        telephone.more(Words.deeper.format(name=first[-1].name))
    with telephone.behind_more(f"layers {pane.row}"):
        for layer in chosen[len(first) :]:
            show_layer(network, layer, outputs[layer.name], pane)


def first() -> Digit:
    """The session's digit; whether a second one stands beside it is asked here."""
    st.toggle(Words.two, key=FeatureMapsPart.two_images.name, persist_state="session")
    return digit_choice.current()


def open_clicked(network: Network, n: int) -> None:
    """Open the map that was clicked on, of the one image or the other."""
    for layer in opened.map_layers(network.config):
        for image in range(n):
            number = shown_maps.opened(state.maps_of(layer.name, network.key, image), layer.shape[2])
            if number is not None:
                FeatureMapsPart.opened_image.set(image)
                opened.open_map(layer.name, number)


def shown(given: Digit, i: int) -> Input:
    """The digit to follow at place i, with its picture."""
    chosen = Input(given, digit_choice.title(given))
    shown_maps.show(
        images(given.image[None], panels.map_palette(), 1, cell_px=336, widest_px=84),
        caption=chosen.caption,
        alt=Words.image_alt.format(caption=chosen.caption),
        name=f"image-{i + 1}",
    )
    return chosen


def other() -> Digit:
    """The second digit, chosen here."""
    with st.popover(Words.second):
        digit_choice.ask_one(digit_choice.dataset_of(FeatureMapsPart.other), FeatureMapsPart.other)
    return digit_choice.of(FeatureMapsPart.other)


def ask_more(every: Sequence[Layer]) -> tuple[str, list[str]]:
    """Scale of the colours, and which layers to show."""
    names = [layer.name for layer in every]
    with st.expander(Words.more):
        scale = st.radio(
            Words.scale,
            list(Words.scales),
            format_func=Words.scales.__getitem__,
            key=FeatureMapsPart.scale.name,
            persist_state="session",
            horizontal=True,
        )
        chosen = st.pills(
            Words.layer,
            names,
            selection_mode="multi",
            default=names,
            key=state.layers_shown_of(names).name,
            help=Words.layers_help,
        )
    return scale, chosen


def show_layer(network: Network, layer: Layer, outputs: np.ndarray, pane: Pane) -> None:
    """One layer's output for one image."""
    operation = Words.names.get(layer.operation, layer.operation)
    what = Words.what[layer.kind].format(operation=operation)
    st.markdown(f"**{Words.layer_heading.format(name=layer.name, what=what)}**")
    if layer.kind == "softmax":
        show_answer(outputs[pane.row], pane.row)
    elif layer.is_map:
        show_maps(network, layer, outputs, pane)
    else:
        show_neurons(layer, outputs, pane)


def show_maps(network: Network, layer: Layer, outputs: np.ndarray, pane: Pane) -> None:
    """A layer's feature maps, each to be opened."""
    maps = outputs[pane.row].transpose(2, 0, 1)
    palette, common = signs.colours(outputs)
    measure = palettes.limits_with_zero if palette == panels.map_palette() else palettes.symmetric_limits
    limits = common if pane.scale == "layer" else [measure(each) for each in maps]
    n, height, width = maps.shape
    columns = (8 if n <= 16 else 9 if n <= 36 else 12) if len(outputs) == 1 else 6
    dead = int(tiles.is_dead(maps).sum())
    values = {"n": n, "height": height, "width": width, "layer": layer.name, "image": pane.caption}
    crossed = Words.crossed.format(n=dead) if dead else ""
    is_marked = pane.is_open and CalculationPart.layer.get() == layer.name
    marked = [CalculationPart.filter.get()] if is_marked else []
    sheet = exact(
        maps,
        palette,
        limits,
        columns,
        item=Words.one_map,
        marked=marked,
        pressed=marked,
        crossed=np.flatnonzero(tiles.is_dead(maps)).tolist(),
        cell_px=FILE_PX,
        widest_px=SHEET_PX[len(outputs)] // columns - 4,
        bar=isinstance(limits, tuple),
        grows=True,
    )
    shown_maps.show(
        sheet,
        state.maps_of(layer.name, network.key, pane.row),
        alt=Words.maps_alt.format(**values),
        caption=Words.maps.format(low=maps.min(), high=maps.max(), crossed=crossed, **values),
        name=f"{layer.name}-{pane.row + 1}",
        goes_to=calculation.KEY,
    )


def show_neurons(layer: Layer, outputs: np.ndarray, pane: Pane) -> None:
    """A layer of neurons as a grid of squares, in the order of their numbers."""
    values = outputs[pane.row]
    palette, limits = signs.colours(outputs)
    what = {"n": len(values), "layer": layer.name, "image": pane.caption}
    shown_maps.show(
        neurons(values, palette, limits, SHEET_PX[len(outputs)]),
        caption=Words.neurons.format(low=values.min(), high=values.max(), dead=(values == 0).sum(), **what),
        alt=Words.neurons_alt.format(**what),
        name=f"{layer.name}-{pane.row + 1}",
    )


def show_answer(probs: np.ndarray, row: int) -> None:
    """The ten probabilities."""
    caption = Words.answer.format(digit=probs.argmax(), share=probability(probs.max()))
    panels.bars(probs, caption, f"softmax-{row + 1}")
