"""The server's answer to a stroke without a run of the page: what is said, and no pictures, which the browser has.

Only where all that a stroke changes is shown by the browser itself; else the drawing comes by Streamlit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.analysis import inspection
from cnnviz.compute import backend
from cnnviz.compute.backend import BackendError, Priority
from cnnviz.drawing.preparation import STEPS, Preparation
from cnnviz.network.config import layers
from cnnviz.network.weights import Network
from cnnviz.pages.draw import answer, readings
from cnnviz.pages.draw.sureness import Sureness
from cnnviz.server.strokes import NotAnsweredError
from cnnviz.ui import address, choice, digit, digit_choice, drawn, lookups, rooms, state
from cnnviz.ui.components.figures import figures
from cnnviz.ui.components.figures.figures import Text
from cnnviz.ui.components.live.live import Truth
from cnnviz.ui.digit import Digit, Origin
from cnnviz.ui.entry import Choice
from cnnviz.ui.state import DrawPage
from cnnviz.ui.stroke_answers import Reading, StrokeAnswers

BLANK = np.zeros((28, 28), np.float32)


def are_answered() -> bool:
    """Whether all that a stroke changes on the page is what the browser shows of it."""
    way = DrawPage.way.get()
    is_drawn = way == "over" or (way == "canvas" and not DrawPage.thin_pen.get())
    beside = DrawPage.network_beside.get()
    return is_drawn and not (beside and beside in choice.entries())


def without() -> frozenset[str]:
    """The steps of the preparation that are switched off."""
    return frozenset(STEPS) - frozenset(DrawPage.steps.get() or ())


def accept(
    network: Network,
    origin: Origin,
    below: np.ndarray | None,
    labels: Sequence[Text],
    sure: Sureness | None = None,
) -> None:
    """Answer strokes from now on, as they are read now; in each run of the page.

    Args:
        network: the chosen one.
        origin: what the digit is that is drawn.
        below: what is drawn over, float (28, 28) in [0, 1].
        labels: what is said of that.
        sure: what says how often answers this sure are right, where that is wanted.
    """
    answers = state.opened(DrawPage.answers, StrokeAnswers)
    if not are_answered():
        answers.read_no_more()
        return
    under = None if below is None else np.asarray(drawn.enlarged(below), np.float32) / 255
    asked = _Asked(
        network,
        choice.current(),
        without(),
        origin,
        under,
        tuple(labels),
        address.queries_with_drawing(origin.kind),
        sure,
        rooms.shows_strokes(),
    )
    answers.read_with(Reading(drawn.history(), drawn.pen_px(), asked.read))


def truth(network: Network) -> Truth | None:
    """What the browser is told, so that it sends strokes; after `accept`."""
    answers = DrawPage.answers.get()
    if answers is None or not are_answered():
        return None
    shapes = {layer.name: layer.shape for layer in layers(network.config)}
    blank = Preparation(BLANK, BLANK, BLANK, BLANK)
    shown = [answer.seen(BLANK), answer.steps(blank, without())]
    shown += [answer.maps(name, np.zeros(shapes[name], np.float32)) for name in answer.last_maps(network)]
    alts = {name: answer.maps_alt(name, shapes[name]) for name in answer.last_maps(network)}
    return Truth(answers.address, {figure.name: figures.told(figure) for figure in shown}, alts)


@dataclass(frozen=True, eq=False)
class _Asked:
    """How strokes are read: all that is needed of the session, which must not be touched while no page runs."""

    network: Network
    chosen: Choice
    without: frozenset[str]
    origin: Origin
    under: np.ndarray | None
    labels: tuple[Text, ...]
    queries: tuple[str, str]
    sure: Sureness | None
    show: Callable[[str], None] | None

    async def read(self, drawing: np.ndarray, text: str | None) -> tuple[Digit, dict[str, Any]]:
        """See `stroke_answers.Reader`."""
        ink = drawing.astype(np.float32) / 255
        preparation, left_out = readings.variants(
            ink if self.under is None else np.maximum(self.under, ink), self.without
        )
        if preparation is None:
            raise NotAnsweredError(422)
        prepared = [preparation, *left_out.values()]
        outputs = await self._outputs(readings.stacked(prepared))
        first, *others = readings.readings(prepared, outputs, self.chosen)
        items = [
            *map(figures.told, answer.answer(first, [*self.labels, *(self.sure.told(first) if self.sure else ())])),
            *({"sheet": name} for name in ("seen", *answer.last_maps(self.network), "steps")),
            *map(figures.told, answer.changes(first, dict(zip(left_out, others, strict=True)))),
        ]
        with_ink, without_ink = self.queries
        given = digit.given(preparation, self.origin)
        query = with_ink.replace(address.INK_HERE, text) if text else without_ink
        if self.show:
            self.show(query)
        shown = {
            "items": items,
            "probabilities": first.probs.tolist(),
            "query": query,
            "title": digit_choice.title(given),
            "since": time.time(),
        }
        return given, shown

    async def _outputs(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Logits and softmax."""
        asked = backend.submit(inspection.reading, self.network, images, (), priority=Priority.ANSWER)
        try:
            outputs: dict[str, np.ndarray] = await asyncio.wait_for(asyncio.wrap_future(asked), lookups.PATIENCE_S)
        except (BackendError, TimeoutError):
            raise NotAnsweredError(503) from None
        if not np.isfinite(outputs["softmax"]).all():
            raise NotAnsweredError(503)
        return outputs
