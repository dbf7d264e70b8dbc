"""Modules that are named at the top of a file and loaded on first use, one at a time.

One at a time, since packages whose modules import each other (SciPy's do) can fail when two threads begin at different
ends: each waits for the other, and Python hands one of them a module that is half there.

Not `importlib.util.LazyLoader`, nor a library on top of it: that enters an unloaded module into `sys.modules`, and
Streamlit, which calls `keras.backend.clear_session()` after every run when it finds a `keras` there, would load
TensorFlow into its own process.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import threading
from collections.abc import Iterator
from typing import Any

_loading = threading.RLock()


def load(name: str) -> Any:
    """Import a module while no other thread loads one by this function or by a LazyModule.

    Raises:
        ImportError: as the import statement.
    """
    with _loading:
        return importlib.import_module(name)


class LazyModule:
    """Stands for a module; the first attribute that is asked for imports it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        module = self.__dict__.get("_module")
        if module is None:  # once it is there, nobody waits for what another thread loads
            module = self.__dict__["_module"] = self._load()
        return getattr(module, attribute)

    def _load(self) -> Any:
        return load(self._name)


class LazyTensorFlow(LazyModule):
    """TensorFlow or Keras, without the lines on devices and instruction sets that they print before any setting."""

    def _load(self) -> Any:
        with _loading:
            return self._load_quietly()

    def _load_quietly(self) -> Any:
        with quiet_tensorflow():
            tensorflow = load("tensorflow")
            tensorflow.constant(0)
            tensorflow.get_logger().setLevel("ERROR")
            return load(self._name)


@contextlib.contextmanager
def quiet_tensorflow() -> Iterator[None]:
    """Around the import of TensorFlow: choose it for Keras, and let it print nothing."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with _silent_stderr():
        yield


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Send file descriptor 2 nowhere: the lines come from C++, before Python could filter them."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


tf: Any = LazyTensorFlow("tensorflow")
keras: Any = LazyTensorFlow("keras")
