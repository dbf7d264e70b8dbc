"""What happens once a server: the workers are warmed before anyone draws, slow libraries are loaded aside."""

from __future__ import annotations

import contextlib
import functools
import gc
import threading
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import wait

import numpy as np
import streamlit as st
from PIL import Image

from cnnviz import lazy
from cnnviz.analysis import evaluation, inspection
from cnnviz.compute import backend, worker_start
from cnnviz.compute.backend import Priority
from cnnviz.drawing import pictures, reading
from cnnviz.drawing.preparation import prepare
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.weights import Network
from cnnviz.render import tiles
from cnnviz.render.palettes import LIGHT
from cnnviz.server import memory
from cnnviz.ui import panels, plan_form, server

SLOW_LIBRARIES = (
    "sqlalchemy",  # first: whoever comes back after a restart waits for it
    *("scipy.ndimage", "scipy.special"),  # a stroke needs them
    *("matplotlib.figure", "matplotlib.backends.backend_agg"),  # Train and Network draw a flow chart
    *("sklearn.metrics", "altair"),
)
"""In the order in which somebody may wait for them: one is loaded at a time, and a page waits for the one under way."""
BLANK = np.zeros((1, 28, 28, 1), np.float32)
PAGE_FIRST_S = 1.0
"""The browser gets that long to show the first page before other work competes for the processor."""
N_WARM = 4
"""Networks that are compiled before anyone asks; there may be many of the users' own, and a stroke waits for them."""
FIRST_STROKES_S = 10
"""So long nobody who draws shares the processor with the start of the worker for long work."""


def icon() -> Image.Image:
    """The browser tab's picture, a kernel that finds an edge; an icon by name would be fetched from the internet."""
    blue, white, red = (60, 90, 200), (240, 240, 245), (205, 50, 60)
    return Image.fromarray(np.array([[blue, white, red]] * 3, np.uint8).repeat(16, axis=0).repeat(16, axis=1))


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Around the server's life: warm up before the first browser comes, end the workers at the end."""
    memory.return_large_blocks()
    begin()
    server.keeper()  # opens the database when the first page is there, deletes what is too old
    threading.Thread(target=server.scheduler, name="runs", daemon=True).start()  # tells when another server has them
    try:
        yield
    finally:
        try:
            server.close()
        finally:
            backend.shutdown()


@functools.cache
def begin() -> None:
    """Start the worker for answers and load the rest behind the scenes, once a server; returns at once."""
    threading.Thread(target=_warm, name="warm", daemon=True).start()


def _rehearse() -> None:
    """Go once through what a stroke needs here: Pillow loads its font and formats on first use, tiles its colours.

    And draw the flow chart that Train shows at first: matplotlib looks for its fonts on first use.
    """
    tiles.index_grid(BLANK[..., 0], "seismic", (-1, 1))
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


def _warm() -> None:
    """Warm the worker for answers, import what the other pages need, then start the worker for long work.

    Streamlit collects garbage after every run; what is frozen is not walked through again each time.
    """
    lazy.load("pandas")  # Streamlit needs it to show a component
    good = [model for model in store.models() if model.card]
    good.sort(key=lambda model: (*store.DEFAULTS, model.name).index(model.name))
    networks = _opened(good[:N_WARM])
    time.sleep(PAGE_FIRST_S)
    warmed = [backend.submit(inspection.activations, network, BLANK, priority=Priority.ANSWER) for network in networks]
    warmed.append(backend.submit(worker_start.settle, priority=Priority.ANSWER))
    for name in SLOW_LIBRARIES:
        lazy.load(name)
    _rehearse()
    gc.collect()
    gc.freeze()
    wait(warmed)
    time.sleep(FIRST_STROKES_S)
    server.housekeeper()
    for network in networks[:1]:
        backend.submit(evaluation.probabilities, network, BLANK, priority=Priority.RUN)
