"""Questions about pooling: what it does, its name, why, its four numbers, and why 7×7 is left."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from cnnviz.analysis import arithmetic, shifts, small_shifts
from cnnviz.network.config import POOL_PX, NetworkConfig, layers
from cnnviz.pages.layers import signs
from cnnviz.pages.layers.asked.case import Answer, Case, Pictures, Question, has, number, sides, table
from cnnviz.percentages import percent
from cnnviz.ui.components.maps.sheet import exact


class Words:
    """Questions, answers and captions."""

    pooling = "What is pooling, and why is it called so?"
    pooling_answer = (
        "To pool means to put together: the numbers of each 2×2 window are put together into one. {how} The windows "
        "move on by 2, so that each pixel counts once: {name} makes {after} of {before}.{odd} There is nothing to "
        "learn in it."
    )
    how = {"max": "Max-pooling keeps the largest of the four.", "average": "Average pooling keeps their mean."}
    odd = " {side} is odd, so the last window hangs over the edge and only what lies inside counts."
    window_heads = ("Window", "Its numbers", "Becomes")
    window_caption = "The windows of map {number} of {below} around its strongest place, row by row."
    before, after = "before", "after"
    maps_caption = "Map {number} of {below}, {before}, and what {name} leaves of it, {after}."
    maps_alt = "A map before and after pooling."

    why = "Why is there pooling at all?"
    why_answer = (
        "It leaves a quarter of the numbers, here {before:,} become {after:,}: less to compute and fewer weights "
        "behind it. And a stroke may move a little inside its window without changing the result. When this digit "
        "moves one pixel right, the maps of {name} change by {without} without pooling and by {with_pooling} with it."
    )
    why_heads = ("Maps of", "Change without pooling", "Change with pooling")
    why_caption = (
        "The digit moved by one pixel changes by {image} itself. Change: length of the difference, as a share of the "
        "length before, behind the activation."
    )

    order = "Does it matter whether ReLU stands before the pooling or behind it?"
    order_answer = (
        "Not with ReLU and max-pooling: the largest of four numbers after ReLU is ReLU of the largest, relu(max(x)) = "
        "max(relu(x)). In {name} the two ways differ by {difference} for this digit. Pooling first leaves ReLU "
        "{after:,} numbers to look at instead of {before:,}; this network {does}."
    )
    does = ("pools behind it", "pools before it")
    order_heads = ("Window of {name}", "ReLU, then the largest", "The largest, then ReLU")
    order_caption = "Windows of map {number}, before any ReLU, in the row with the strongest place."

    ksize = "What are the four numbers of ksize?"
    ksize_answer = (
        "The size of the pooling window along each axis: batch, height, width, channels. 1 means that images and "
        "channels are never mixed; height and width are 2, so ksize = [1, 2, 2, 1]. In {name} a window holds "
        "1 · 2 · 2 · 1 = 4 numbers, and strides are [1, 2, 2, 1] too."
    )
    ksize_heads = ("Axis", "ksize", "Numbers before", "Numbers after")
    ksize_caption = "What goes into {name} and what leaves it, for this digit."
    axes = ("batch", "height", "width", "channels")

    seven = "Why are the maps 7×7 at the end?"
    seven_answer = (
        "A convolution of stride 1 with zeros around keeps the side; without them, or with a larger stride, it makes "
        "it smaller. Each 2×2 pooling halves it, rounded up. So the side goes {way}. Pixels of a map: {first:,} at "
        "first, {last:,} at the end."
    )
    seven_heads = ("Step", "Side", "Maps", "Numbers")
    seven_caption = "What leaves every step for one image."


def pooling(case: Case) -> Answer:
    """The windows around the strongest place, and a map before and after."""
    layer = case.layers_of("pooling")[0]
    below = case.below(layer)
    maps, pooled = case.outputs[below.name], case.outputs[layer.name]
    row, column, channel = (int(i) for i in np.unravel_index(maps.argmax(), maps.shape))
    row, column = row // POOL_PX, column // POOL_PX
    rows = []
    for c in range(max(column - 1, 0), min(column + 2, layer.shape[1])):
        step = arithmetic.pooling_at(layer.operation, maps, (row, c, channel))
        inside = ", ".join(number(value) for value in step.values[step.inside])
        rows.append((f"({row}, {c})", inside, number(step.result)))
    side = below.shape[0]
    values = {"name": layer.name, "below": below.name, "number": channel}
    text = Words.pooling_answer.format(
        how=Words.how[layer.operation],
        before=sides(below.shape),
        after=sides(layer.shape),
        odd=Words.odd.format(side=side) if side % POOL_PX else "",
        **values,
    )
    pictures = [maps[:, :, channel], pooled[:, :, channel]]
    palette, limits = signs.colours(maps)
    sheet = exact(np.stack(pictures[:1]), palette, limits, 2, cell_px=140, widest_px=150)
    names = (Words.before, Words.after)
    sheet = dataclasses.replace(sheet, pictures=[each.astype(np.float32) for each in pictures], labels=names)
    caption = Words.maps_caption.format(before=sides(maps.shape[:2]), after=sides(pooled.shape[:2]), **values)
    windows = table(Words.window_heads, rows, Words.window_caption.format(**values))
    return Answer(text, [windows, Pictures(sheet, caption, Words.maps_alt)])


def why(case: Case) -> Answer:
    """How much the maps change when the digit moves by a pixel."""
    moved = small_shifts.moved_right(case.image)
    changes = small_shifts.changes(case.config, case.outputs, case.outputs_of(moved))
    rows = [(each.convolution, percent(each.without_pooling, 1), percent(each.with_pooling, 1)) for each in changes]
    layer = case.layers_of("pooling")[0]
    text = Words.why_answer.format(
        before=case.outputs[case.below(layer).name].size,
        after=case.outputs[layer.name].size,
        name=rows[0][0],
        without=rows[0][1],
        with_pooling=rows[0][2],
    )
    image = percent(shifts.relative_change(case.image, moved), 1)
    return Answer(text, [table(Words.why_heads, rows, Words.why_caption.format(image=image))])


def order(case: Case) -> Answer:
    """Both orders for every window of a map."""
    layer = case.layers_of("pooling")[0]
    maps = case.outputs[f"conv{layer.block}"]
    row, column, channel = (int(i) for i in np.unravel_index(maps.argmax(), maps.shape))
    n_rows, n_columns = layer.shape[:2]
    both = np.array([[_both_orders(maps, (r, c, channel)) for c in range(n_columns)] for r in (range(n_rows))])
    row, column = row // POOL_PX, min(max(column // POOL_PX, 1), max(n_columns - 2, 1))
    shown = range(column - 1, min(column + 2, n_columns))
    rows = [(f"({row}, {c})", *(float(x) for x in both[row, c])) for c in shown]
    text = Words.order_answer.format(
        name=layer.name,
        difference=number(float(np.abs(both[..., 0] - both[..., 1]).max())),
        before=maps.size,
        after=math.prod(layer.shape),
        does=Words.does[case.config.pool_first],
    )
    heads = [head.format(name=layer.name) for head in Words.order_heads]
    return Answer(text, [table(heads, rows, Words.order_caption.format(number=channel))])


def _both_orders(maps: np.ndarray, position: tuple[int, int, int]) -> tuple[float, float]:
    first = arithmetic.pooling_at("max", np.maximum(maps, 0), position).result
    return first, max(arithmetic.pooling_at("max", maps, position).result, 0.0)


def max_pools_relu(config: NetworkConfig) -> bool:
    """Whether the two can be swapped."""
    return has("pooling")(config) and (config.pooling, config.activation) == ("max", "relu")


def ksize(case: Case) -> Answer:
    """The window along each axis."""
    layer = case.layers_of("pooling")[0]
    before, after = ((1, *each.shape) for each in (case.below(layer), layer))
    rows = list(zip(Words.axes, (1, POOL_PX, POOL_PX, 1), before, after, strict=True))
    caption = Words.ksize_caption.format(name=layer.name)
    return Answer(Words.ksize_answer.format(name=layer.name), [table(Words.ksize_heads, rows, caption)])


def seven(case: Case) -> Answer:
    """The side of the maps on the way."""
    maps = [layer for layer in layers(case.config) if layer.is_map]
    way = " → ".join(str(side) for side in dict.fromkeys(layer.shape[0] for layer in maps))
    rows = [(each.name, sides(each.shape[:2]), each.shape[2], f"{case.outputs[each.name].size:,}") for each in maps]
    first, last = (each.shape[0] * each.shape[1] for each in (maps[0], maps[-1]))
    text = Words.seven_answer.format(way=way, first=first, last=last)
    return Answer(text, [table(Words.seven_heads, rows, Words.seven_caption)])


QUESTIONS = {
    "pooling": Question(Words.pooling, pooling, has("pooling"), (9, 10), ("pooling",)),
    "why-pooling": Question(Words.why, why, has("pooling"), layers=("pooling",)),
    "pooling-order": Question(Words.order, order, max_pools_relu, layers=("pooling",)),
    "ksize": Question(Words.ksize, ksize, has("pooling"), (12,), ("pooling",)),
    "seven": Question(Words.seven, seven, has("pooling"), (20,), ("pooling", "flatten")),
}
