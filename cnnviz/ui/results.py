"""What came of runs and models, ready to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st

from cnnviz.data.mnist import DataError
from cnnviz.experiments.comparing import Result
from cnnviz.experiments.statistics import wilson_interval
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel, Card
from cnnviz.network.config import n_weights
from cnnviz.network.presets import Plan
from cnnviz.network.weights import weights_checksum
from cnnviz.percentages import percent
from cnnviz.training.run import Run, Status
from cnnviz.ui import choice, digits, lookups, server, texts


@dataclass(frozen=True)
class Row:
    """A run or a model in a table.

    Attributes:
        validation, test: digits read right, and all of them, of the validation and the test set; None when it is not
            known.
        test_digits: name of the test digits, as a card has it; "" when it was not tested.
        run: the run that it came of, where this server knows it.
    """

    name: str
    plan: Plan
    iterations: int
    seconds: float
    validation: tuple[int, int] | None
    test: tuple[int, int] | None
    test_digits: str
    run: Run | None = None

    @property
    def n_weights(self) -> int:
        """Trainable numbers of its network."""
        return n_weights(self.plan.network)

    @property
    def seconds_per_1000(self) -> float:
        """Seconds that 1,000 iterations took."""
        if self.run:
            return self.run.seconds_per_1000
        return 1000 * self.seconds / self.iterations if self.iterations else 0.0


def rows() -> dict[str, Row]:
    """Every model and every run by name, the latest run first, shipped networks last."""
    runs = {run.name: run for run in reversed(server.scheduler().runs())}
    models = store.models()
    cards = {model.name: model.card for model in models}
    table = {name: _of_run(run, cards.get(name)) for name, run in runs.items() if run.begun}
    for model in models:
        card = model.card
        if card and model.name not in table:
            plan = Plan(card.network, card.recipe, card.seed)
            test = (card.last.correct, card.last.n)
            table[model.name] = Row(
                model.name, plan, card.last.iteration, card.seconds, None, test, card.test_digits, None
            )
    return table


def _of_run(run: Run, card: Card | None) -> Row:
    validation = (run.final.correct, run.final.n) if run.final else None
    test_digits = card.test_digits if card else ""
    return Row(run.name, run.plan, run.iteration, run.seconds, validation, run.test, test_digits, run)


def validation(row: Row) -> tuple[int, int] | None:
    """Validation digits read right, and all of them; read now where nobody did; None where it learnt from them."""
    if row.validation or not row.plan.recipe.keep_validation or (row.run and row.run.status is not Status.FINISHED):
        return row.validation
    right = _right(row, "validation")
    return None if right is None else (int(right.sum()), len(right))


def test_right(row: Row) -> np.ndarray | None:
    """Of every test digit whether it is read right, bool (n,); None where it was tested on others than are here."""
    return _right(row, "test")


def _right(row: Row, part: Literal["validation", "test"]) -> np.ndarray | None:
    """The same of a part of the digits that are chosen, read now."""
    model, source = store.find(row.name), choice.current().source
    try:
        if model is None or model.card is None or model.card.test_digits != digits.load(source, "test").name:
            return None
        chosen, network = digits.load(source, part), store.load(model)
    except (DataError, BrokenModel):
        return None
    if not lookups.has_finite_outputs(network):
        server.overflowing().add(model.card.last.sha256)
        return None
    right: np.ndarray = lookups.probabilities(network, chosen).argmax(axis=1) == chosen.labels
    return right


def of_run(run: Run) -> Result | None:
    """What an exercise wants to know of a run; None until it has ended, no counts where its plan was not kept."""
    without_model = run.status in (Status.STOPPED, Status.FAILED)
    failure = run.reason if without_model else _not_as_planned(run)
    if failure and (without_model or run.status is Status.FINISHED):
        return Result(run.label, run.plan, n_weights(run.plan.network), 0.0, 0, 0, failure=failure)
    if run.status is not Status.FINISHED or run.test is None:
        return None
    model = store.open_model(server.scheduler().root / run.name)
    if model.card is None:
        return Result(run.label, run.plan, n_weights(run.plan.network), 0.0, 0, 0, failure=model.reason)
    final = (run.final.correct, run.final.n) if run.final else (0, 0)
    return Result(
        run.label,
        run.plan,
        n_weights(run.plan.network),
        run.seconds_per_1000,
        *run.test,
        *final,
        tuple((check.iteration, check.accuracy) for check in run.validated),
        weights_checksum(store.load(model).weights),
    )


def _not_as_planned(run: Run) -> str:
    n, planned = run.iteration, run.plan.recipe.iterations
    if n == planned:
        return ""
    return (texts.STOPPED_AT if n < planned else texts.WENT_ON).format(n=n, planned=planned)


def loaded(run: Run) -> Run:
    """A run with its arrays; without them where they cannot be read."""
    try:
        return server.scheduler().loaded(run.name) or run
    except BrokenModel:
        return run


@st.cache_data(show_spinner=False, max_entries=4096)
def share_and_interval(correct: int, n: int) -> tuple[str, str]:
    """Accuracy and its 95 % interval, as a person reads them."""
    low, high = wilson_interval(correct, n)
    return percent(correct / n), f"{percent(low)} to {percent(high)}"


def state(run: Run) -> str:
    """What a run does, or how it ended, as a person reads it."""
    if run.status is Status.STOPPED:
        return texts.STOPPED
    if run.status is Status.FINISHED and run.iteration < run.plan.recipe.iterations:
        return texts.ENDED_EARLY
    return texts.STATES[run.status.value]
