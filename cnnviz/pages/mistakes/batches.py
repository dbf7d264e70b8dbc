"""Reading the test digits in batches: the same answers, with less memory or in less time."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.analysis import batches
from cnnviz.analysis.batches import Reading
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import layers
from cnnviz.network.weights import Network
from cnnviz.percentages import percent
from cnnviz.render import charts
from cnnviz.ui import lookups, panels
from cnnviz.ui.state import MistakesPage


class Words:
    """What is said of it."""

    title = "More: memory and batches"
    intro = (
        "The network reads the {n:,} test digits batch by batch and adds up what it read right. The answers do not "
        "depend on the batch; memory and time do."
    )
    batch = "Images in a batch"
    size = "{batch:,}"
    read = "Read the test digits so"
    computed = (
        "What leaves {layer} for {batch:,} images is {shape} numbers for each, of 4 bytes: {product} = {bytes}. With "
        "what goes into a layer or leaves it at the same time it takes {needed} at least."
    )
    refused = (
        "A batch of {batch:,} would take {needed} at least; one reading may take {allowed} here, an eighth of this "
        "machine's memory. Choose a smaller batch."
    )
    progress = "Reading: {done:,} of {n:,}"
    measuring = "Measuring the memory in a process of its own"
    columns = ("Images in a batch", "Batches", "Memory computed", "Memory measured", "Time", "Test accuracy")
    accuracy = "{share} ({right:,} / {n:,})"
    time = "{seconds:.2f} s"
    unknown = "–"
    table = (
        "Memory computed: the two largest layers that follow each other. Memory measured: by how much a new process "
        "grows at most while it reads its first batch; the convolutions need more than the layers alone."
    )
    table_alt = "Table of {n} ways to read the test digits, with memory, time and accuracy."
    running = "Running sum: share read right of all digits so far, after each batch."
    running_alt = "Line chart of the accuracy so far over the digits read, in batches of {batches}."
    share = "Accuracy so far"
    told = (
        "A reader of Deep MNIST measured on a graphics card 8,721 MB with all 10,000 test images at once, 4,497 MB in "
        "another try, 529 MB in batches of 50, and 5,647 MB with Keras, which read 12,000 validation images while it "
        "trained. All 55,000 training images at once did not fit. On a graphics card TensorFlow takes nearly all "
        "memory at its start; with `tf.config.experimental.set_memory_growth(gpu, True)` it takes what it needs, "
        "when it needs it, and does not give it back before its end."
    )
    gigabytes, megabytes = "{n:.2f} GB", "{n:,.1f} MB"


SIZES = (1, 10, 50, 100, 256, 1000, 2500, 5000, batches.MAX_BATCH)
Measured = tuple[Reading, int | None]
"""What was read, and the bytes that a batch takes, where that is known."""
COMPARED = 4
"""Curves that are laid over each other, the latest ones."""


def show(network: Network, test: Dataset) -> None:
    """Ask for a batch, say what it will take, and show what it took beside the ones before."""
    st.markdown(Words.intro.format(n=len(test)))
    if MistakesPage.batch.begin(MistakesPage.batch.default) not in SIZES:
        MistakesPage.batch.set(MistakesPage.batch.default)
    batch = st.select_slider(Words.batch, SIZES, key=MistakesPage.batch.name, format_func=_size)
    needed, allowed = batches.needed_bytes(network.config, batch), batches.allowed_bytes()
    st.markdown(_computed(network, batch))
    if needed > allowed:
        st.warning(
            Words.refused.format(batch=batch, needed=in_words(needed), allowed=in_words(allowed)),
            icon=":material/memory:",
        )
    elif st.button(Words.read, icon=":material/play_arrow:", key=MistakesPage.read_batches.name):
        others = {size: found for size, found in _known(network, test).items() if size != batch}
        MistakesPage.readings.set((network.key, test.key, {**others, batch: read(network, test, batch)}))
    if known := _known(network, test):
        show_readings(network, known)
    st.caption(Words.told)


def read(network: Network, test: Dataset, batch: int) -> Measured:
    """The test digits read in batches, with progress; the same for all who ask, since it was measured once."""
    tasks = batches.parts(len(test), batch)

    def progress(done: int) -> str:
        if done >= len(tasks):
            return Words.measuring
        return Words.progress.format(n=len(test), done=tasks[done - 1][1] if done else 0)

    *found, grown = lookups.results(
        ("batches", network.key, test.key, batch),
        lambda: [
            *((batches.read, network, test, batch, start, stop) for start, stop in tasks),
            (batches.measured_bytes, network, test, batch),
        ],
        lambda done: (
            Words.measuring
            if done >= len(tasks)
            else Words.progress.format(n=len(test), done=tasks[done - 1][1] if done else 0)
        ),
    )
    return batches.joined(found), grown


def show_readings(network: Network, known: dict[int, Measured]) -> None:
    """A table of what was read so far, and how the accuracy settled."""
    rows = [_row(network, *known[batch]) for batch in sorted(known)]
    table = dict(zip(Words.columns, zip(*rows, strict=True), strict=True))
    panels.table(table, Words.table, Words.table_alt.format(n=len(rows)), "batches")
    latest = list(known.items())[-COMPARED:]
    lines = {_size(batch): (np.cumsum(reading.sizes), reading.running_accuracy) for batch, (reading, _) in latest}
    chart = charts.curve_chart(lines, Words.share, panels.theme(), 1.0, height_px=220)
    panels.chart(chart, Words.running_alt.format(batches=", ".join(lines)))
    st.caption(Words.running)


def in_words(n_bytes: int) -> str:
    """Bytes as GB or MB."""
    return Words.gigabytes.format(n=n_bytes / 1e9) if n_bytes >= 1e9 else Words.megabytes.format(n=n_bytes / 1e6)


def _known(network: Network, test: Dataset) -> dict[int, Measured]:
    """What this session has read with the same network and digits."""
    of_network, of_digits, readings = MistakesPage.readings.get()
    return dict(readings) if (of_network, of_digits) == (network.key, test.key) else {}


def _computed(network: Network, batch: int) -> str:
    sizes = batches.layer_bytes(network.config, 1)
    layer = max(sizes, key=sizes.__getitem__)
    shape = next(entry.shape for entry in layers(network.config) if entry.name == layer)
    factors = " · ".join(str(n) for n in shape)
    return Words.computed.format(
        layer=layer,
        batch=batch,
        shape=factors,
        product=f"{factors} · 4 · {batch:,}",
        bytes=in_words(sizes[layer] * batch),
        needed=in_words(batches.needed_bytes(network.config, batch)),
    )


def _row(network: Network, reading: Reading, grown: int | None) -> tuple[object, ...]:
    right, n = sum(reading.right), sum(reading.sizes)
    return (
        reading.batch,
        len(reading.sizes),
        in_words(batches.needed_bytes(network.config, reading.batch)),
        Words.unknown if grown is None else in_words(grown),
        Words.time.format(seconds=reading.seconds),
        Words.accuracy.format(share=percent(right / n), right=right, n=n),
    )


def _size(batch: int) -> str:
    return Words.size.format(batch=batch)
