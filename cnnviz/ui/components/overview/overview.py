"""A network on one screen, computed and drawn in the browser of its weights and one digit; a map can be opened."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cnnviz.analysis import receptive_field
from cnnviz.network.cards import BrokenModel
from cnnviz.network.config import Layer, layers, n_weights
from cnnviz.network.weights import Network
from cnnviz.render import palettes
from cnnviz.render.palettes import Palette
from cnnviz.server import immutable
from cnnviz.ui.components.frontend import component
from cnnviz.ui.components.live import delivery, live
from cnnviz.ui.state import Key

HTML = '<div class="overview"></div>'
SILENT = ("opened", "wants", "failed", "break_it", "asks")
"""What the browser sends that `sent` gives, or that only has the page run again."""
MAX_SNAPSHOT_WEIGHTS = 25_000_000
"""Of all snapshots together: 100 MB, which a browser holds while it moves through them."""


class Words:
    """What the overview says; with {placeholders} that the browser fills."""

    digit = "The digit"
    digit_alt = "The digit, 28 by 28 pixels."
    map = "map {number}"
    map_off = "map {number}, its filter switched off"
    filter = "filter {number} of layer {block}"
    shares = "Probabilities. {shares}."
    hint = "Point at a map to see what feeds it; click to open it."
    legend = "Lines: sum of a kernel’s weights, {above} above 0, {below} below; width: L2 norm."
    legend_digit = "Line: sum of the kernel’s weights, {above} above 0, {below} below; width: L2 norm."
    of_map = "layer {block}, map {map}, row {row}, column {column}: {value}"
    is_off = "{told}; its filter is off, x switches it on"
    off_hint = "The dot under a map, or x on the keyboard, switches its filter off."
    one_off, off = "1 filter off", "{n} filters off"
    reset = "Reset"
    reading = "Reading the test digits without …"
    break_it = "Open in Break it"
    of_digit = "digit, row {row}, column {column}: {value}"
    of_neuron = "{layer}, neuron {number}: {value}"
    of_output = "output {digit}: {value}"
    fetching = "Fetching the network …"
    too_large = "This network has {n:,} weights, too many for the browser: the server computes what is shown here."
    failed = "The server computes what is shown here: this browser cannot compute the network itself ({reason})."
    overflow = "the numbers overflow"
    play, pause = "Play training", "Pause"
    slider = "Training steps"
    at = "{n} training steps"
    between = "between step {first} and {second}, weights interpolated"
    progress = "Fetching the weights of {n} snapshots: {done} of {n}"
    not_fetched = "The snapshots could not be fetched ({reason})."
    unreadable = "one of them cannot be read"
    download = "Download what is shown as a picture"
    file = "network.png"


@dataclass(frozen=True)
class Part:
    """Maps, or neurons, that leave a layer: with words above them, and for who cannot see them."""

    layer: Layer
    caption: str
    alt: str


@dataclass(frozen=True)
class Training:
    """The snapshots of a network.

    Attributes:
        name: the network's.
        iterations: of its snapshots, first to last.
        now: the one that is shown.
        open: gives the network after one of them; raises BrokenModel.
        choose: is called with the one at which the slider comes to rest.
    """

    name: str
    iterations: Sequence[int]
    now: int
    open: Callable[[int], Network]
    choose: Callable[[int], None]


@dataclass(frozen=True)
class Switches:
    """Filters can be switched off; the browser then computes without them at once.

    Attributes:
        off: those that are, as "conv1 3", in order.
        n_told: how often the server has told it anew; the browser knows better what it was told before.
        accuracy: before and without them, and a sentence; None while it is computed: the browser asks again.
        choose: is called with what the browser says is off now, unchecked.
    """

    off: Sequence[str]
    n_told: int
    accuracy: tuple[str, str] | None
    choose: Callable[[Any], None]


@dataclass(frozen=True)
class Sent:
    """What the browser has sent; all of it checked.

    Attributes:
        opened: layer and number of the map that was opened just now.
        step: the snapshot that was chosen just now.
        break_it: True when Break it is to be opened just now, with what is switched off.
        wants: True once the weights of every snapshot are wanted.
        failed: the address of the weights with which the browser could not compute the network.
    """

    opened: tuple[str, int] | None = None
    step: int | None = None
    break_it: bool = False
    wants: bool = False
    failed: str = ""


@functools.cache
def scripts() -> str:
    """The address of this folder's scripts and of those of `live`, which they import; relative to the page's."""
    return immutable.offer_scripts(Path(__file__).parent, Path(live.__file__).parent)


def sent(key: Key[Any], maps: Sequence[Layer], iterations: Sequence[int]) -> Sent:
    """Ask before the overview is shown, so that it can mark the map that was opened."""
    said = key.get()
    names = ("opened", "step", "break_it", "wants", "failed")
    said = {name: said.get(name) for name in names} if hasattr(said, "get") else {}
    layer_name, _, number = str(said.get("opened") or "").partition(" ")
    found = next((layer for layer in maps if layer.name == layer_name), None)
    is_there = found is not None and number.isascii() and number.isdigit() and len(number) < 6
    opened = (layer_name, int(number)) if found and is_there and int(number) < found.shape[2] else None
    step = said.get("step")
    chosen = step if type(step) is int and step in iterations else None
    is_wanted = said.get("break_it") is True
    return Sent(opened, chosen, is_wanted, said.get("wants") is True, str(said.get("failed") or ""))


def overview(
    network: Network,
    outputs: Mapping[str, np.ndarray],
    key: Key[Any],
    maps: Sequence[Part],
    neurons: Sequence[Part],
    *,
    marked: tuple[str, int] | None,
    answer: str,
    training: Training | None,
    switches: Switches,
    palette: Palette,
    legend: Mapping[str, str],
    shows: str = "",
) -> None:
    """Show a network.

    Args:
        network: what the browser computes, whole; it fetches the weights once, under their hash.
        outputs: every layer's output for the digit, without the batch axis and without what is switched off; sent
            where the browser cannot compute.
        key: unique on the page; the same for all snapshots of a network. `sent` asks it.
        maps: of each block what leaves it, first to last.
        neurons: the dense layers before the answer.
        marked: layer and number of the map that is open.
        answer: with {first} and {second}, the two likeliest digits.
        training: None where there is nothing to move through.
        switches: of the filters.
        palette: of numbers with a sign: maps and lines.
        legend: what its colours "above" and "below" 0 are called.
        shows: key of the container in which what is opened is shown; where it is below, the page goes there.
    """
    known = sent(key, [part.layer for part in maps], training.iterations if training else ())
    told = delivery.network_for_browser(network)
    n = n_weights(network.config)
    why = Words.too_large.format(n=n) if n > live.MAX_WEIGHTS else ""
    layers = [part.layer.name for part in (*maps, *neurons)]
    is_served = bool(why) or known.failed == told["weights"]
    data = {
        "scripts": scripts(),
        "table": base64.b64encode(palettes.palette_table(palette)[: palettes.NAN_NUMBER].tobytes()).decode(),
        "network": told,
        "image": _packed(outputs["image"]),
        "groups": [_maps(network, part) for part in maps],
        "strips": [{**_named(part), "n": part.layer.shape[0]} for part in neurons],
        "marked": marked,
        "words": _words() | {"answer": answer, "colours": legend},
        "training": training and _training(training, n, wanted=known.wants),
        "switches": {"of": f"{key.name} {switches.n_told}", "off": switches.off, "accuracy": switches.accuracy},
        "values": {name: _packed(outputs[name]) for name in (*layers, "softmax")} if is_served else None,
        "why": why,
        "shows": shows,
    }
    show = component("cnnviz.overview", "overview/overview.js", HTML, style="overview/overview.css")

    def choose() -> None:
        chosen = sent(key, (), training.iterations if training else ()).step
        if training and chosen is not None:
            training.choose(chosen)

    listening: dict[str, Callable[[], None]] = {f"on_{name}_change": lambda: None for name in SILENT}
    listening["on_step_change"] = choose
    listening["on_off_change"] = lambda: switches.choose(key.get().get("off"))
    show(key=key.name, data=data, **listening)


def _words() -> dict[str, Any]:
    return {name: text for name, text in vars(Words).items() if not name.startswith("_")}


def _maps(network: Network, part: Part) -> dict[str, Any]:
    """A block's maps as the browser wants them, with the rule by which a pixel's receptive field follows."""
    field = receptive_field.rule_in_image(network.config, part.layer.name)
    block = part.layer.block
    (convolution,) = (
        each.name for each in layers(network.config) if each.kind == "convolution" and each.block == block
    )
    return {
        **_named(part),
        "block": block,
        "convolution": convolution,
        "shape": part.layer.shape,
        "field": field,
    }


def _named(part: Part) -> dict[str, Any]:
    return {"layer": part.layer.name, "caption": part.caption, "alt": part.alt}


def _training(training: Training, n: int, *, wanted: bool) -> dict[str, Any] | None:
    """The snapshots as the browser wants them; None where they are one, or too much for it."""
    iterations = list(training.iterations)
    if len(iterations) < 2 or n * len(iterations) > MAX_SNAPSHOT_WEIGHTS:
        return None
    told = {"name": training.name, "iterations": iterations, "now": training.now}
    return told | ({"offered": _offered(training)} if wanted else {})


def _offered(training: Training) -> list[str]:
    """Where the weights of every snapshot are, "" for one that cannot be read."""
    addresses = []
    for iteration in training.iterations:
        try:
            addresses.append(delivery.network_for_browser(training.open(iteration))["weights"])
        except BrokenModel:
            addresses.append("")
    return addresses


def _packed(values: np.ndarray) -> str:
    """Numbers as little-endian float32 in base64: exact, also those of a drawing, which are no whole 255ths."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()
