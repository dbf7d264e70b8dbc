"""What a question is answered with, and what an answer is: a few sentences, and tables, pictures or a chart."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.analysis import inspection
from cnnviz.analysis.arithmetic import layer_below
from cnnviz.analysis.explanations import PredictionExplanation
from cnnviz.data.dataset import Dataset, Split
from cnnviz.network.cards import LogLine
from cnnviz.network.config import Kind, Layer, NetworkConfig, layers
from cnnviz.network.presets import Recipe
from cnnviz.network.weights import Network
from cnnviz.pages.layers import signs
from cnnviz.render.palettes import Theme
from cnnviz.ui.components.maps.sheet import Sheet, exact, neurons


class Words:
    """How an answer speaks of the digit."""

    known = "This digit is a {digit}"
    value = "number {number}"
    assumed = "A drawing has no label; suppose that it is a {digit}, as it is read"


@dataclass(frozen=True)
class Log:
    """What was measured while a network of some name was trained."""

    name: str
    lines: tuple[LogLine, ...]


@dataclass(frozen=True)
class Tools:
    """What an answer may ask for.

    Attributes:
        ask: what a function of `analysis` answers for its arguments.
        ask_long: the same of one that takes a second or more, by a key under which the answer is kept.
        digits: the part of the data set that is chosen.
        tutorial: the network of deep-mnist, its recipe and its number of training images.
        log: of the chosen network, or of one that has a log.
        theme: colours around pictures.
    """

    ask: Callable[..., Any]
    ask_long: Callable[..., Any]
    digits: Callable[[Split], Dataset]
    tutorial: Callable[[], tuple[Network, Recipe, int]]
    log: Callable[[], Log | None]
    theme: Theme


@dataclass(frozen=True, eq=False)
class Case:
    """A network with a digit in it.

    Attributes:
        network: which one.
        recipe: how it was trained.
        n_train: how many images it learns from.
        image: float32 (28, 28, 1).
        label: the true digit; None where nobody knows it.
        tools: what an answer may ask for.
        outputs: every layer's output for the image, without the batch axis.
    """

    network: Network
    recipe: Recipe
    n_train: int
    image: np.ndarray
    label: int | None
    tools: Tools
    outputs: Mapping[str, np.ndarray]

    @property
    def config(self) -> NetworkConfig:
        """What the network is."""
        return self.network.config

    @property
    def read_as(self) -> int:
        """The digit with the highest probability."""
        return int(self.outputs["softmax"].argmax())

    @property
    def true(self) -> int:
        """The label, or the digit that is read where there is none."""
        return self.read_as if self.label is None else self.label

    def truth(self) -> str:
        """The beginning of a sentence that says which digit is taken for the true one, and why."""
        return (Words.assumed if self.label is None else Words.known).format(digit=self.true)

    def layers_of(self, kind: Kind) -> list[Layer]:
        """The layers of a kind, first to last."""
        return [layer for layer in layers(self.config) if layer.kind == kind]

    def below(self, layer: Layer) -> Layer:
        """The layer whose output goes into another."""
        return layer_below(self.config, layer.name)

    def outputs_of(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """Every layer's output for another image."""
        return outputs_of(self.network, image, self.tools.ask)

    def of_tutorial(self) -> Case:
        """The same digit in the tutorial's network."""
        network, recipe, n_train = self.tools.tutorial()
        outputs = outputs_of(network, self.image, self.tools.ask)
        return dataclasses.replace(self, network=network, recipe=recipe, n_train=n_train, outputs=outputs)


def outputs_of(network: Network, image: np.ndarray, ask: Callable[..., Any]) -> dict[str, np.ndarray]:
    """Every layer's output for one image (28, 28, 1), without the batch axis."""
    return {name: output[0] for name, output in ask(inspection.activations, network, image[None]).items()}


@dataclass(frozen=True)
class Table:
    """Columns of text by their heads, all of one length."""

    columns: Mapping[str, Sequence[str]]
    caption: str


@dataclass(frozen=True, eq=False)
class Pictures:
    """Small pictures, with their caption and what they are for those who cannot see them."""

    sheet: Sheet
    caption: str
    alt: str


@dataclass(frozen=True, eq=False)
class Chart:
    """A Vega-Lite chart, with its caption and what it is for those who cannot see it."""

    drawn: dict[str, Any]
    caption: str
    alt: str


@dataclass(frozen=True, eq=False)
class Answer:
    """At most four sentences, and what shows them."""

    text: str
    shown: Sequence[Table | Pictures | Chart]


def any_network(_: NetworkConfig) -> bool:
    """Every network has what the question is about."""
    return True


def has(*kinds: Kind, n: int = 1) -> Callable[[NetworkConfig], bool]:
    """Whether a network has at least n layers of each of some kinds."""
    return lambda config: all(sum(layer.kind == kind for layer in layers(config)) >= n for kind in kinds)


@dataclass(frozen=True)
class Question:
    """What somebody asks.

    Attributes:
        words: the question.
        answer: of a case whose network has what is needed.
        needs: what a network must have; for another one the answer is about the tutorial's.
        numbers: of the questions of the tutorial "Deep MNIST for experts" that it answers, 1 to 28.
        layers: the kinds of layer at which it arises.
        place: the place of the application that shows more of it; "" for none.
    """

    words: str
    answer: Callable[[Case], Answer]
    needs: Callable[[NetworkConfig], bool] = any_network
    numbers: tuple[int, ...] = ()
    layers: tuple[Kind, ...] = ()
    place: str = ""


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], caption: str) -> Table:
    """A table of rows; numbers as by `number`, the rest as it is written."""
    columns = zip(*rows, strict=True)
    texts = [[number(each) if isinstance(each, float) else str(each) for each in column] for column in columns]
    return Table(dict(zip(heads, texts, strict=True)), caption)


def number(value: float) -> str:
    """A number with four digits that count: 0.01235, 1.2e-07."""
    return f"{float(value):.4g}"


def share(prob: float) -> str:
    """A probability that is not written as 1 unless it is: 0.9986, 0.99999963, 1 − 2.1e-12."""
    if not 0.999 < prob < 1:
        return number(prob)
    for places in (5, 6, 7, 8):
        if float(f"{prob:.{places}f}") < 1:
            return f"{prob:.{places}f}"
    return f"1 − {1 - prob:.2g}"


def squares(values: np.ndarray) -> Sheet:
    """Values, float (n,), as squares in their order: up to 128 of them large."""
    palette, limits = signs.colours(values)
    if len(values) > MOST_LARGE:
        return neurons(values, palette, limits, 520)
    columns = 8 if len(values) <= 2 * 8 else 16
    called = [Words.value.format(number=i) for i in range(len(values))]
    is_tall = len(values) > 3 * columns
    options = {"called": called, "cell_px": 28, "widest_px": 30 * columns, "bar": is_tall, "is_one": True}
    return exact(values[:, None, None], palette, limits, columns, **options)


MOST_LARGE = 128


def sides(shape: Sequence[int]) -> str:
    """A shape as one reads it: 14×14×16."""
    return "×".join(f"{n:,}" for n in shape)


def contributions_to(explained: PredictionExplanation, digit: int) -> tuple[int, float]:
    """The neuron of the last layer below that contributes most to a digit's logit, and how much."""
    neuron = int(np.abs(explained.contributions[:, digit]).argmax())
    return neuron, float(explained.contributions[neuron, digit])
