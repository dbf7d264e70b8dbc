"""What leaves every layer for an image: feature maps, neurons, and the ten probabilities; two images side by side."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.data.dataset import Dataset
from cnnviz.network.config import Layer, layers
from cnnviz.network.weights import Network
from cnnviz.percentages import probability
from cnnviz.render import palettes, tiles
from cnnviz.ui import choice, digit_choice, lookups, panels, refusal, session, state
from cnnviz.ui.digit import Digit
from cnnviz.ui.state import FeatureMapsPage


class Words:
    """What this page says."""

    title = "Feature maps"
    intro = (
        "Follow an image through the network: what leaves each layer, one small picture a filter. "
        "Where numbers have a sign, red is positive and blue negative."
    )
    two = "Two images side by side"
    which = "Image {place}"
    digit = "Digit"
    any = "any"
    random = "Random"
    more = "More"
    scale = "Scale"
    scales = {"layer": "One for the layer, both images", "map": "Each map its own"}
    layer = "Layers"
    layers_help = "Which layers to show."
    image_caption = "Test image {number}, a {label}."
    drawing_caption = "Your drawing, as the network sees it."
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
    maps_alt = "{n} pictures of {height} by {width} pixels, the output of layer {layer} for {image}"
    neurons_alt = "{n} values of layer {layer} for {image}"


SHEET_PX = {1: 1000, 2: 560}  # about the width that a layer gets beside another, or alone


@dataclass(frozen=True, eq=False)
class Input:
    """A digit to follow, and what to call it."""

    digit: Digit
    caption: str


@dataclass(frozen=True, eq=False)
class Pane:
    """A picture that is being made, with its caption and its description."""

    png: Future[bytes]
    caption: str
    alt: str


def show() -> None:
    """The page from top to bottom."""
    network, test = choice.network(), choice.dataset()
    panels.intro(Words.intro)
    follow(network, test)


@session.part
def follow(network: Network, test: Dataset) -> None:
    """The images and what becomes of them; only this part runs again after a choice on the page."""
    both = st.toggle(Words.two, key=FeatureMapsPage.two_images.name, persist_state="session")
    places = st.columns(2, gap="large") if both else [st.container()]
    inputs = []
    for i, place in enumerate(places):
        with place:
            inputs.append(shown(digit_choice.current() if i == 0 else other(test), i))
    every = [layer for layer in layers(network.config)[1:] if layer.kind != "flatten"]
    scale, names = ask_more(every)
    digits = [given.digit for given in inputs]
    for own in [each for each in digits if each.is_own][:1]:  # said once, also where both images are one's own
        refusal.note(network, own)
    outputs = lookups.activations(network, np.stack([each.image for each in digits])[..., None])
    drawn_layers = [
        (layer, [draw(layer, outputs[layer.name], row, given, scale) for row, given in enumerate(inputs)])
        for layer in every
        if layer.name in names
    ]
    for layer, panes in drawn_layers:
        show_layer(layer, panes)


def shown(given: Digit, i: int) -> Input:
    """The digit to follow at place i, with its picture."""
    chosen = Input(given, digit_choice.title(given))
    picture = tiles.make_grid(given.image[None], panels.map_palette(), (0, 1), cell_px=336, theme=panels.theme())
    panels.picture(picture, chosen.caption, Words.image_alt.format(caption=chosen.caption), f"image-{i + 1}", width=196)
    return chosen


def other(test: Dataset) -> Digit:
    """The second digit, chosen here."""
    digit_choice.ask_one(test, FeatureMapsPage.other)
    return digit_choice.of(FeatureMapsPage.other)


def ask_more(every: Sequence[Layer]) -> tuple[str, list[str]]:
    """Scale of the colours, and which layers to show."""
    names = [layer.name for layer in every]
    with st.expander(Words.more):
        scale = st.radio(
            Words.scale,
            list(Words.scales),
            format_func=Words.scales.__getitem__,
            key=FeatureMapsPage.scale.name,
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


def show_layer(layer: Layer, panes: Sequence[Pane]) -> None:
    """One layer's output for each image, side by side."""
    operation = Words.names.get(layer.operation, layer.operation)
    what = Words.what[layer.kind].format(operation=operation)
    st.subheader(Words.layer_heading.format(name=layer.name, what=what), anchor=False, divider="gray")
    places = st.columns(2, gap="large") if len(panes) == 2 else [st.container()]
    for i, (place, pane) in enumerate(zip(places, panes, strict=True), 1):
        with place:
            panels.picture(pane.png.result(), pane.caption, pane.alt, f"{layer.name}-{i}", inline=True)


def draw(layer: Layer, outputs: np.ndarray, row: int, given: Input, scale: str) -> Pane:
    """Begin to draw one layer's output for one image; the pictures are made side by side, in threads."""
    if layer.kind == "softmax":
        return draw_answer(outputs[row])
    if layer.is_map:
        return draw_maps(layer, outputs, row, given, scale)
    return draw_neurons(layer, outputs, row, given)


def draw_maps(layer: Layer, outputs: np.ndarray, row: int, given: Input, scale: str) -> Pane:
    """A layer's feature maps as a grid."""
    maps = outputs[row].transpose(2, 0, 1)
    palette, common = panels.colours(outputs)
    measure = palettes.symmetric_limits if palette == "seismic" else palettes.limits_with_zero
    limits = common if scale == "layer" else [measure(each) for each in maps]
    n, height, width = maps.shape
    png = panels.begin_sheet(
        maps,
        palette,
        limits,
        columns=8 if n <= 32 else 9 if n <= 36 else 12,
        cell_px=SHEET_PX[len(outputs)] // 9,
        mark_dead=True,
        bar=scale == "layer",
        theme=panels.theme(),
    )
    dead = int(tiles.is_dead(maps).sum())
    values = {"n": n, "height": height, "width": width, "layer": layer.name, "image": given.caption}
    crossed = Words.crossed.format(n=dead) if dead else ""
    caption = Words.maps.format(low=maps.min(), high=maps.max(), crossed=crossed, **values)
    return Pane(png, caption, Words.maps_alt.format(**values))


def draw_neurons(layer: Layer, outputs: np.ndarray, row: int, given: Input) -> Pane:
    """A layer of neurons as a grid of squares, in the order of their numbers."""
    values = outputs[row]
    palette, limits = panels.colours(outputs)
    columns = 10 if len(values) == 10 else 32 if len(values) <= 256 else 64
    png = panels.begin_sheet(
        values[:, None, None],
        palette,
        limits,
        columns=columns,
        cell_px=SHEET_PX[len(outputs)] // columns - 2,
        bar=True,
        theme=panels.theme(),
    )
    what = {"n": len(values), "layer": layer.name, "image": given.caption}
    caption = Words.neurons.format(low=values.min(), high=values.max(), dead=(values == 0).sum(), **what)
    return Pane(png, caption, Words.neurons_alt.format(**what))


def draw_answer(probs: np.ndarray) -> Pane:
    """The ten probabilities."""
    caption = Words.answer.format(digit=probs.argmax(), share=probability(probs.max()))
    return Pane(panels.begin_bars(probs), caption, panels.probabilities_in_words(probs))
