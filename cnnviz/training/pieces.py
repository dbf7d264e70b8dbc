"""What a run is computed from: its digits, and the functions that are sent to a worker, each a short part of it."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass

import numpy as np

from cnnviz.analysis import evaluation
from cnnviz.data import dataset
from cnnviz.data.dataset import Dataset, Source
from cnnviz.drawing import rejection
from cnnviz.network.config import NetworkConfig
from cnnviz.network.presets import Plan
from cnnviz.network.weights import Network, Weights
from cnnviz.training import advance
from cnnviz.training.advance import RunState
from cnnviz.training.events import Validation
from cnnviz.training.run import Check

N_SUBSET = 1000
"""Validation digits, and test digits, that a run is checked on while it trains; at its end all of them."""


@dataclass(frozen=True, eq=False)
class Digits:
    """The digits of a run: to learn from, to be checked on while it trains and at its end, and to be tested on."""

    train: Dataset
    validation_subset: Dataset | None
    validation: Dataset | None
    test_subset: Dataset
    test: Dataset


def digits_of(train: Dataset, validation: Dataset | None, test: Dataset) -> Digits:
    """With the first digits of validation and test, which a run is checked on while it trains."""
    return Digits(train, _first(validation) if validation else None, validation, _first(test), test)


def checked(digits: Digits, validation: Validation) -> tuple[Dataset | None, Dataset | None]:
    """The validation and the test digits that a piece ends with a check on; the last one leaves out the test digits."""
    if validation is Validation.ALL:
        return digits.validation, None
    return (digits.validation_subset, digits.test_subset) if validation is Validation.SUBSET else (None, None)


def _first(digits: Dataset) -> Dataset:
    return Dataset(digits.images[:N_SUBSET], digits.labels[:N_SUBSET], digits.name)


_loading = threading.Lock()


def load_digits(source: Source, keep_validation: bool) -> Digits:
    """The digits of a run; no validation digits when it learns from those too.

    Raises:
        DataError: when a file is missing or damaged.
    """
    with _loading:  # the cache alone would let several threads read the same at once
        # A class's digits are not remembered: once they are deleted nothing is to learn from them.
        if source.kind != "class":
            return _load_digits(source, keep_validation)
        if source.adds_class:
            return _read_digits(source, keep_validation)
        test, others = dataset.load(source, "test"), _load_digits(source.learnt_from, keep_validation)
        return digits_of(others.train, others.validation, test)


def _read_digits(source: Source, keep_validation: bool) -> Digits:
    train, test = dataset.load_for_training(source, keep_validation), dataset.load(source, "test")
    return digits_of(train, dataset.load(source, "validation") if keep_validation else None, test)


_load_digits = functools.lru_cache(maxsize=2)(_read_digits)


def begin(plan: Plan) -> tuple[RunState, None]:
    """A run's state before its first step, in the form that `piece` has."""
    return advance.start(plan.network, plan.recipe, plan.seed), None


def piece(
    state: RunState, train: Dataset, validation: Dataset | None, test: Dataset | None, iterations: int
) -> tuple[RunState, Check | None]:
    """Some steps, then a check.

    Args:
        state: where the run stands.
        train: the digits that it learns from.
        validation, test: digits that it does not learn from; no check where both are None.
        iterations: how many steps; 0 only checks.

    Raises:
        TrainingDiverged: when a loss is not finite.
    """
    if iterations:
        state = advance.advance(state, train, iterations)
    return state, check(state, validation, test) if validation or test else None


def check(state: RunState, validation: Dataset | None, test: Dataset | None = None) -> Check:
    """Accuracy and mean cross-entropy on digits that the run does not learn from.

    Without test digits it is the check at the end (see `checked`), which also finds the network's least energy.
    """
    of_validation = _read(state, validation) if validation else (0, 0, 0.0)
    test_correct, n_test, _ = _read(state, test) if test else (0, 0, 0.0)
    least = least_energy(Network(state.network, state.weights), validation) if validation and not test else None
    return Check(state.iteration, *of_validation, test_correct, n_test, least)


def least_energy(network: Network, validation: Dataset) -> float | None:
    """The energy below which a drawing is unlike what the network has learnt; None where too few digits tell.

    Args:
        network: at the end of its training.
        validation: digits that it did not learn from.
    """
    return rejection.least_energy_of(evaluation.logits(network, validation.images))


def _read(state: RunState, digits: Dataset) -> tuple[int, int, float]:
    """Digits read right, all of them, and the mean cross-entropy."""
    probs = evaluation.probabilities(Network(state.network, state.weights), digits.images)
    of_truth = probs[np.arange(len(probs)), digits.labels]
    loss = float(-np.log(np.maximum(of_truth, np.finfo(np.float32).tiny)).mean())
    return int((probs.argmax(axis=1) == digits.labels).sum()), len(digits), loss


def examine(config: NetworkConfig, weights: Weights, test: Dataset) -> evaluation.Score:
    """How a snapshot does on the test digits."""
    return evaluation.score(test.labels, evaluation.probabilities(Network(config, weights), test.images))
