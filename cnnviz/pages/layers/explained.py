"""The network as a flow chart and as a table, and every layer by itself: what it does, and what readers ask."""

import functools
from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnnviz.network.config import Layer, NetworkConfig, layers, n_weights
from cnnviz.network.weights import Network
from cnnviz.pages.layers import calculation, opened, signs
from cnnviz.pages.layers.asked import catalogue
from cnnviz.pages.layers.asked import part as questions
from cnnviz.percentages import percent, probability
from cnnviz.render import figures, palettes, tiles
from cnnviz.ui import panels
from cnnviz.ui.components.maps import maps as shown_maps
from cnnviz.ui.components.maps.sheet import exact, images, neurons
from cnnviz.ui.state import CalculationPart, LayersPage


class Words:
    """What is said of the layers."""

    more = "More: colours, flow chart, table of the layers, and what readers ask"
    layer = "A layer by itself"
    chart = (
        "The flow of one image. Above: what leaves each step. Below: what led to it. {n:,} weights in all, all of them "
        "learnt."
    )
    chart_alt = "Flow chart: {steps}."
    table = "Every layer, from the image to the ten probabilities."
    table_alt = "Table of {n} layers with name, shape out, number of weights and what each does."
    columns = ("Layer", "Shape out", "Weights", "What it does")
    does = {
        "input": "The grey image: 0 is paper, 1 is ink.",
        "convolution": (
            "Slides {channels} kernels of {px}×{px}×{depth} weights over the input with stride {stride}; each makes "
            "one map. Zeros around the edge let it reach the border."
        ),
        "valid convolution": (
            "Slides {channels} kernels of {px}×{px}×{depth} weights over the input with stride {stride}; each makes "
            "one map. There are no zeros around the edge, so no kernel reaches over it."
        ),
        "relu": "Keeps what is positive and sets the rest to 0.",
        "sigmoid": "Squeezes every number between 0 and 1.",
        "tanh": "Squeezes every number between -1 and 1.",
        "max": "Keeps the largest of each 2×2 pixels: half the side, a quarter of the numbers.",
        "average": "Keeps the mean of each 2×2 pixels: half the side, a quarter of the numbers.",
        "flatten": "Puts all the pixels of all the maps in one row.",
        "flatten image": "Puts all the pixels of the image in one row.",
        "dense": "Each neuron adds up all {inputs:,} inputs, every one times a weight of its own, and a bias.",
        "dropout": "In training sets each value to 0 with a chance of {share}; off everywhere else.",
        "softmax": "Turns the ten numbers into positive shares that add up to 1.",
    }
    heading = "{name} · {shape} · {weights}"
    weights = ("no weights", "1 weight", "{n:,} weights")
    image_caption = "{shape} pixels, from 0 to 1."
    image_alt = "The digit, {shape} pixels."
    maps = "{n} maps of {height}×{width}, from {low:.2f} to {high:.2f}{signed}.{crossed} Click one to open it."
    one_map = "map"
    signed = "; {above} is positive, {below} negative"
    crossed = " {n} zero everywhere and crossed out."
    maps_alt = "{n} maps of {height} by {width} pixels that leave layer {layer}."
    neurons = "{n:,} values, from {low:.2f} to {high:.2f}{signed}{zeros}."
    zeros = "; {n:,} of them zero"
    neurons_alt = "{n} values that leave layer {layer}, as squares in the order of their numbers."
    answer = "Answer {digit}, with {share} of the softmax."


MAPS_PX = 640


def show(network: Network, outputs: Mapping[str, np.ndarray]) -> None:
    """Flow chart, table, and the layer that is chosen; once they are asked for."""
    more = st.expander(Words.more, key=LayersPage.chart.name, on_change="rerun")
    if not more.open:
        return
    with more:
        signs.ask()
        show_chart(network.config)
        show_table(network.config)
        layer = ask_layer(layers(network.config))
        show_layer(network, layer, outputs[layer.name])


def ask_layer(every: tuple[Layer, ...]) -> Layer:
    """One of the layers."""
    names, key = [layer.name for layer in every], CalculationPart.explained_layer
    if key.get() not in names:
        key.set(names[min(1, len(names) - 1)])
    name = st.segmented_control(Words.layer, names, required=True, key=key.name, persist_state="session")
    return every[names.index(name or key.get())]


def show_chart(config: NetworkConfig) -> None:
    """The flow chart, drawn from the configuration."""
    flow_steps = figures.flow_chart(layers(config))
    chart = functools.partial(panels.network_chart, config)
    steps = "; then ".join(f"{step} gives {shape_in_words(layer)}" for layer, step in flow_steps)
    alt = Words.chart_alt.format(steps=steps.replace("\n", ", "))
    panels.picture(chart, Words.chart.format(n=n_weights(config)), alt, "network")


def show_table(config: NetworkConfig) -> None:
    """Name, shape, weights and purpose of each layer."""
    every = layers(config)
    rows = [(layer.name, shape_in_words(layer), f"{layer.n_weights:,}", purpose(layer, config)) for layer in every]
    table = dict(zip(Words.columns, zip(*rows, strict=True), strict=True))
    panels.text_table(table, Words.table, Words.table_alt.format(n=len(every)), "layers")


def shape_in_words(layer: Layer) -> str:
    """The shape as one reads it: 14×14×16."""
    return "×".join(str(n) for n in layer.shape)


def purpose(layer: Layer, config: NetworkConfig) -> str:
    """What a layer does, with its own numbers."""
    sentence = Words.does.get(layer.operation) or Words.does[layer.kind]
    if layer.kind == "convolution":
        sentence = Words.does["valid convolution"] if config.padding == "valid" else sentence
        px, _, depth, channels = layer.kernel_shape
        return sentence.format(channels=channels, px=px, depth=depth, stride=layer.stride)
    if layer.kind == "flatten" and not config.convolutions:
        return Words.does["flatten image"]
    inputs = layer.kernel_shape[0] if layer.kernel_shape else 0
    return sentence.format(inputs=inputs, share=percent(config.dropout, 0))


def show_layer(network: Network, layer: Layer, output: np.ndarray) -> None:
    """One layer: what it does, what leaves it for this digit, and the way to the questions that arise."""
    n = layer.n_weights
    weights = Words.weights[min(n, 2)].format(n=n)
    left, right = st.container(border=True).columns([1, 1.7], gap="large")
    with left:
        heading = Words.heading.format(name=layer.name, shape=shape_in_words(layer), weights=weights)
        st.markdown(f"**{heading}**")
        st.markdown(purpose(layer, network.config))
        with st.container(gap=None):
            show_links(layer)
    with right:
        if layer.kind == "input":
            show_image(layer, output)
        elif layer.is_map:
            show_maps(layer, output.transpose(2, 0, 1))
        elif layer.kind == "softmax":
            show_answer(output)
        else:
            show_neurons(layer, output)


def show_links(layer: Layer) -> None:
    """A button for each question that arises at a layer; it opens the part Questions."""
    for name in catalogue.at_layer(layer):
        if st.button(catalogue.QUESTIONS[name].words, icon=":material/help:", type="tertiary"):
            questions.go(name)


def show_image(layer: Layer, output: np.ndarray) -> None:
    """The digit that goes in."""
    shape = shape_in_words(layer)
    shown_maps.show(
        images(output[None, :, :, 0], panels.map_palette(), 1, cell_px=280, widest_px=140),
        caption=Words.image_caption.format(shape=shape),
        alt=Words.image_alt.format(shape=shape),
        name="layer-image",
    )


def sign_words(palette: palettes.Palette) -> str:
    """What to say of the colours of a layer."""
    return "" if palette == panels.map_palette() else Words.signed.format(**signs.names())


def show_maps(layer: Layer, maps: np.ndarray) -> None:
    """The maps of a layer as a sheet."""
    n, height, width = maps.shape
    palette, limits = signs.colours(maps)
    columns = min(n, 8 if n <= 32 else 12 if n <= 48 else 16)
    dead = int(tiles.is_dead(maps).sum())
    crossed = Words.crossed.format(n=dead) if dead else ""
    values = {"n": n, "height": height, "width": width, "low": maps.min(), "high": maps.max()}
    caption = Words.maps.format(signed=sign_words(palette), crossed=crossed, **values)
    alt = Words.maps_alt.format(n=n, height=height, width=width, layer=layer.name)
    sheet = exact(
        maps,
        palette,
        limits,
        columns,
        item=Words.one_map,
        crossed=np.flatnonzero(tiles.is_dead(maps)).tolist(),
        cell_px=84,
        widest_px=MAPS_PX // columns - 4,
        bar=True,
        grows=True,
    )
    shown_maps.show(
        sheet,
        LayersPage.explained_maps,
        caption=caption,
        alt=alt,
        name=f"layer-{layer.name}",
        goes_to=calculation.KEY,
        on_open=functools.partial(opened.open_map, layer.name),
    )


def show_neurons(layer: Layer, output: np.ndarray) -> None:
    """A layer of neurons as a grid of squares, in the order of their numbers."""
    palette, limits = signs.colours(output)
    values = {"n": len(output), "layer": layer.name, "low": output.min(), "high": output.max()}
    n_zero = int((output == 0).sum())
    zeros = Words.zeros.format(n=n_zero) if n_zero else ""
    shown_maps.show(
        neurons(output, palette, limits, MAPS_PX),
        caption=Words.neurons.format(signed=sign_words(palette), zeros=zeros, **values),
        alt=Words.neurons_alt.format(**values),
        name=f"layer-{layer.name}",
    )


def show_answer(probs: np.ndarray) -> None:
    """The ten probabilities."""
    caption = Words.answer.format(digit=probs.argmax(), share=probability(probs.max()))
    panels.bars(probs, caption, "layer-softmax", width=320)
