"""Questions about what a convolution finds: how patches become features, channels, shared weights, edges."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from cnnviz.analysis import arithmetic, weight_sharing
from cnnviz.analysis.explanations import ConvolutionExplanation
from cnnviz.network.config import Layer
from cnnviz.pages.layers import signs
from cnnviz.pages.layers.asked.case import Answer, Case, Pictures, Question, has, number, sides, squares, table
from cnnviz.render import palettes
from cnnviz.ui.components.maps.sheet import exact, images


class Words:
    """Questions, answers and captions."""

    features = "How do 5×5 patches of a 28×28 image give 32 features?"
    features_answer = (
        "The image stays whole: the kernel stands at {places} = {n_places:,} places of it, and at each lies one patch "
        "of {patch} = {n} numbers. Each of the {filters} filters has {n} weights of its own, multiplies the patch with "
        "them, adds up, adds its bias: one number. {filters} filters make {filters} numbers of the same patch, one in "
        "each map. So {channels} goes in, {filters} come out, with {filters} × ({n} + 1) = {weights:,} weights."
    )
    channels = ("1 channel", "{n} channels")
    patch_caption = "The patch around row {row}, column {column} of this digit, where {name} answers most strongly."
    patch_alt = "A patch of {px} by {px} pixels of the digit."
    numbers_caption = "The {filters} numbers that {name} makes of this one patch, from {low} to {high}."
    numbers_alt = "{filters} values of {name} at one place, as squares in the order of the filters."

    second = "How do the 64 features of the second layer come about?"
    second_answer = (
        "Each of its {filters} filters has a kernel of its own for each of the {channels} maps below: {filters} × "
        "{channels} = {kernels:,} kernels. The {channels} sums of products of one filter are added up, with a bias. "
        "They are added, not averaged: at this pixel {total}, where the mean of the sums would be {mean}. How many "
        "filters there are is chosen, like 64 in the tutorial: {filters} here."
    )
    sums_caption = (
        "Row {row}, column {column} of map {number} of {name}: the sum of each of the {channels} channels. Together "
        "{sum}, and with the bias {bias}: {total}."
    )
    sums_alt = "{channels} sums by input channel as squares, from {low} to {high}."

    shared = "Why do all places share one kernel?"
    shared_answer = (
        "A stroke is the same stroke wherever it stands, so what was learnt at one place serves at all {n:,}. {name} "
        "has {shared:,} weights; with a kernel of its own at each place it would have {own:,}, and as a fully "
        "connected layer {dense:,}. Fewer weights learn from fewer images, and are faster to store and to read."
    )
    shared_heads = ("How the maps are made", "Weights", "Times as many")
    shared_rows = ("One kernel for all places", "A kernel for each place", "Fully connected")
    shared_caption = "Weights for the same {shape} maps of {name}."

    edges = "What do the filters look for: edges?"
    edges_answer = (
        "Many filters of the first layer answer to edges, where light meets dark. Filter {across} has the largest "
        "difference between the sums of its upper and its lower weights, {across_by}: it answers to edges that run "
        "across. Filter {down} has the largest between left and right, {down_by}: edges that run up and down. The "
        "next layer puts such answers together, over a larger part of the image."
    )
    edges_caption = (
        "Kernel {across} and its map of this digit, kernel {down} and its map: {above} above 0, {below} below."
    )
    edges_alt = "Two kernels of {name}, each with the map that it makes of the digit."
    kernel, map = "kernel {n}", "map {n}"


def strongest(case: Case, layer: Layer) -> tuple[int, int, int]:
    """Row, column and map of the largest value of a layer."""
    row, column, channel = np.unravel_index(case.outputs[layer.name].argmax(), layer.shape)
    return int(row), int(column), int(channel)


def features(case: Case) -> Answer:
    """One patch, and the numbers that the filters make of it."""
    layer = case.layers_of("convolution")[0]
    px, _, depth, filters = layer.kernel_shape
    row, column, channel = strongest(case, layer)
    explained = explain(case, layer, (row, column, channel))
    found = case.outputs[layer.name][row, column]
    n_channels = Words.channels[min(depth, 2) - 1].format(n=depth)
    values = {"name": layer.name, "filters": filters, "row": row, "column": column, "px": px, "channels": n_channels}
    counts = {"places": sides(layer.shape[:2]), "n_places": math.prod(layer.shape[:2]), "weights": layer.n_weights}
    text = Words.features_answer.format(patch=sides((px, px, depth)), n=px * px * depth, **counts, **values)
    patch = images(explained.patch.transpose(2, 0, 1), "gray", 1, cell_px=160, widest_px=110)
    low, high = number(found.min()), number(found.max())
    return Answer(
        text,
        [
            Pictures(patch, Words.patch_caption.format(**values), Words.patch_alt.format(**values)),
            Pictures(squares(found), Words.numbers_caption.format(low=low, high=high, **values), numbers_alt(values)),
        ],
    )


def numbers_alt(values: dict[str, object]) -> str:
    """What the squares of one patch are."""
    return Words.numbers_alt.format(**values)


def explain(case: Case, layer: Layer, position: tuple[int, int, int]) -> ConvolutionExplanation:
    """How one pixel of a convolution is computed."""
    kernel, bias = (case.network.weights[f"{layer.name}/{part}"] for part in ("kernel", "bias"))
    inputs = case.outputs[case.below(layer).name]
    return arithmetic.convolution_at(kernel, bias, inputs, position, layer.stride, padding=case.config.padding)


def second(case: Case) -> Answer:
    """The sums by channel of one pixel of the second convolution."""
    layer = case.layers_of("convolution")[1]
    channels, filters = layer.kernel_shape[2:]
    row, column, map_ = strongest(case, layer)
    explained = explain(case, layer, (row, column, map_))
    sums = explained.channel_sums
    text = Words.second_answer.format(
        filters=filters,
        channels=channels,
        kernels=filters * channels,
        total=number(explained.total),
        mean=number(sums.mean()),
    )
    caption = Words.sums_caption.format(
        row=row,
        column=column,
        number=map_,
        name=layer.name,
        channels=channels,
        sum=number(sums.sum()),
        bias=number(explained.bias),
        total=number(explained.total),
    )
    alt = Words.sums_alt.format(channels=channels, low=number(sums.min()), high=number(sums.max()))
    return Answer(text, [Pictures(squares(sums), caption, alt)])


def shared(case: Case) -> Answer:
    """How many weights the first convolution has, and how many without sharing."""
    layer, found = case.layers_of("convolution")[0], weight_sharing.weight_sharing(case.config)[0]
    counts = (found.shared, found.unshared, found.connected)
    rows = [
        (name, f"{count:,}", f"{count / counts[0]:,.0f}") for name, count in zip(Words.shared_rows, counts, strict=True)
    ]
    text = Words.shared_answer.format(
        name=layer.name, n=found.n_places, shared=counts[0], own=counts[1], dense=counts[2]
    )
    caption = Words.shared_caption.format(name=layer.name, shape=sides(layer.shape))
    return Answer(text, [table(Words.shared_heads, rows, caption)])


def edges(case: Case) -> Answer:
    """The filters of the first layer that tell up from down, and left from right, most."""
    layer = case.layers_of("convolution")[0]
    kernels = case.network.weights[f"{layer.name}/kernel"].sum(axis=2, dtype=np.float64).transpose(2, 0, 1)
    half = kernels.shape[1] // 2
    across = np.abs(kernels[:, :half].sum(axis=(1, 2)) - kernels[:, kernels.shape[1] - half :].sum(axis=(1, 2)))
    down = np.abs(kernels[:, :, :half].sum(axis=(1, 2)) - kernels[:, :, kernels.shape[2] - half :].sum(axis=(1, 2)))
    chosen = (int(across.argmax()), int(down.argmax()))
    maps = case.outputs[layer.name].transpose(2, 0, 1)
    pictures = [picture.astype(np.float32) for i in chosen for picture in (kernels[i], maps[i])]
    values = {"across": chosen[0], "down": chosen[1], "name": layer.name}
    names = [word.format(n=i) for i in chosen for word in (Words.kernel, Words.map)]
    sheet = exact(
        np.zeros((0, 1, 1)),
        signs.palette(),
        [palettes.symmetric_limits(each) for each in pictures],
        4,
        labels=names,
        called=names,
        cell_px=140,
        widest_px=130,
    )
    text = Words.edges_answer.format(across_by=number(across.max()), down_by=number(down.max()), **values)
    caption, alt = Words.edges_caption.format(**values, **signs.names()), Words.edges_alt.format(**values)
    return Answer(text, [Pictures(dataclasses.replace(sheet, pictures=pictures), caption, alt)])


QUESTIONS = {
    "features": Question(Words.features, features, has("convolution"), (14, 15), ("convolution",)),
    "second-layer": Question(Words.second, second, has("convolution", n=2), (19, 21), ("convolution",)),
    "shared-weights": Question(Words.shared, shared, has("convolution"), layers=("convolution",), place="train"),
    "edges": Question(Words.edges, edges, has("convolution"), layers=("convolution",)),
}
