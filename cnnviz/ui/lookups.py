"""Answers from behind the door that a page waits for, each computed once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future, wait
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from cnnviz.analysis import evaluation, inspection
from cnnviz.compute import backend
from cnnviz.data.dataset import Dataset
from cnnviz.network.weights import Network
from cnnviz.ui import texts

T = TypeVar("T")
CHUNK = 1000
KEEP = 32
LOOK_EVERY_S = 0.2
SOON_S, PATIENCE_S = 0.4, 120


@st.cache_resource(show_spinner=False)
def _evaluations() -> dict[tuple[str, str], list[Future[np.ndarray]]]:
    """Evaluations begun on this server, by network and data set; sessions share them."""
    return {}


def probabilities(network: Network, digits: Dataset) -> np.ndarray:
    """The network's softmax for every digit, float32 (n, 10); shows its progress while it computes."""
    begun, key = _evaluations(), (network.key, digits.key)
    if key not in begun or any(part.done() and part.exception() for part in begun[key]):
        begun[key] = [
            backend.submit(evaluation.probabilities_of_range, network, digits, start, start + CHUNK)
            for start in range(0, len(digits), CHUNK)
        ]
        while len(begun) > KEEP:
            begun.pop(next(iter(begun)), None)  # another session may have taken it out
    parts = begun[key]
    n = len(digits)
    return np.concatenate(finished(parts, lambda done: texts.EVALUATING.format(n=n, done=min(n, done * CHUNK))))


def finished(parts: Collection[Future[T]], told: Callable[[int], str]) -> list[T]:
    """Wait for every part of something long, with a progress bar while any is under way.

    Args:
        parts: futures of the backend.
        told: what the bar says when so many of them are done.

    Returns:
        their results, in order; when the computing process is gone the page says so and ends.
    """
    waiting = {part for part in parts if not part.done()}
    if waiting:
        bar = st.progress(0.0)
        while waiting:
            done = len(parts) - len(waiting)
            bar.progress(done / len(parts), told(done))
            _, waiting = wait(waiting, LOOK_EVERY_S)
        bar.empty()
    with failures():
        return [part.result() for part in parts]


def activations(network: Network, images: np.ndarray) -> dict[str, np.ndarray]:
    """What leaves every layer for float32 images (n, 28, 28, 1); by layer name."""
    answer: dict[str, np.ndarray] = ask(inspection.activations, network, images)
    return answer


def ask(function: Callable[..., Any], *args: Any) -> Any:
    """What a function behind the door answers; a sign is shown when it takes long, as at the server's start."""
    answer = backend.submit(function, *args, lane="answers")
    wait([answer], SOON_S)
    with failures():
        if answer.done():
            return answer.result()
        with st.spinner(texts.COMPUTING, show_time=True):
            return answer.result(PATIENCE_S)


class failures:  # noqa: N801 - reads as a statement: with failures()
    """Tells when the computing process is gone, and ends the page there."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, (backend.BackendError, TimeoutError)):
            st.error(texts.BACKEND_FAILED.format(reason=error), icon=":material/error:")
            st.stop()
