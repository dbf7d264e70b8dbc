"""What is chosen in the head of the page, for a page to read."""

from __future__ import annotations

import functools

import streamlit as st

from cnnviz.data.dataset import Dataset, Source, Split
from cnnviz.data.mnist import DataError
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import Recipe
from cnnviz.network.weights import Network
from cnnviz.training.run import Run, Status
from cnnviz.ui import digits, lookups, server, state, texts
from cnnviz.ui.entry import Choice, Entry


def entries() -> dict[str, Entry]:
    """Every network by name: the shipped ones, the users' own, and the runs that have begun."""
    known: dict[str, Entry] = {}
    for model in store.models():
        iterations = tuple(snapshot.iteration for snapshot in model.card.snapshots) if model.card else ()
        opening = functools.partial(store.load, model)
        last = model.card.last.sha256 if model.card else ""
        known[model.name] = Entry(model.name, iterations, opening, model.least_energy, last)
    for run in server.scheduler().runs():
        if run.status is not Status.FINISHED and run.snapshot_iterations:
            known[run.name] = of_run(run)
    return known


def of_run(run: Run) -> Entry:
    """A run as it stands."""
    opening = functools.partial(server.scheduler().network_at, run.name)
    iterations = run.snapshot_iterations
    last = f"{run.name} after {iterations[-1]}" if iterations else ""  # no name is given twice, no weights change
    least = run.final.least_energy if run.final and run.final.iteration == run.iteration else None
    return Entry(run.name, iterations, opening, least, last)


def is_broken(entry: Entry) -> bool:
    """True for one that cannot be opened, or whose last weights were found to overflow since the server began."""
    return not entry.iterations or entry.last in server.overflowing()


def current() -> Choice:
    """What is chosen in this session; the head writes it down before any page runs."""
    chosen = state.Session.choice.get()
    if chosen is None:
        raise RuntimeError("The head of the page has not been drawn yet.")
    return chosen


def recipe() -> Recipe | None:
    """How the network that is chosen was trained, or is being; None when that is not known."""
    entry = current().entry
    if entry is None:
        return None
    model, run = store.find(entry.name), server.scheduler().find(entry.name)
    if model and model.card:
        return model.card.recipe
    return run.plan.recipe if run else None


def has_learnt_from(source: Source) -> bool:
    """Whether the network that is chosen has learnt from digits of a class that are its test digits here."""
    entry = current().entry
    run = server.scheduler().find(entry.name) if entry else None
    if run:
        return run.source.adds_class and run.source.path == source.path
    model = store.find(entry.name) if entry else None
    return bool(model and model.card and source.path and source.path.stem in model.card.digits)


def network() -> Network:
    """The chosen network; on a broken one the page says why and ends here."""
    choice = current()
    if choice.entry is None:
        st.error(texts.NO_MODEL.format(root=store.ROOT), icon=":material/error:")
        st.stop()
    return opened(choice.entry, choice.iteration)


def usable_network() -> Network | None:
    """The chosen network; None where there is none or it is broken, for a page that can do without."""
    entry, iteration = current().entry, current().iteration
    try:
        return _open(entry, iteration) if entry else None
    except BrokenModel:
        return None


def opened(entry: Entry, iteration: int) -> Network:
    """One network of an entry; on a broken one, or one that overflows, the page says why and ends here."""
    try:
        return _open(entry, iteration)
    except BrokenModel as error:
        st.error(texts.BROKEN.format(name=entry.name, reason=error), icon=":material/error:")
        st.stop()


def _open(entry: Entry, iteration: int) -> Network:
    """The same; raises BrokenModel."""
    network = entry.open(iteration)
    if not lookups.has_finite_outputs(network):
        _remember_overflow(entry, iteration)
        raise BrokenModel(texts.NOT_FINITE)
    return network


def _remember_overflow(entry: Entry, iteration: int) -> None:
    """The list in the head says it from now on: at once, when it did not know."""
    if entry.last and iteration == entry.iterations[-1] and not is_broken(entry):
        server.overflowing().add(entry.last)
        st.rerun()


def dataset(split: Split = "test", source: Source | None = None) -> Dataset:
    """The chosen digits, or those of a source; where a file is damaged the page says which and ends here."""
    try:
        return digits.load(source or current().source, split)
    except DataError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()
