"""What happens once a server: the workers are warmed before anyone draws, slow libraries are loaded aside."""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from typing import Any

import numpy as np

from cnnviz import lazy
from cnnviz.analysis import evaluation, inspection
from cnnviz.compute import backend, worker_start
from cnnviz.compute.backend import Priority
from cnnviz.data.mnist import DataError
from cnnviz.drawing import pictures, reading
from cnnviz.drawing.preparation import prepare
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.weights import Network
from cnnviz.render import palettes, tiles
from cnnviz.render.palettes import LIGHT
from cnnviz.server import health
from cnnviz.ui import digits, panels, plan_form, server

log = logging.getLogger(__name__)
FIRST = (
    "pandas",  # Streamlit needs it to show a component
    "streamlit.emojis",  # and this to show a choice of buttons
)
LATER = (
    "scipy.ndimage",  # a stroke needs it
    *("matplotlib.figure", "matplotlib.backends.backend_agg"),  # Train and Network draw a flow chart
    *("sklearn.metrics", "altair"),
)
"""Libraries, in the order in which somebody may wait for them: one is loaded at a time, a page waits for that one."""
BLANK = np.zeros((1, 28, 28, 1), np.float32)
PAGE_FIRST_S = 2.0
"""So long it is waited for a first browser before other work competes for the processor."""
SHOWS_S = 0.7
"""So long a browser draws what it was sent."""
N_WARM = 4
"""Networks that are compiled before anyone asks; there may be many of the users' own, and a stroke waits for them."""
_page_sent = threading.Event()
FIRST_STROKES_S = 10
"""So long nobody who draws shares the processor with the start of the worker for long work."""


@functools.cache
def begin() -> None:
    """Start the worker for answers and load the rest behind the scenes, once a server; returns at once."""
    threading.Thread(target=_warm, name="warm", daemon=True).start()


def end() -> None:
    """Keep on disk what is under way, end every thread and the workers; called when the server stops."""
    try:
        server.close()
    finally:
        backend.shutdown()


def page_was_sent() -> None:
    """Note that a script has run: the first page is on its way to a browser."""
    _page_sent.set()


def _rehearse() -> None:
    """Go once through what is needed here: Pillow loads its font and formats on first use, matplotlib its colours.

    And draw the flow chart that Train shows at first: matplotlib looks for its fonts on first use.
    """
    palettes.palette_table("seismic")
    picture = tiles.index_bars(np.full(10, 0.1)).png()
    prepare(reading.read_ink(pictures.open_image(picture, "rehearsal"), "rehearsal"))
    panels.network_chart(next(iter(plan_form.presets().values())).network, LIGHT)


def _opened(models: Sequence[store.Model]) -> list[Network]:
    """Those that can still be opened: a file may have changed since it was checked."""
    networks = []
    for model in models:
        with contextlib.suppress(BrokenModel):
            networks.append(store.load(model))
    return networks


def _load_for_first_page() -> None:
    """What the first script would load otherwise, while the browser is still reading Streamlit's scripts."""
    for name in FIRST:
        lazy.load(name)
    inspect.stack()  # Streamlit looks once whether it runs in a shell; Python then reads where all modules are
    server.scheduler()  # opens the database; tells when another server has the folder
    store.models()
    with contextlib.suppress(DataError):  # the page says so
        digits.load(server.data_sources().available()[0], "test")


def _note_warm(settled: Future[Any]) -> None:
    """The worker for answers has done all that it was asked for until then."""
    if not settled.cancelled() and settled.exception() is None:
        health.answers_are_warm.set()


def _warm() -> None:
    """Load what the first page needs, warm the worker for answers, then the rest, then start the worker for long work.

    Streamlit collects garbage after every run; what is frozen is not walked through again each time.
    """
    server.keeper()  # deletes what is too old, later
    try:
        _load_for_first_page()
    except Exception:  # whatever it is, the page that needs it says so
        log.exception("Before the first page")
    if _page_sent.wait(PAGE_FIRST_S):
        time.sleep(SHOWS_S)
    good = [model for model in store.models() if model.card]
    good.sort(key=lambda model: (*store.DEFAULTS, model.name).index(model.name))
    networks = _opened(good[:N_WARM])
    warmed = [backend.submit(inspection.activations, network, BLANK, priority=Priority.ANSWER) for network in networks]
    warmed.append(backend.submit(worker_start.settle, priority=Priority.ANSWER))
    warmed[-1].add_done_callback(_note_warm)
    for name in LATER:
        lazy.load(name)
    _rehearse()
    gc.collect()
    gc.freeze()
    wait(warmed)
    time.sleep(FIRST_STROKES_S)
    server.housekeeper()
    for network in networks[:1]:
        backend.submit(evaluation.probabilities, network, BLANK, priority=Priority.RUN)
