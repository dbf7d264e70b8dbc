"""What readers of the tutorials ask at a layer, and the answers with the network's own numbers."""

from __future__ import annotations

import math

from cnnviz.analysis.arithmetic import layer_below, padding_between
from cnnviz.network.config import POOL_PX, Layer, NetworkConfig, layers, n_weights
from cnnviz.network.presets import Recipe
from cnnviz.percentages import percent

Answered = tuple[str, str]


class Words:
    """Questions and answers."""

    padding = "What is the padding of {name}, and what its stride?"
    padding_answer = (
        "The stride is {stride}: from one place to the next the kernel moves by {pixels}. The padding is called "
        "{called}: {zeros} That makes ⌊({side} + {total} − {px}) / {stride}⌋ + 1 = {out} places along each side."
    )
    pixels = ("1 pixel", "{n} pixels")
    zeros = (
        "zeros stand around the input so that the kernel can reach over its border. Rows above: {before}; below: "
        "{behind}; as many columns at the left and at the right."
    )
    no_zeros = "zeros are put around the input where they are needed, and here they are not."
    valid = (
        "no zeros are put around the input, and the kernel never reaches over its border, so the maps become smaller."
    )
    features = "How do {px}×{px} patches give {filters} features?"
    features_answer = (
        "At each of the {out}×{out} places lies one patch of {px}×{px}×{depth} = {n:,} numbers. Each of the {filters} "
        "filters has {n:,} weights of its own: it multiplies the patch with them, adds up, adds its bias, and has one "
        "number. {filters} filters make {filters} numbers of the same patch, one in each map. So {name} has "
        "{filters} × ({n:,} + 1) = {weights:,} weights, however large the image is."
    )
    sharing = "How many weights would {name} have with kernels of their own at each place?"
    sharing_answer = (
        "The same {filters} kernels are used at all {places:,} places: the weights are shared. With kernels of its own "
        "at each place the layer would have {places:,} × {weights:,} = {unshared:,} weights instead of {weights:,}, "
        "and what it learns at one place it would have to learn again at every other."
    )
    start = "Why do the weights start at random, and the biases at {bias:g}?"
    random = (
        "If all filters started alike they would learn alike and stay one and the same, so chance tells them apart: "
        "the weights are drawn from a normal distribution around 0 with standard deviation {stddev:g}."
    )
    truncated = (
        " It is truncated: a number beyond ±{limit:g}, two standard deviations, is drawn again (about one in 22 would "
        "be), so that no weight starts out far larger than the others."
    )
    not_truncated = (
        " It is not truncated here: about one weight in 22 starts beyond ±{limit:g}, two standard deviations; a "
        "truncated normal draws these again."
    )
    positive_bias = (
        " Each bias starts a little above 0, at {bias:g}: ReLU passes on nothing where the sum is negative, and no "
        "gradient either, so a neuron that is negative for every image could never learn. The small head start makes "
        "that rare."
    )
    other_bias = (
        " Each bias starts at {bias:g}. Other networks start at a small positive number, so that fewer neurons behind "
        "a ReLU begin with nothing but negative sums, where they could not learn."
    )
    window = "What is the pooling window?"
    window_answer = (
        "2×2 pixels that move on by 2, so that no two windows overlap and each pixel counts once: {side}×{side} "
        "becomes {out}×{out}.{odd} There is nothing to learn in it."
    )
    odd = " {side} is odd, so the last window hangs over the edge; only what lies inside counts."
    order = "Why does the pooling stand before ReLU?"
    order_answer = (
        "The order does not matter: the largest of four numbers after ReLU is ReLU of the largest. Pooling first "
        "leaves ReLU {after:,} numbers to look at instead of {before:,}."
    )
    inputs = "Why {shape} inputs?"
    inputs_answer = (
        "The side of the maps on the way: {sides}. At the end stand {channels} maps, one for each filter of the last "
        "convolution, with {side}×{side} pixels each, and every neuron of the next layer has a weight for each pixel "
        "of each map: {side} · {side} · {channels} = {n:,}."
    )
    weights = "Why {n:,} weights?"
    weights_answer = "{units:,} neurons, each with {inputs:,} weights and a bias: {units:,} × ({inputs:,} + 1) = {n:,}."
    dropout = "Is {share:g} the chance to be kept or to be dropped, and what is rescaled?"
    dropout_answer = (
        "To be dropped: in every step of the training each of the {n:,} values is set to 0 with a chance of {share}, "
        "drawn anew for each value and each image, so now a few more than {mean:,} are dropped and now a few less. "
        "(Some tutorials state the chance to be kept, `keep_prob`, here {keep_prob:g}.) The values "
        "that are kept are multiplied by 1 / {keep_prob:g} = {factor:.3g}, so that the sums in the next layer stay "
        "about as large as they are without dropout. Outside training nothing is dropped and nothing "
        "is rescaled, as here."
    )
    adam = "How were the weights learnt, and why Adam?"
    adam_answer = (
        "In one step the network reads a batch of images, the loss says how wrong its answers are, and the gradient "
        "says for each weight in which direction the loss grows; each weight is then moved a little the other way. "
        "Adam follows the gradient, as plain gradient descent does, but keeps two running means for each of the {n:,} "
        "weights: of its gradient and of the gradient's square. A step is the first divided by the root of the "
        "second, times the learning rate. So a weight whose gradients are small moves about as fast as one whose "
        "gradients are large, much of the noise from batch to batch cancels out, and one learning rate serves all "
        "layers."
    )
    rates = {
        "constant": "the learning rate is {rate:g}",
        "one_cycle": "the learning rate rises to {rate:g} in the first {warm_up} of the steps and falls back to 0",
    }
    adam_here = (
        " Here {rate}: in one step a weight moves by about that much at most. A step looks at {batch} images, and "
        "{iterations:,} steps were planned."
    )
    not_adam = " This network was trained without it, by {optimizer}; {rate}."
    optimizers = {"sgd": "plain gradient descent", "rmsprop": "RMSprop"}


def to_questions(config: NetworkConfig, layer: Layer, recipe: Recipe | None) -> list[Answered]:
    """Questions that arise at a layer, each with its answer.

    Args:
        config: the network.
        layer: one of its layers.
        recipe: how it was trained; None when that is not known, and the answers leave it out.
    """
    asked: list[Answered] = []
    if layer.kind == "convolution":
        asked += [_padding(config, layer), _features(layer), _sharing(layer)]
    elif layer.kind == "pooling":
        asked += _pooling(config, layer)
    elif layer.kind == "flatten":
        asked += _flatten(config, layer)
    elif layer.kind == "dense":
        asked.append(_dense(layer))
    elif layer.kind == "dropout":
        asked.append(_dropout(config, layer))
    elif layer.kind == "softmax":
        asked.append(_adam(config, recipe))
    if layer == next(each for each in layers(config) if each.n_weights):
        asked.append(_start(config))
    return asked


def _padding(config: NetworkConfig, layer: Layer) -> Answered:
    below, px, stride = layer_below(config, layer.name), layer.kernel_shape[0], layer.stride
    side, (before, behind) = below.shape[0], padding_between(below, layer)
    zeros = Words.zeros.format(before=before, behind=behind) if before + behind else Words.no_zeros
    if config.padding == "valid":
        zeros = Words.valid
    pixels = Words.pixels[min(stride, 2) - 1].format(n=stride)
    values = {
        "side": side,
        "called": config.padding.upper(),
        "total": before + behind,
        "px": px,
        "out": layer.shape[0],
        "stride": stride,
    }
    return Words.padding.format(name=layer.name), Words.padding_answer.format(pixels=pixels, zeros=zeros, **values)


def _features(layer: Layer) -> Answered:
    px, _, depth, filters = layer.kernel_shape
    values = {"px": px, "depth": depth, "filters": filters, "n": px * px * depth}
    answer = Words.features_answer.format(out=layer.shape[0], name=layer.name, weights=layer.n_weights, **values)
    return Words.features.format(**values), answer


def _sharing(layer: Layer) -> Answered:
    places, n = math.prod(layer.shape[:2]), layer.n_weights
    values = {"filters": layer.shape[2], "places": places, "weights": n, "unshared": places * n}
    return Words.sharing.format(name=layer.name), Words.sharing_answer.format(**values)


def _pooling(config: NetworkConfig, layer: Layer) -> list[Answered]:
    below = layer_below(config, layer.name)
    side = below.shape[0]
    odd = Words.odd.format(side=side) if side % POOL_PX else ""
    asked = [(Words.window, Words.window_answer.format(side=side, out=layer.shape[0], odd=odd))]
    if below.kind == "convolution" and (layer.operation, config.activation) == ("max", "relu"):
        numbers = {"before": math.prod(below.shape), "after": math.prod(layer.shape)}
        asked.append((Words.order, Words.order_answer.format(**numbers)))
    return asked


def _flatten(config: NetworkConfig, layer: Layer) -> list[Answered]:
    """Nothing to ask where no convolution stands before it."""
    below = layer_below(config, layer.name)
    if below.kind == "input":
        return []
    sides = list(dict.fromkeys(shown.shape[0] for shown in layers(config) if shown.is_map))
    values = {"side": below.shape[0], "channels": below.shape[2], "n": layer.shape[0]}
    answer = Words.inputs_answer.format(sides=" → ".join(f"{side}×{side}" for side in sides), **values)
    return [(Words.inputs.format(shape="×".join(str(n) for n in below.shape)), answer)]


def _dense(layer: Layer) -> Answered:
    inputs, units = layer.kernel_shape
    values = {"units": units, "inputs": inputs, "n": layer.n_weights}
    return Words.weights.format(**values), Words.weights_answer.format(**values)


def _dropout(config: NetworkConfig, layer: Layer) -> Answered:
    drop_prob, keep_prob = config.dropout, round(1 - config.dropout, 6)
    n = layer.shape[0]
    probs = {"share": percent(drop_prob, 0), "mean": round(drop_prob * n), "keep_prob": keep_prob}
    answer = Words.dropout_answer.format(n=n, factor=1 / keep_prob, **probs)
    return Words.dropout.format(share=drop_prob), answer


def _start(config: NetworkConfig) -> Answered:
    values = {"stddev": config.initial_stddev, "limit": 2 * config.initial_stddev, "bias": config.initial_bias}
    drawn_from = Words.truncated if config.initializer == "truncated_normal" else Words.not_truncated
    head_start = config.initial_bias > 0 and config.activation == "relu"
    bias = Words.positive_bias if head_start else Words.other_bias
    return Words.start.format(**values), (Words.random + drawn_from + bias).format(**values)


def _adam(config: NetworkConfig, recipe: Recipe | None) -> Answered:
    answer = Words.adam_answer.format(n=n_weights(config))
    if recipe is None:
        return Words.adam, answer
    rate = Words.rates[recipe.schedule].format(rate=recipe.learning_rate, warm_up=percent(recipe.warm_up, 0))
    values = {"rate": rate, "batch": recipe.batch_size, "iterations": recipe.iterations}
    if recipe.optimizer == "adam":
        return Words.adam, answer + Words.adam_here.format(**values)
    return Words.adam, answer + Words.not_adam.format(optimizer=Words.optimizers[recipe.optimizer], **values)
