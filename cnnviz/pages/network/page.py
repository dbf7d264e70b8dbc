"""The network as a flow chart, as a table, and alive: a digit flows through it, layer by layer."""

import numpy as np
import streamlit as st

from cnnviz.data.dataset import Dataset
from cnnviz.network import store
from cnnviz.network.config import Layer, NetworkConfig, layers, n_weights
from cnnviz.network.presets import Recipe
from cnnviz.network.weights import Network
from cnnviz.pages.network import questions
from cnnviz.percentages import percent, probability
from cnnviz.render import figures, palettes, tiles
from cnnviz.ui import choice, digit_choice, lookups, opening, panels, refusal, server, session, state
from cnnviz.ui.components.picker.picker import Cells, choose
from cnnviz.ui.state import NetworkPage


class Words:
    """What this page says."""

    title = "Network"
    intro = "An image comes in at the left; each layer turns it into something that the next one can use better."
    chart = (
        "The flow of one image. Above: what leaves each step. Below: what led to it. {n:,} weights in all, all of them "
        "learnt."
    )
    chart_alt = "Flow chart: {steps}."
    table_heading = "Table of the layers"
    table = "Every layer, from the image to the ten probabilities."
    table_alt = "Table of {n} layers with name, shape out, number of weights and what each does."
    columns = ("Layer", "Shape out", "Weights", "What it does")
    does = {
        "input": "The grey image: 0 is paper, 1 is ink.",
        "convolution": (
            "Slides {channels} kernels of {px}×{px}×{depth} weights over the input with stride {stride}; each makes "
            "one map. Zeros around the edge let it reach the border."
        ),
        "relu": "Keeps what is positive and sets the rest to 0.",
        "sigmoid": "Squeezes every number between 0 and 1.",
        "tanh": "Squeezes every number between -1 and 1.",
        "max": "Keeps the largest of each 2×2 pixels: half the side, a quarter of the numbers.",
        "average": "Keeps the mean of each 2×2 pixels: half the side, a quarter of the numbers.",
        "flatten": "Puts all the pixels of all the maps in one row.",
        "dense": "Each neuron adds up all {inputs:,} inputs, every one times a weight of its own, and a bias.",
        "dropout": "In training drops {share} of the values at random; off everywhere else.",
        "softmax": "Turns the ten numbers into positive shares that add up to 1.",
    }
    flowing = "A digit on its way through"
    flowing_intro = (
        "Click a map, or reach it with the arrow keys and press Enter: the Convolution page takes it apart, pixel by "
        "pixel. The maps of a layer are numbered row by row, from 0."
    )
    heading = "{name} · {shape} · {weights}"
    weights = ("no weights", "1 weight", "{n:,} weights")
    image_caption = "{shape} pixels, from 0 to 1."
    image_alt = "The digit, {shape} pixels."
    maps = "{n} maps of {height}×{width}, from {low:.2f} to {high:.2f}{signed}.{crossed}"
    signed = "; red is positive, blue negative"
    crossed = " {n} zero everywhere and crossed out."
    maps_alt = "{n} maps of {height} by {width} pixels that leave layer {layer}; Enter opens the framed one."
    one_map = "map"
    neurons = "{n:,} values, from {low:.2f} to {high:.2f}{signed}{zeros}."
    zeros = "; {n:,} of them zero"
    neurons_alt = "{n} values that leave layer {layer}, as squares in the order of their numbers."
    answer = "Answer {digit}, with {share} of the softmax."


SHEET_PX = 900


def show() -> None:
    """The page from top to bottom."""
    network, test = choice.network(), choice.dataset()
    panels.head(Words.title, Words.intro)
    show_chart(network.config)
    with st.expander(Words.table_heading):
        show_table(network.config)
    flow(network, test)


def show_chart(config: NetworkConfig) -> None:
    """The flow chart, drawn from the configuration."""
    flow_steps = figures.flow_chart(layers(config))
    chart = draw_chart(config, panels.theme())
    steps = "; then ".join(f"{step} gives {shape_in_words(layer)}" for layer, step in flow_steps)
    alt = Words.chart_alt.format(steps=steps.replace("\n", ", "))
    panels.picture(chart, Words.chart.format(n=n_weights(config)), alt, "network")


@st.cache_data(show_spinner=False, max_entries=64)
def draw_chart(config: NetworkConfig, theme: palettes.Theme) -> bytes:
    """The flow chart as a PNG; drawn once for each configuration."""
    return figures.png(figures.network_figure(layers(config), theme))


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
        px, _, depth, channels = layer.kernel_shape
        return sentence.format(channels=channels, px=px, depth=depth, stride=layer.stride)
    inputs = layer.kernel_shape[0] if layer.kernel_shape else 0
    return sentence.format(inputs=inputs, share=percent(config.dropout, 0))


@session.part
def flow(network: Network, test: Dataset) -> None:
    """The digit and what becomes of it in every layer; only this part runs again after a choice in it."""
    st.subheader(Words.flowing, anchor=False, divider="gray")
    digit = digit_choice.ask(test, NetworkPage.digit)
    if digit is None:
        return
    st.caption(Words.flowing_intro)
    refusal.note(network, digit)
    outputs = lookups.activations(network, digit.image[None, :, :, None])
    trained_by = recipe()
    for layer in layers(network.config):
        show_layer(network, layer, outputs[layer.name][0], trained_by)


def recipe() -> Recipe | None:
    """How the network that is chosen was trained, or is being; None when that is not known."""
    entry = choice.current().entry
    if entry is None:
        return None
    model, run = store.find(entry.name), server.scheduler().find(entry.name)
    if model and model.card:
        return model.card.recipe
    return run.plan.recipe if run else None


def show_layer(network: Network, layer: Layer, output: np.ndarray, trained_by: Recipe | None) -> None:
    """One layer: what it does, what leaves it for this digit, and the questions that arise."""
    n = layer.n_weights
    weights = Words.weights[min(n, 2)].format(n=n)
    left, right = st.container(border=True).columns([1, 1.7], gap="large")
    with left:
        heading = Words.heading.format(name=layer.name, shape=shape_in_words(layer), weights=weights)
        st.markdown(f"**{heading}**")
        st.markdown(purpose(layer, network.config))
        for question, answer in questions.to_questions(network.config, layer, trained_by):
            st.expander(question).markdown(answer)
    with right:
        if layer.kind == "input":
            show_image(layer, output)
        elif layer.is_map:
            show_maps(network, layer, output.transpose(2, 0, 1))
        elif layer.kind == "softmax":
            show_answer(output)
        else:
            show_neurons(layer, output)


def show_image(layer: Layer, output: np.ndarray) -> None:
    """The digit that goes in."""
    picture = tiles.make_grid(output[None, :, :, 0], panels.map_palette(), (0, 1), cell_px=280, theme=panels.theme())
    shape = shape_in_words(layer)
    panels.picture(
        picture,
        Words.image_caption.format(shape=shape),
        Words.image_alt.format(shape=shape),
        layer.name,
        width=140,
        inline=True,
    )


def signs(palette: palettes.Palette) -> str:
    """What to say of the colours of a layer."""
    return Words.signed if palette == "seismic" else ""


def show_maps(network: Network, layer: Layer, maps: np.ndarray) -> None:
    """The maps of a layer as a sheet; one that is picked is opened on the Convolution page."""
    n, height, width = maps.shape
    palette, limits = panels.colours(maps)
    columns = min(n, 8 if n <= 32 else 12 if n <= 48 else 16)
    cell_px = SHEET_PX // columns
    picture = tiles.make_grid(
        maps, palette, limits, columns=columns, cell_px=cell_px, mark_dead=True, theme=panels.theme()
    )
    grid = tiles.grid_layout(maps.shape, columns, cell_px)
    dead = int(tiles.is_dead(maps).sum())
    crossed = Words.crossed.format(n=dead) if dead else ""
    values = {"n": n, "height": height, "width": width, "low": maps.min(), "high": maps.max()}
    picked = choose(
        picture,
        Cells(n, columns, grid.cell, grid.gap),
        state.maps_of(layer.name, network.key),
        alt=Words.maps_alt.format(n=n, height=height, width=width, layer=layer.name),
        caption=Words.maps.format(signed=signs(palette), crossed=crossed, **values),
        name=layer.name,
        width_px=min(picture.width, 640),
        follow=False,
        item=Words.one_map,
    )
    if picked:
        opening.open_map(layer.name, picked[0] * columns + picked[1], NetworkPage.digit)


def show_neurons(layer: Layer, output: np.ndarray) -> None:
    """A layer of neurons as a grid of squares, in the order of their numbers."""
    palette, limits = panels.colours(output)
    columns = 10 if len(output) == 10 else 32 if len(output) <= 256 else 64
    picture = tiles.make_grid(
        output[:, None, None],
        palette,
        limits,
        columns=columns,
        cell_px=640 // columns - 2,
        bar=True,
        theme=panels.theme(),
    )
    values = {"n": len(output), "layer": layer.name, "low": output.min(), "high": output.max()}
    n_zero = int((output == 0).sum())
    zeros = Words.zeros.format(n=n_zero) if n_zero else ""
    caption = Words.neurons.format(signed=signs(palette), zeros=zeros, **values)
    width = min(picture.width, 640)
    panels.picture(picture, caption, Words.neurons_alt.format(**values), layer.name, width=width, inline=True)


def show_answer(probs: np.ndarray) -> None:
    """The ten probabilities."""
    caption = Words.answer.format(digit=probs.argmax(), share=probability(probs.max()))
    panels.bars(probs, caption, "softmax", width=320)


show()
