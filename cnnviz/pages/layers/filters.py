"""A convolution layer's kernels, as the tutorials show them: red weights add, blue weights take away."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnnviz.analysis import inspection
from cnnviz.network.config import layers
from cnnviz.network.weights import Network
from cnnviz.pages.layers import at_places, calculation, opened, reacts_to, signs, weight_images
from cnnviz.percentages import percent
from cnnviz.render import palettes
from cnnviz.render.palettes import Palette
from cnnviz.ui import choice, digit_choice, lookups, panels, present, refusal, session, state
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import exact
from cnnviz.ui.state import CalculationPart, FiltersPart, LayersPage


class Words:
    """What this page says."""

    intro = (
        "The kernels that the network has learnt: weights above 0 add to the sum, those below 0 take "
        "away. Click one to see what it makes of the digit."
    )
    layer = "Layer"
    channel = "Input channel"
    all = "All"
    more = "More: colours, weights and biases"
    filters = "Filters"
    filters_value = "{n} of {px}×{px}×{channels}"
    weights = "Weights with biases"
    smallest = "Smallest weight"
    largest = "Largest weight"
    one_channel = (
        "The {n} kernels of {layer} for input channel {channel}, under each its filter's number. White is 0, "
        "{above} above, {below} below; one scale for the whole layer."
    )
    all_channels = (
        "All {count} kernels of {layer}: a row for each of the {n} filters, a column for each of the "
        "{channels} input channels. White is 0, {above} above, {below} below; one scale for the whole layer."
    )
    alt = "{count} kernels of {px} by {px} weights of layer {layer}, from {low:+.3f} to {high:+.3f}; {share} positive."
    opened = "**Filter {number} of {layer}**: bias {bias:+.4f}, weights from {low:+.4f} to {high:+.4f}"
    one_filter = "filter"
    one_kernel = "filter {number}, input channel {channel}"
    biases = "Bias of each filter, and its smallest and largest weight over all input channels."
    biases_alt = "Table of {n} filters with bias, smallest weight and largest weight."
    columns = ("Filter", "Bias", "Smallest weight", "Largest weight")


SHEET_PX = 520
"""About the width beside the calculation, in a window of 1440 pixels."""
FILE_PX = 84
"""About how wide a kernel is in the file that can be downloaded."""


def show() -> None:
    """The part from top to bottom."""
    network = choice.network()
    names = [layer.name for layer in layers(network.config) if layer.kind == "convolution"]
    if not names:
        weight_images.show(network)
        return
    panels.intro(Words.intro)
    digit = digit_choice.current()
    refusal.note(network, digit)
    outputs = {name: output[0] for name, output in lookups.activations(network, digit.image[None, :, :, None]).items()}
    show_beside(network, outputs, names)


@session.part
def show_beside(network: Network, outputs: Mapping[str, np.ndarray], names: list[str]) -> None:
    """The kernels at the left, the open one at the right; only this part runs again after a click."""
    channel_shown = open_clicked(network, names)
    with st.container(key=LayersPage.beside.name):
        left, right = st.columns([1, 1.2], gap="medium")
    with left, present.screen("kernels"):
        layer, channel = ask(network, names)
        number = min(CalculationPart.filter.get(), inspection.kernels(network, layer).shape[0] - 1)
        palette = signs.palette()
        if channel is None:
            show_all(network, layer, number, palette)
        else:
            show_one(network, layer, channel, number, palette)
        bias, kernel = network.weights[f"{layer}/bias"][number], inspection.kernels(network, layer)[number]
        values = {"number": number, "layer": layer, "bias": bias, "low": kernel.min(), "high": kernel.max()}
        st.markdown(Words.opened.format(**values))
    with left, present.screen("reacts"):
        reacts_to.show(network, layer, number)
        favourites = st.container()
    with left, present.screen("kernels", 2), st.expander(Words.more):
        signs.ask()
        reacts_to.show_summary(network, layer)
        show_summary(network, layer)
        show_biases(network, layer)
    with right, present.screen("calculation"):
        channel = channel_shown if channel is None else channel
        calculation.show(network, outputs, channel)
    with present.screen("places"):
        at_places.show(network, outputs, layer, number, channel)
    with favourites:  # last: to search the digits takes a moment the first time
        reacts_to.show_favourites(network, choice.dataset(), layer, number)


def open_clicked(network: Network, names: list[str]) -> int:
    """Open the filter whose kernel was clicked on; gives its input channel where kernels of all are shown, or 0."""
    opened_layer, wanted = CalculationPart.layer.get().partition("_")[0], FiltersPart.layer.get()
    layer = wanted or opened_layer
    if layer not in names:
        layer = names[0]
    if layer != opened_layer:
        opened.open_map(layer, 0)
    FiltersPart.layer.set(layer)
    n, channels, *_ = inspection.kernels(network, layer).shape
    channel = state.filters_channel_of(layer).get()
    if channel == Words.all:
        place = maps.picked(state.kernels_of(layer, None, network.key), n * channels)
        if place is None:
            return 0
        filter_, channel_of_it = divmod(place, int(channels))
        if filter_ != CalculationPart.filter.get():
            opened.open_map(layer, filter_)
        return channel_of_it
    number = maps.opened(state.kernels_of(layer, channel, network.key), n)
    if number is not None:
        opened.open_map(layer, number)
    return 0


def ask(network: Network, names: list[str]) -> tuple[str, int | None]:
    """One of the convolution layers, and the input channel (None: all)."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = st.segmented_control(
            Words.layer, names, required=True, key=FiltersPart.layer.name, persist_state="session"
        )
        layer = layer or names[0]
        n_channels = inspection.kernels(network, layer).shape[1]
        options = [*range(n_channels), Words.all]
        key = state.filters_channel_of(layer).name
        channel = st.selectbox(Words.channel, options, key=key, width=140, disabled=n_channels == 1)
    return layer, None if channel == Words.all else int(channel)


def show_summary(network: Network, layer: str) -> None:
    """Number of filters, smallest and largest weight of the layer."""
    kernels = inspection.kernels(network, layer)
    n, channels, px, _ = kernels.shape
    with st.container(horizontal=True, gap="large"):
        st.metric(Words.filters, Words.filters_value.format(n=n, px=px, channels=channels), width="content")
        st.metric(Words.weights, f"{kernels.size + n:,}", width="content")
        st.metric(Words.smallest, f"{kernels.min():+.4f}", width="content")
        st.metric(Words.largest, f"{kernels.max():+.4f}", width="content")


def show_one(network: Network, layer: str, channel: int, number: int, palette: Palette) -> None:
    """A kernel of every filter for one input channel, on the scale of the whole layer."""
    kernels = inspection.kernels(network, layer)
    shown, n = kernels[:, channel], len(kernels)
    columns = 8 if n <= 16 else 9 if n <= 36 else 12
    sheet = exact(
        shown,
        palette,
        palettes.symmetric_limits(kernels),
        columns,
        item=Words.one_filter,
        marked=[number],
        pressed=[number],
        cell_px=FILE_PX,
        widest_px=SHEET_PX // columns - 4,
        bar=True,
        grows=True,
    )
    maps.show(
        sheet,
        state.kernels_of(layer, channel, network.key),
        alt=in_words(shown, layer),
        caption=Words.one_channel.format(n=n, layer=layer, channel=channel, **signs.names()),
        name=f"kernels-{layer}",
        goes_to=calculation.KEY,
    )


def show_all(network: Network, layer: str, number: int, palette: Palette) -> None:
    """Every kernel of the layer: a row for each filter."""
    kernels = inspection.kernels(network, layer)
    n, channels, px, _ = kernels.shape
    shown = kernels.reshape(n * channels, px, px)
    sheet = exact(
        shown,
        palette,
        palettes.symmetric_limits(kernels),
        channels,
        called=[Words.one_kernel.format(number=i // channels, channel=i % channels) for i in range(len(shown))],
        cell_px=25 if channels < 20 else 15,
        widest_px=SHEET_PX,
        is_one=True,
    )
    maps.pick(
        sheet,
        state.kernels_of(layer, None, network.key),
        number * channels,
        alt=in_words(shown, layer),
        caption=Words.all_channels.format(count=len(shown), n=n, layer=layer, channels=channels, **signs.names()),
        name=f"kernels-{layer}",
    )


def in_words(shown: np.ndarray, layer: str) -> str:
    """Some kernels of a layer for who cannot see them."""
    share = percent(float(np.mean(shown > 0)), 0)
    values = {"count": len(shown), "px": shown.shape[-1], "layer": layer, "share": share}
    return Words.alt.format(low=shown.min(), high=shown.max(), **values)


def show_biases(network: Network, layer: str) -> None:
    """Bias, smallest and largest weight of each filter."""
    kernels, biases = inspection.kernels(network, layer), network.weights[f"{layer}/bias"]
    values = [
        list(range(len(biases))),
        biases.tolist(),
        kernels.min((1, 2, 3)).tolist(),
        kernels.max((1, 2, 3)).tolist(),
    ]
    table = dict(zip(Words.columns, values, strict=True))
    formats = {name: st.column_config.NumberColumn(format="%+.4f") for name in Words.columns[1:]}
    alt = Words.biases_alt.format(n=len(biases))
    panels.table(table, Words.biases, alt, f"biases-{layer}", column_config=formats, height=280)
