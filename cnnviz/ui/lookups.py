"""What a page asks the computing processes for, and what it shows while it waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, wait
from typing import Any

import numpy as np
import streamlit as st

from cnnviz.analysis import evaluation, inspection
from cnnviz.compute import backend
from cnnviz.compute.backend import Priority
from cnnviz.compute.jobs import Call
from cnnviz.data.dataset import Dataset
from cnnviz.network.weights import Network, may_overflow
from cnnviz.ui import server, state, texts

CHUNK = 1000
LOOK_EVERY_S = 0.2
YIELD_EVERY_S = 0.1
"""While a page waits, a click ends its run that soon."""
SOON_S, PATIENCE_S = 0.4, 120


def probabilities(network: Network, digits: Dataset) -> np.ndarray:
    """The network's softmax for every digit, float32 (n, 10); shows its progress while it computes."""
    n = len(digits)
    key, calls = _evaluation(network, digits)
    parts = results(key, calls, lambda done: texts.EVALUATING.format(n=n, done=min(n, done * CHUNK)))
    return _finite(np.concatenate(parts))


def probabilities_soon(network: Network, digits: Dataset) -> np.ndarray | None:
    """The same without waiting: None until it is known.

    It is computed from the first call on, until `leave_probabilities`; who wants it asks again now and then.
    """
    probs = probabilities_begun(network, digits)
    return None if probs is None else _finite(probs)


def probabilities_begun(network: Network, digits: Dataset) -> np.ndarray | None:
    """The same, not looked at whether they are numbers; touches nothing of a session, so no page need run."""
    parts = server.jobs().begin(*_evaluation(network, digits))
    return None if parts is None else np.concatenate(parts)


def leave_probabilities(network_key: str, digits_key: str) -> None:
    """What `probabilities_soon` began is wanted no longer; goes on where somebody else waits for it."""
    server.jobs().leave(("probabilities", network_key, digits_key))


def _evaluation(network: Network, digits: Dataset) -> tuple[Hashable, Callable[[], Sequence[Call]]]:
    """The job of reading every digit: its key, and what makes its parts."""
    starts = range(0, len(digits), CHUNK)
    return ("probabilities", network.key, digits.key), lambda: [
        (evaluation.probabilities_of_range, network, digits, start, start + CHUNK) for start in starts
    ]


def results(key: Hashable, calls: Callable[[], Sequence[Call]], progress: Callable[[int], str]) -> list[Any]:
    """What a long computation in parts comes to; it is done once a server, and a bar shows how far it is.

    Args:
        key: what is computed.
        calls: makes the parts' functions and arguments.
        progress: what the bar says when so many parts are done.

    Returns:
        the parts' results, in order; when the computing process is gone the page says so and ends.
    """
    # Streamlit ends a page's run by an exception inside `bar.progress`; leaving the context cancels what is left.
    with failures(), server.jobs().waiting(key, calls) as job:
        if not job.wait(0):
            bar = st.progress(0.0)
            is_over = False
            while not is_over:
                bar.progress(job.n_done / len(job.parts), progress(job.n_done))
                is_over = job.wait(LOOK_EVERY_S)
            bar.empty()
        return job.results()


def activations(network: Network, images: np.ndarray) -> dict[str, np.ndarray]:
    """What leaves every layer for float32 images (n, 28, 28, 1); by layer name."""
    outputs: dict[str, np.ndarray] = ask(inspection.activations, network, images)
    _finite(outputs["softmax"])
    return outputs


def reading(network: Network, images: np.ndarray, of_first: Sequence[str]) -> dict[str, np.ndarray]:
    """Logits and softmax for images as for `activations`, and the outputs of some layers for the first one."""
    outputs: dict[str, np.ndarray] = ask(inspection.reading, network, images, tuple(of_first))
    _finite(outputs["softmax"])
    return outputs


def _finite(probs: np.ndarray) -> np.ndarray:
    """The same; where they are no numbers the page says so and ends."""
    if not np.isfinite(probs).all():
        st.error(texts.NOT_FINITE, icon=":material/error:")
        st.stop()
    return probs


def has_finite_outputs(network: Network) -> bool:
    """False when what the network computes are no numbers; hardly any network needs to be run to know."""
    if not may_overflow(network):
        return True
    key = ("finite", network.key)
    (is_finite,) = results(key, lambda: [(inspection.has_finite_outputs, network)], lambda _: texts.COMPUTING)
    return bool(is_finite)


def ask(function: Callable[..., Any], *args: Any) -> Any:
    """What a function answers in the computing process; a sign is shown when it takes long, as at the server's start.

    When the page's run ends before, the answer is not computed any more.
    """
    answer = backend.submit(function, *args, priority=Priority.ANSWER)
    try:
        wait([answer], SOON_S)
        with failures():
            if answer.done():
                return answer.result()
            with st.spinner(texts.COMPUTING, show_time=True):
                return _result(answer)
    finally:
        answer.cancel()


def call(function: Callable[..., Any], *args: Any) -> Any:
    """What a function answers in the computing process, without a sign that one waits; errors as of `backend.call`."""
    answer = backend.submit(function, *args, priority=Priority.ANSWER)
    try:
        return _result(answer)
    finally:
        answer.cancel()


def _result(answer: Future[Any]) -> Any:
    """The result, PATIENCE_S from now at the latest; the page's run ends here when something else is clicked."""
    deadline = time.monotonic() + PATIENCE_S
    while not wait([answer], YIELD_EVERY_S).done and time.monotonic() < deadline:
        state.let_go()
    return answer.result(0)


class failures:  # noqa: N801 - reads as a statement: with failures()
    """Says on the page that the computing process is gone, and ends the page there."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, (backend.BackendError, TimeoutError)):
            st.error(texts.BACKEND_FAILED.format(reason=error), icon=":material/error:")
            st.stop()
