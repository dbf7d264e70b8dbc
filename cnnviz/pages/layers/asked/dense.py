"""Questions about what follows the convolutions: flatten, fully connected layers, dropout."""

from __future__ import annotations

import math

import numpy as np

from cnnviz.analysis import dropout as masks
from cnnviz.network.config import Layer, layers
from cnnviz.pages.layers.asked.case import Answer, Case, Pictures, Question, has, number, squares, table
from cnnviz.percentages import percent, probability


class Words:
    """Questions, answers and captions."""

    flat = "What are h_pool2 and h_pool2_flat, and where are they connected?"
    flat_answer = (
        "h_pool2 is what the last convolution block leaves, here {name}: {maps} maps of {side}×{side}. h_pool2_flat is "
        "the same numbers in one row, {side} · {side} · {maps} = {n:,}. The value at row r, column c of map m comes to "
        "place ({side} · r + c) · {maps} + m. There each of the {neurons:,} neurons of {next} has a weight for it."
    )
    flat_heads = ("Row, column, map", "Value", "Place in the row", "Value there")
    flat_caption = "The five largest values of this digit in {name}, and where they stand in the row."

    two = "Why two fully connected layers, and then another softmax?"
    two_answer = (
        "The first, {first}, puts the {inputs:,} numbers together to {neurons:,} new ones: what is found where. The "
        "last, {last}, weighs these for each digit and leaves ten logits. Softmax is no layer with weights: it only "
        "makes probabilities of the ten logits, here {prob} for {read}. It is not another one, it is the only one."
    )
    two_heads = ("Layer", "Inputs", "Outputs", "Weights")
    two_caption = "Weights with biases: outputs × (inputs + 1)."

    scale = "Is 0.5 the chance to be kept or dropped, and what does dropout scale?"
    scale_answer = (
        "In the tutorial keep_prob = 0.5 is the chance to be kept; in Keras the number is the chance to be dropped, "
        "here {rate:g}. In each training step each value is set to 0 with that chance; this mask drops {dropped:,} of "
        "{n:,}. The others are divided by {keep:g}, that is, times {factor:.3g}, so that their sum stays about the "
        "same: {before} before, {after} after. Outside training nothing is dropped and nothing is scaled."
    )
    scale_heads = ("Neuron", "Value", "In a training step", "What happened")
    scale_caption = "The eight largest values of this digit in {name}, behind one mask."
    happened = ("dropped", "kept, times {factor:.3g}")
    mask_caption = "All {n:,} values behind the mask; what was dropped is 0."
    mask_alt = "{n:,} values as squares, {dropped:,} of them dropped."

    place = "Where does dropout stand, and why there?"
    place_answer = (
        "Between {before} and {after}, the last layer: at place {at} of {all} of this network. The layer before has "
        "{share} of all weights, so there most can be learnt by heart. With {rate} of its values missing in each step, "
        "none can rely on any other one. When digits are read, dropout does nothing: {n:,} values go in and the "
        "same come out."
    )
    place_heads = ("Place", "Layer", "Weights")
    place_caption = "The layers of this network in their order."


def flat(case: Case) -> Answer:
    """Where the largest values stand in the row."""
    flatten = case.layers_of("flatten")[0]
    below, every = case.below(flatten), layers(case.config)
    following = next(layer for layer in every[every.index(flatten) :] if layer.kind == "dense")
    values, row = case.outputs[below.name], case.outputs[flatten.name]
    rows = []
    for place in np.argsort(-values.ravel(), kind="stable")[:5]:
        position = ", ".join(str(int(i)) for i in np.unravel_index(place, values.shape))
        rows.append((position, number(values.ravel()[place]), f"{int(place):,}", number(row[place])))
    side, _, maps = below.shape
    text = Words.flat_answer.format(
        name=below.name, maps=maps, side=side, n=row.size, neurons=following.shape[0], next=following.name
    )
    return Answer(text, [table(Words.flat_heads, rows, Words.flat_caption.format(name=below.name))])


def two(case: Case) -> Answer:
    """The fully connected layers with their weights."""
    dense = case.layers_of("dense")
    rows = [(each.name, f"{each.kernel_shape[0]:,}", f"{each.shape[0]:,}", f"{each.n_weights:,}") for each in dense]
    text = Words.two_answer.format(
        first=dense[0].name,
        last=dense[-1].name,
        inputs=dense[0].kernel_shape[0],
        neurons=dense[0].shape[0],
        prob=probability(float(case.outputs["softmax"].max())),
        read=case.read_as,
    )
    return Answer(text, [table(Words.two_heads, rows, Words.two_caption)])


def scale(case: Case) -> Answer:
    """One mask on the values of this digit."""
    layer = case.layers_of("dropout")[0]
    values, rate = case.outputs[layer.name], case.config.dropout
    kept, after = masks.drop(values, rate)
    factor, n_dropped = 1 / (1 - rate), int((~kept).sum())
    rows = []
    for i in np.argsort(-np.abs(values), kind="stable")[:8]:
        happened = Words.happened[int(kept[i])].format(factor=factor)
        rows.append((int(i), number(values[i]), number(after[i]), happened))
    counts = {"n": values.size, "dropped": n_dropped}
    text = Words.scale_answer.format(
        rate=rate,
        keep=round(1 - rate, 6),
        factor=factor,
        before=number(values.sum()),
        after=number(after.sum()),
        **counts,
    )
    sheet = squares(after)
    mask = Pictures(sheet, Words.mask_caption.format(**counts), Words.mask_alt.format(**counts))
    return Answer(text, [table(Words.scale_heads, rows, Words.scale_caption.format(name=layer.name)), mask])


def place(case: Case) -> Answer:
    """The order of the layers."""
    every, dropout = layers(case.config), case.layers_of("dropout")[0]
    at = every.index(dropout)
    rows = [(i, each.name, f"{each.n_weights:,}") for i, each in enumerate(every)]
    before = _with_weights(every[:at])
    share = before.n_weights / sum(each.n_weights for each in every)
    text = Words.place_answer.format(
        before=every[at - 1].name,
        after=every[at + 1].name,
        at=at,
        all=len(every) - 1,
        share=percent(share, 0),
        rate=percent(case.config.dropout, 0),
        n=math.prod(dropout.shape),
    )
    return Answer(text, [table(Words.place_heads, rows, Words.place_caption)])


def _with_weights(every: tuple[Layer, ...]) -> Layer:
    """The last of some layers that has weights, or the last."""
    return next((layer for layer in reversed(every) if layer.n_weights), every[-1])


QUESTIONS = {
    "flatten": Question(Words.flat, flat, has("convolution", "flatten"), (22,), ("flatten",)),
    "two-dense": Question(Words.two, two, has("dense", n=2), (26,), ("dense",)),
    "dropout": Question(Words.scale, scale, has("dropout"), (23, 24), ("dropout",)),
    "dropout-place": Question(Words.place, place, has("dropout"), (25,), ("dropout",)),
}
