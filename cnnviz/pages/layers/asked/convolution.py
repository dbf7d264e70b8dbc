"""Questions about convolutions: stride and padding."""

from __future__ import annotations

import math
from collections.abc import Mapping

from cnnviz.analysis.arithmetic import padding_between, same_padding
from cnnviz.network.config import Padding
from cnnviz.pages.layers.asked.case import Answer, Case, Question, has, sides, table


class Words:
    """Questions, answers and captions."""

    vanilla = "What is a “vanilla” convolution?"
    vanilla_answer = (
        "Vanilla is the plainest kind of ice cream: the word means plain, without extras. In the tutorial it is a "
        "convolution of stride 1, with as many zeros around the image as keep its size. {name} is {is_not}one: "
        "{side}×{side} goes in, {out}×{out} comes out."
    )
    is_not = ("", "not ")
    sizes_heads = ("Step", "Comes out")
    sizes_caption = "Rows and columns on the way of this network."

    stride = "What is the stride, and what is it usually?"
    stride_answer = (
        "The stride is how many pixels the kernel moves on from one place to the next. Usually it is 1 in a "
        "convolution, and 2 in a 2×2 pooling, so that no two windows overlap. In {name} it is {stride}. {rule}"
    )
    rules: Mapping[Padding, str] = {
        "same": "With zeros around the image, stride s leaves the side divided by s, rounded up.",
        "valid": "Without zeros around the image, stride s leaves ⌊({side} − {px}) / s⌋ + 1 places along a side.",
    }
    stride_heads = ("Stride", "Places along a side", "Pixels of a map")
    stride_caption = "What {name} would leave of its {side}×{side} input."

    padding = "What is padding, and what is it usually?"
    padding_answer = (
        "Padding puts zeros around the input, so that the kernel can also stand at its edge. Usually it is SAME: as "
        "many zeros as keep the size at stride 1; VALID means none. {name} has {called}: {before} rows of zeros above "
        "and {behind} below, and as many columns left and right. So there are ⌊({side} + {total} − {px}) / {stride}⌋ "
        "+ 1 = {out} places along a side."
    )
    padding_heads = ("Padding", "Zeros above and below", "Places along a side")
    padding_caption = "The kernel of {px}×{px} on {side}×{side}, stride {stride}."

    strides = "What are the four numbers of strides?"
    strides_answer = (
        "One step for each axis: batch, height, width, channels. The first and the last are 1, since no image and no "
        "channel is to be left out. Height and width have the stride itself; in {name} that is {stride}, so strides = "
        "[1, {stride}, {stride}, 1]."
    )
    four_heads = ("Axis", "Step", "Numbers there", "What that means")
    strides_caption = "Strides of {name}, and what they go over here."
    steps = ("every image", "{n} places in {size} rows", "{n} places in {size} columns", "every channel")
    axes = ("batch", "height", "width", "channels")


def vanilla(case: Case) -> Answer:
    """Whether the first convolution is one."""
    layer = case.layers_of("convolution")[0]
    side, out = case.below(layer).shape[0], layer.shape[0]
    text = Words.vanilla_answer.format(
        name=layer.name, is_not=Words.is_not[layer.stride > 1 or case.config.padding == "valid"], side=side, out=out
    )
    shown = [case.layers_of("input")[0], *case.layers_of("convolution"), *case.layers_of("pooling")]
    rows = [(each.name, sides(each.shape[:2])) for each in sorted(shown, key=lambda each: each.block)]
    return Answer(text, [table(Words.sizes_heads, rows, Words.sizes_caption)])


def stride(case: Case) -> Answer:
    """How many places there are at strides of 1 to 4."""
    layer = case.layers_of("convolution")[0]
    side, px = case.below(layer).shape[0], layer.kernel_shape[0]
    found = [(step, places(side, px, step, case.config.padding)) for step in (1, 2, 3, 4)]
    rows = [(step, n, f"{n * n:,}") for step, n in found]
    values = {"name": layer.name, "stride": layer.stride, "side": side, "px": px}
    caption, rule = Words.stride_caption.format(**values), Words.rules[case.config.padding].format(**values)
    return Answer(Words.stride_answer.format(rule=rule, **values), [table(Words.stride_heads, rows, caption)])


def padding(case: Case) -> Answer:
    """SAME beside VALID."""
    layer = case.layers_of("convolution")[0]
    below, px, step = case.below(layer), layer.kernel_shape[0], layer.stride
    side, (before, behind) = below.shape[0], padding_between(below, layer)
    values = {"name": layer.name, "side": side, "px": px, "stride": step, "out": layer.shape[0]}
    zeros = {"before": before, "behind": behind, "total": before + behind, "called": case.config.padding.upper()}
    both: dict[Padding, tuple[int, int]] = {"same": same_padding(side, px, step), "valid": (0, 0)}
    rows = [(name.upper(), f"{around[0]} + {around[1]}", places(side, px, step, name)) for name, around in both.items()]
    caption = Words.padding_caption.format(**values)
    return Answer(Words.padding_answer.format(**zeros, **values), [table(Words.padding_heads, rows, caption)])


def places(side: int, px: int, step: int, padding: Padding) -> int:
    """Where a kernel can stand along a side: with zeros around, or without."""
    return math.ceil(side / step) if padding == "same" else (side - px) // step + 1


def strides(case: Case) -> Answer:
    """The four numbers of the first convolution."""
    layer = case.layers_of("convolution")[0]
    below = case.below(layer).shape
    sizes = (1, *below)
    means = [step.format(n=layer.shape[0], size=below[0]) for step in Words.steps]
    rows = list(zip(Words.axes, (1, layer.stride, layer.stride, 1), sizes, means, strict=True))
    values = {"name": layer.name, "stride": layer.stride}
    caption = Words.strides_caption.format(**values)
    return Answer(Words.strides_answer.format(**values), [table(Words.four_heads, rows, caption)])


QUESTIONS = {
    "stride": Question(Words.stride, stride, has("convolution"), (6, 7), ("convolution",)),
    "padding": Question(Words.padding, padding, has("convolution"), (8, 11), ("convolution",)),
    "vanilla": Question(Words.vanilla, vanilla, has("convolution"), (5,), ("convolution",)),
    "strides": Question(Words.strides, strides, has("convolution"), (13,), ("convolution",)),
}
