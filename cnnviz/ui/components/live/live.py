"""Has the browser compute the network while the pen moves, and show it where the server's answers are shown."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cnnviz.network.config import n_weights
from cnnviz.network.weights import Network
from cnnviz.render import palettes
from cnnviz.render.palettes import Palette
from cnnviz.ui.components.frontend import component
from cnnviz.ui.components.live import delivery
from cnnviz.ui.state import Key

MAX_WEIGHTS = 8_000_000
"""More take too long on a tablet, to fetch and to compute."""
HTML = '<p class="why-not" role="status"></p>'
CSS = """
.why-not { margin: 0; color: var(--st-text-color); font: 1rem/1.5 var(--st-font); }
.why-not:empty { display: none; }
"""


class Words:
    """Why nothing moves while the pen moves."""

    too_large = (
        "This network has {n:,} weights, too many to compute it in the browser while you draw: the answer comes when "
        "you lift the pen."
    )
    failed = "The answer comes when you lift the pen: this browser cannot compute the network itself ({reason})."
    overflow = (
        "With this drawing the network's numbers overflow, so that nothing is shown of it until you lift the pen."
    )


@dataclass(frozen=True)
class While:
    """What is said of a drawing that is not finished, with {placeholders}, and how its maps are coloured.

    Attributes:
        answer: with {digit}; the first heading of the figures.
        either: with {first} and {second}, in the place of the digit where a second one is close.
        second: with {first} and {second}; the first paragraph.
        close: the share of the softmax from which on a second digit is close.
        captions: by layer, which is the name of its figure: without maps that are zero everywhere, and with {n} such.
        palette: of the maps.
        waits: said where the server's answer to a stroke takes long.
    """

    answer: str
    either: str
    second: str
    close: float
    captions: Mapping[str, tuple[str, ...]]
    palette: Palette
    waits: str


@dataclass(frozen=True)
class Truth:
    """How the browser gets the server's answer to a stroke without a run of the page.

    Attributes:
        address: where strokes are sent.
        sheets: by name, the figures of which the server's answer does not hold the numbers, since the browser has them:
            as `figures.told`.
        alts: by layer, what its maps show for who cannot see them, with {top}, the largest value.
    """

    address: str
    sheets: Mapping[str, Mapping[str, Any]]
    alts: Mapping[str, str]


def follow(
    network: Network,
    key: Key[Any],
    frame: str,
    told: While,
    *,
    without: Collection[str] = (),
    truth: Truth | None = None,
) -> None:
    """Compute what is drawn on a canvas while it is drawn, and show it in the page's figures.

    Args:
        network: the browser fetches it once, under the hash of its weights.
        key: unique on the page.
        frame: CSS selector of what holds the canvas.
        told: what is said.
        without: the steps of the preparation that are left out.
        truth: None where the page runs after each stroke.
    """
    shown = component("cnnviz.live", "live/live.js", HTML, CSS)
    if n_weights(network.config) > MAX_WEIGHTS:
        shown(key=key.name, data={"why_not": Words.too_large.format(n=n_weights(network.config))})
        return
    table = palettes.palette_table(told.palette)[: palettes.NAN_NUMBER]
    words = {"answer": told.answer, "either": told.either, "second": told.second, "waits": told.waits}
    data = {
        "scripts": delivery.scripts(),
        "network": delivery.network_for_browser(network),
        "frame": frame,
        "words": words | {"failed": Words.failed, "overflow": Words.overflow},
        "close": told.close,
        "captions": told.captions,
        "table": base64.b64encode(table.tobytes()).decode(),
        "without": sorted(without),
        "truth": dataclasses.asdict(truth) if truth else None,
    }
    shown(key=key.name, data=data)
