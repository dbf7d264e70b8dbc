"""Train on the digits of a class: half of its persons teach, the other half tests, before and after."""

from __future__ import annotations

import dataclasses

import numpy as np
import streamlit as st

from cnnviz.data import dataset
from cnnviz.data.dataset import SHARE, Source
from cnnviz.data.mnist import DataError
from cnnviz.experiments.before_after import BeforeAfter, compared
from cnnviz.experiments.statistics import MAX_P
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.percentages import percent
from cnnviz.training.limits import LimitReached
from cnnviz.training.run import Run
from cnnviz.ui import choice, class_runs, digits, lookups, panels, server
from cnnviz.ui.state import TrainPage


class Words:
    """What is said of it."""

    add = "Add the digits of the class to the training set"
    adds = (
        "Half the class teaches: {taught} of {n} digits, repeated until {share} of what the network learns from is "
        "theirs. The other half tests: {tested} digits, by persons whose digits it never learnt from. The same recipe "
        "is trained without them too, to compare."
    )
    adds_not = "The network learns from {base} alone and is tested on all {n} digits of the class."
    one_person = (
        "These digits are all of one person, so they can test but not teach: it takes half the class to teach and "
        "the other half to test."
    )
    program = "The program is that of the run without the digits of the class."
    title = "Before and after"
    told = (
        "Of the {n} digits of the half that tests, {name} reads **{after}** right; the same recipe without the "
        "digits of the class, {other}, **{before}**. Digits that only the new one reads right: {won}; only the old "
        "one: {lost}."
    )
    verdicts = {
        True: "That is more than chance explains (McNemar's test, p = {p:.2g}).",
        False: "That may be chance (McNemar's test, p = {p:.2g}): it takes more digits to tell.",
    }
    few = (
        "They are of {persons}. Digits of one person are alike, so the truth is less certain than test and intervals "
        "say: these count every digit as one of its own."
    )
    persons = {True: "one person", False: "{n} persons"}
    columns = ("Trained", "Right", "Of", "Accuracy", "95 % interval", "Right of {n:,} validation digits")
    rows = ("without the class", "with the class")
    caption = "The half of the class that tests, before and after; the validation digits are of {base}."
    alt = "Table of digits read right without and with the digits of the class."
    interval = "{low} to {high}"
    not_yet = "–"
    training = "To compare, {name} trains without the digits of the class: training step {at:,} of {target:,}."
    ended_elsewhere = (
        "{name}, without the digits of the class, stands at training step {at:,}, this run at {here:,}: they are "
        "compared where both have finished the same number."
    )
    alone = "To compare, the same recipe has to be trained without the digits of the class."
    start = "Train it without them"
    gone = "The digits of the class are not there any more, so nothing can be compared with this run."


LOOK_EVERY_S = 1.0


def ask() -> Source:
    """Where the next run has its digits from; where those of a class are chosen, whether they are added."""
    source = choice.current().source
    if source.kind != "class":
        return source
    try:
        kept = dataset.collection(source)
    except DataError:  # the run says so
        return source
    if kept.n_persons < 2:
        st.caption(Words.one_person)
        return source
    TrainPage.add_class.begin(True)
    adds = st.toggle(Words.add, key=TrainPage.add_class.name, persist_state="session")
    taught = int(kept.teaches.sum())
    values = {"n": len(kept), "taught": taught, "tested": len(kept) - taught, "share": percent(SHARE, 0)}
    st.caption((Words.adds if adds else Words.adds_not).format(base=digits.title(source.learnt_from), **values))
    return dataclasses.replace(source, adds_class=bool(adds))


def show_result(run: Run) -> None:
    """Before and after, of a finished run that learnt from a class; by itself while the other one trains."""
    other = class_runs.without(run)
    waits = other is not None and other.active
    st.fragment(_show_result, run_every=LOOK_EVERY_S if waits else None)(run.name, waits)


def _show_result(name: str, waited: bool) -> None:
    run = server.scheduler().find(name)
    other = class_runs.without(run) if run else None
    if run is None or waited != (other is not None and other.active):
        st.rerun()
    st.markdown(f"**{Words.title}**")
    try:
        test = digits.load(run.source, "test")
    except DataError:
        st.info(Words.gone, icon=":material/delete_sweep:")
        return
    if other is None:
        _offer_without(run)
    elif other.active:
        st.caption(Words.training.format(name=other.name, at=other.iteration, target=other.target))
    elif other.iteration != run.iteration:
        st.caption(Words.ended_elsewhere.format(name=other.name, at=other.iteration, here=run.iteration))
    else:
        try:
            both = compared(_right(other, test), _right(run, test))
        except BrokenModel as error:
            st.error(str(error), icon=":material/error:")
        else:
            _show_compared(run, other, both)


def _right(run: Run, test: dataset.Dataset) -> np.ndarray:
    """Of every test digit whether the finished network reads it right, bool (n,); raises BrokenModel."""
    model = store.open_model(server.scheduler().root / run.name)
    right: np.ndarray = lookups.probabilities(store.load(model), test).argmax(axis=1) == test.labels
    return right


def _show_compared(run: Run, other: Run, both: BeforeAfter) -> None:
    values = dataclasses.asdict(both) | {"p": both.p, "other": other.name, "name": run.name}
    verdict = Words.verdicts[both.p <= MAX_P] if both.before != both.after else ""
    kept = dataset.collection(run.source)
    n_persons = len(np.unique(kept.persons[~kept.teaches]))
    persons = Words.persons[n_persons == 1].format(n=n_persons)
    st.markdown(f"{Words.told.format(**values)} {verdict.format(**values)} {Words.few.format(persons=persons)}")
    rows = []
    for words, each, right, (low, high) in zip(
        Words.rows, (other, run), (both.before, both.after), both.intervals, strict=True
    ):
        interval = Words.interval.format(low=percent(low, 0), high=percent(high, 0))
        of_validation = f"{each.final.correct:,}" if each.final and each.final.n else Words.not_yet
        rows.append((words, right, both.n, percent(right / both.n, 0), interval, of_validation))
    n_validation = run.final.n if run.final else 0
    columns = [column.format(n=n_validation) for column in Words.columns]
    caption = Words.caption.format(base=digits.title(run.source.learnt_from))
    panels.table(dict(zip(columns, zip(*rows, strict=True), strict=True)), caption, Words.alt, "before-and-after")


def _offer_without(run: Run) -> None:
    st.caption(Words.alone)
    if st.button(Words.start, icon=":material/play_arrow:", key=TrainPage.train_without.name):
        try:
            class_runs.begin_without(run, run.name.partition("-with-class")[0])
        except LimitReached as refused:
            st.error(str(refused), icon=":material/block:")
            return
        st.rerun()
