"""A convolution layer's kernels, as the tutorials show them: red weights add, blue weights take away."""

import numpy as np
import streamlit as st

from cnnviz.analysis import inspection
from cnnviz.network.config import layers
from cnnviz.network.weights import Network
from cnnviz.percentages import percent
from cnnviz.render import palettes, tiles
from cnnviz.render.palettes import Palette
from cnnviz.ui import choice, panels, state
from cnnviz.ui.state import FiltersPage


class Words:
    """What this page says."""

    title = "Filters"
    intro = (
        "These are the kernels that the network has learnt. Weights above 0 add to the sum, those below 0 take away."
    )
    none = "This network has no convolution layer, so it has no filters."
    layer = "Layer"
    channel = "Input channel"
    all = "All"
    more = "More"
    palette = "Colours"
    palettes: dict[Palette, str] = {
        "seismic": "Blue to red (seismic)",
        "PuOr": "Orange to purple, for colour-blind readers",
    }
    filters = "Filters"
    filters_value = "{n} of {px}×{px}×{channels}"
    weights = "Weights with biases"
    least = "Least weight"
    greatest = "Greatest weight"
    one_channel = (
        "The {n} kernels of {layer} for input channel {channel}. Under each its filter's number and bias. "
        "White is 0; one scale for the whole layer."
    )
    all_channels = (
        "All {count} kernels of {layer}: a row for each of the {n} filters, a column for each of the "
        "{channels} input channels. White is 0; one scale for the whole layer."
    )
    alt = "{count} kernels of {px} by {px} weights of layer {layer}, from {low:+.3f} to {high:+.3f}; {share} positive."
    biases = "Bias of each filter, and its least and greatest weight over all input channels."
    biases_alt = "Table of {n} filters with bias, least weight and greatest weight."
    columns = ("Filter", "Bias", "Least weight", "Greatest weight")


def show() -> None:
    """The page from top to bottom."""
    network = choice.network()
    panels.intro(Words.intro)
    names = [layer.name for layer in layers(network.config) if layer.kind == "convolution"]
    if not names:
        st.info(Words.none)
        return
    layer, channel, palette = ask(network, names)
    show_summary(network, layer)
    show_kernels(network, layer, channel, palette)
    show_biases(network, layer)


def ask(network: Network, names: list[str]) -> tuple[str, int | None, palettes.Palette]:
    """One of the convolution layers, input channel (None: all), colours."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = st.segmented_control(
            Words.layer, names, default=names[0], required=True, key=FiltersPage.layer.name, persist_state="session"
        )
        n_channels = inspection.kernels(network, layer or names[0]).shape[1]
        options = [*range(n_channels), Words.all]
        key = state.filters_channel_of(layer or names[0]).name
        channel = st.selectbox(Words.channel, options, key=key, width=140, disabled=n_channels == 1)
    with st.expander(Words.more):
        palette = st.radio(
            Words.palette,
            list(Words.palettes),
            format_func=Words.palettes.__getitem__,
            key=FiltersPage.palette.name,
            persist_state="session",
            horizontal=True,
        )
    return layer or names[0], None if channel == Words.all else int(channel), palette


def show_summary(network: Network, layer: str) -> None:
    """Number of filters, least and greatest weight of the layer."""
    kernels = inspection.kernels(network, layer)
    n, channels, px, _ = kernels.shape
    with st.container(horizontal=True, gap="large"):
        st.metric(Words.filters, Words.filters_value.format(n=n, px=px, channels=channels), width="content")
        st.metric(Words.weights, f"{kernels.size + n:,}", width="content")
        st.metric(Words.least, f"{kernels.min():+.4f}", width="content")
        st.metric(Words.greatest, f"{kernels.max():+.4f}", width="content")


def show_kernels(network: Network, layer: str, channel: int | None, palette: palettes.Palette) -> None:
    """The kernels as a grid on the scale of the whole layer."""
    kernels = inspection.kernels(network, layer)
    biases = network.weights[f"{layer}/bias"]
    limits = palettes.symmetric_limits(kernels)
    n, channels, px, _ = kernels.shape
    if channel is None:
        shown, options = (
            kernels.reshape(n * channels, px, px),
            {"columns": channels, "cell_px": 25 if channels < 20 else 15},
        )
        caption = Words.all_channels
    else:
        labels = [f"{i}: {bias:+.2f}" for i, bias in enumerate(biases)]
        shown, options = kernels[:, channel], {"columns": 8 if n <= 32 else 12, "labels": labels, "cell_px": 100}
        caption = Words.one_channel
    picture = tiles.make_grid(shown, palette, limits, bar=True, theme=panels.theme(), **options)
    values = {"n": n, "layer": layer, "channel": channel, "channels": channels, "count": len(shown), "px": px}
    alt = Words.alt.format(low=shown.min(), high=shown.max(), share=percent(float(np.mean(shown > 0)), 0), **values)
    panels.picture(picture, caption.format(**values), alt, f"kernels-{layer}")


def show_biases(network: Network, layer: str) -> None:
    """Bias, least and greatest weight of each filter."""
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
