"""What the network makes of a drawing, in words and pictures: what a stroke changes on the page Draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cnnviz.drawing import rejection
from cnnviz.drawing.preparation import STEPS, Preparation
from cnnviz.network.config import layers
from cnnviz.network.weights import Network
from cnnviz.percentages import probability
from cnnviz.render import palettes, tiles
from cnnviz.ui import panels
from cnnviz.ui.components.figures.figures import Bars, Figure, Text
from cnnviz.ui.components.live.live import While
from cnnviz.ui.components.maps.sheet import GREYS, Sheet, greys, numbered


class Words:
    """What is said of a drawing."""

    empty = "Nothing is drawn yet"
    empty_more = "Draw a digit, and the network answers while you draw."
    answer = "Answer: {digit}"
    so_far = "So far: {digit}"
    waits = "The server is still reading your drawing."
    either = "{first} or {second}"
    second = "Reads {first}; its second guess is {second}."
    label = "Test image {number:,} is a {label}."
    refused = "No digit here"
    reasons: dict[rejection.Reason, str] = {
        "dot": "This is a dot: too small to be a digit.",
        "full": "Nearly everything is ink; the strokes of a digit leave paper between them.",
        "many": "These are {n} things side by side; the network reads one digit at a time.",
        "unlike": "It is not like the digits that the network has learnt from.",
    }
    refused_softmax = (
        "The softmax would say {digit} with {share}. It shares 100\u00a0% out among ten digits whatever it is shown, "
        "so it is not the chance of being right, and it has no place for “none of them”."
    )
    bars = "The ten outputs of the softmax; they add up to 100\u00a0%."
    beside = "{name} reads {digit}, with {share} of the softmax."
    seen = "What the network sees: 28×28 pixels."
    bars_nothing = "How strongly the network answers with each of the ten digits."
    maps_nothing = "What the {n} filters of {layer} find."
    nothing_alt = "Still empty."
    seen_alt = "The drawing as 28 by 28 grey pixels, centred."
    maps = "What the {n} filters of {layer} found: feature maps of {side}×{side}, {shade} is stronger.{dead}"
    shades = {"binary": "darker", "gray": "brighter"}
    dead = " Zero everywhere and crossed out: {n}."
    maps_alt = "{n} feature maps of layer {layer}, {side} by {side} pixels each, on one scale from 0 to {top}."
    one_map = "map"
    step = {"ink": "ink is white", "crop": "crop to the ink", "box": "20×20 box", "centre": "centre of mass"}
    step_labels = ("drawn", "ink", "cropped", "scaled", "centred")
    steps_caption = "The drawing on its way to the network.{off}"
    steps_off = " Switched off: {names}."
    steps_alt = "Five pictures: the drawing, its ink, cropped, scaled, and as 28 by 28 pixels."
    without = {"ink": "with ink and paper exchanged", "crop": "without cropping", "box": "without the 20×20 box",
               "centre": "without centring by mass"}  # fmt: skip
    changes = "Leave one step out, and the answer changes: {changes}."
    change = "{without} it reads {digit}, {share}"
    change_to_none = "{without} it sees no digit"
    no_change = "Leave any one step out, and this drawing is still read as {digit}."
    still_none = "Leave any one step out, and there is still no digit here."


CLOSE = 0.2
"""A second digit with that share of the softmax is named beside the first."""
SEEN_PX, STEP_PX, MAP_PX = 140, 112, 72
"""How wide a picture is shown at most: what is seen, a step of the preparation, a feature map."""
Items = Iterator[Figure | Text]


@dataclass(frozen=True, eq=False)
class Reading:
    """What a network makes of one preparation: what leaves some layers, by name, and why there is no digit, if so."""

    outputs: Mapping[str, np.ndarray]
    refused: rejection.Refusal | None

    @property
    def probs(self) -> np.ndarray:
        """The softmax, (10,)."""
        return self.outputs["softmax"]

    @property
    def answer(self) -> tuple[int, float] | None:
        """The digit and its probability; None for no digit."""
        return None if self.refused else (int(self.probs.argmax()), float(self.probs.max()))


def nothing(network: Network) -> Items:
    """What stands there before anything is drawn: what will be there, empty."""
    yield Text(Words.empty, "h2")
    yield Text(Words.empty_more)
    yield Figure(Bars(np.zeros(10)), Words.bars_nothing, Words.nothing_alt, "answer", "side")
    yield seen(np.zeros((28, 28), np.float32))
    shapes = {layer.name: layer.shape for layer in layers(network.config)}
    for layer in last_maps(network):
        height, width, n = shapes[layer]
        zero = np.full((height, width), 255 if panels.map_palette() == "binary" else 0, np.uint8)
        sheet = Sheet([zero] * n, GREYS, columns_of(n), labels=[str(i) for i in range(n)], widest_px=MAP_PX)
        yield Figure(sheet, Words.maps_nothing.format(n=n, layer=layer), Words.nothing_alt, layer)


def label(number: int, true: int) -> Text:
    """What a test image is labelled."""
    return Text(Words.label.format(number=number, label=true))


def answer(reading: Reading, also: Iterable[Text] = ()) -> Items:
    """The digit, the second guess, what else is to be said, and all ten probabilities; or why there is no digit."""
    probs, refused = reading.probs, reading.refused
    second, first = np.argsort(probs)[-2:]
    if refused:
        yield Text(Words.refused, "h2")
        yield Text(Words.reasons[refused.reason].format(n=refused.n_things))
        yield Text(Words.refused_softmax.format(digit=first, share=probability(probs[first])), "small")
    else:
        close = probs[second] >= CLOSE
        yield Text(Words.answer.format(digit=Words.either.format(first=first, second=second) if close else first), "h2")
        yield Text(Words.second.format(first=first, second=second))
    yield from also
    yield bars(probs, Words.bars, "answer")


def beside(name: str, probs: np.ndarray) -> Figure:
    """The same drawing read by a second network."""
    caption = Words.beside.format(name=name, digit=probs.argmax(), share=probability(probs.max()))
    return bars(probs, caption, "answer-beside")


def bars(probs: np.ndarray, caption: str, name: str) -> Figure:
    """The ten probabilities."""
    return Figure(Bars(probs), caption, panels.probabilities_in_words(probs), name, "side")


def seen(image: np.ndarray) -> Figure:
    """The 28×28 that goes in."""
    sheet = Sheet([greys(image)], GREYS, 1, (0.0, 1.0), cell_px=280, widest_px=SEEN_PX)
    return Figure(sheet, Words.seen, Words.seen_alt, "seen", "side")


def last_maps(network: Network) -> list[str]:
    """The last layer of each convolution block: what the block hands on."""
    blocks = {layer.block: layer.name for layer in layers(network.config) if layer.block}  # the last of each block
    return list(blocks.values())


def columns_of(n: int) -> int:
    """How many of n maps stand side by side where there is room."""
    return 8 if n <= 32 else 12 if n <= 48 else 16


def maps(layer: str, outputs: np.ndarray) -> Figure:
    """A layer's feature maps, (height, width, channels), on one scale."""
    arrays, palette = outputs.transpose(2, 0, 1), panels.map_palette()
    limits = palettes.limits_with_zero(arrays)
    n = len(arrays)
    sheet = numbered(arrays, palette, limits, columns_of(n), widest_px=MAP_PX, item=Words.one_map)
    n_dead = tiles.is_dead(arrays).sum()
    caption = maps_caption(layer, n, arrays.shape[1], Words.dead.format(n=n_dead) if n_dead else "")
    alt = maps_alt(layer, outputs.shape).format(top=f"{limits[1]:.1f}")
    return Figure(sheet, caption, alt, layer)


def maps_alt(layer: str, shape: Sequence[int]) -> str:
    """What feature maps (height, width, channels) show for who cannot see them, with {top}, the largest value."""
    return Words.maps_alt.format(n=shape[2], layer=layer, side=shape[1], top="{top}")


def maps_caption(layer: str, n: int, side: int, dead: str) -> str:
    """What stands under n feature maps.

    Args:
        layer, n, side: which maps, how many, and how high and wide each is.
        dead: the sentence on those that are zero everywhere; "" without.
    """
    return Words.maps.format(layer=layer, n=n, side=side, shade=Words.shades[panels.map_palette()], dead=dead)


def while_drawing(network: Network) -> While:
    """What is said and how it is coloured while the browser computes by itself."""
    shapes = {layer.name: layer.shape for layer in layers(network.config)}
    captions = {}
    for layer in last_maps(network):
        height, _, n = shapes[layer]
        captions[layer] = tuple(maps_caption(layer, n, height, dead) for dead in ("", Words.dead))
    return While(Words.so_far, Words.either, Words.second, CLOSE, captions, panels.map_palette(), Words.waits)


def steps(preparation: Preparation, without: frozenset[str]) -> Figure:
    """Every step as a picture, in a row."""
    drawn, cropped = fitted(preparation.drawn), fitted(preparation.cropped)
    inked = 255 - drawn if "ink" in without else drawn
    pictures = (drawn, inked, cropped, greys(preparation.boxed), greys(preparation.centred))
    sheet = Sheet(
        pictures,
        GREYS,
        len(pictures),
        (0.0, 1.0),
        labels=Words.step_labels,
        called=Words.step_labels,
        cell_px=STEP_PX,
        widest_px=STEP_PX,
    )
    off = ", ".join(Words.step[step] for step in STEPS if step in without)
    caption = Words.steps_caption.format(off=Words.steps_off.format(names=off) if off else "")
    return Figure(sheet, caption, Words.steps_alt, "steps", "wide")


def fitted(image: np.ndarray) -> np.ndarray:
    """An image, float in [0, 1], as grey numbers: as it is where it is small, else at most STEP_PX high and wide."""
    numbers, most = greys(image), max(image.shape)
    if most <= STEP_PX:
        return numbers
    size = [max(1, round(side * STEP_PX / most)) for side in image.shape[::-1]]
    return np.asarray(Image.fromarray(numbers).resize((size[0], size[1]), Image.Resampling.BOX))


def changes(reading: Reading, left_out: Mapping[str, Reading]) -> Items:
    """What the answer would be with one more step left out."""
    digit = reading.answer and reading.answer[0]
    told = []
    for step, other in left_out.items():
        if other.answer is None and digit is not None:
            told.append(Words.change_to_none.format(without=Words.without[step]))
        elif other.answer is not None and other.answer[0] != digit:
            share = probability(other.answer[1])
            told.append(Words.change.format(without=Words.without[step], digit=other.answer[0], share=share))
    if told:
        yield Text(Words.changes.format(changes="; ".join(told)), place="wide")
    elif left_out:
        yield Text(Words.still_none if digit is None else Words.no_change.format(digit=digit), place="wide")
