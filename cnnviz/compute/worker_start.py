"""What a worker process does before its first task.

Everything here leans on how other packages behave inside; beside each trick stand its reason, what it gains, and what
happens when a release takes the ground away.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from cnnviz import lazy

LOOK_FOR_SERVER_S = 2
LONG_WORK_NICENESS = 10
"""Long work gives way to everything that a person waits for: the pages, the browser, the answers."""
ASIDE_NICENESS, ASIDE_LEAVES_S = 10, 60
"""What takes minutes gives way as long work does; its process ends when it has had nothing to do for so long."""
LOADING_NICENESS = 10
UNNEEDED_BY_KERAS = ("matplotlib", "pandas", "scipy", "sklearn")
"""Keras loads these when it finds them, and uses none of them here.  TensorFlow is there after 2.1 s without and 3.6 s
with them (seconds from `import tensorflow` on, median of 3, on a machine of two cores shared with other work)."""
ENVIRONMENT = {"LOKY_MAX_MEMORY_LEAK_SIZE": "1e15"}
"""With psutil there (Dask brings it), loky replaces a worker that has grown by 300 MB since its first task.  TensorFlow
and MNIST are larger than that and no leak, and loading them anew takes seconds.  loky reads the variable since 3.7; one
that does not know it replaces the worker, and what it had is sent again."""


def begin(server: int, niceness: int, hidden: Sequence[str], loads_tensorflow: bool = True) -> None:
    """In the worker: what is done once, before the first task.

    Args:
        server: the process to which this worker belongs.
        niceness: how far everything that this worker does gives way to other processes.
        hidden: modules that cannot be found while TensorFlow is loaded.
        loads_tensorflow: whether its tasks need it.

    Raises:
        Exception: when TensorFlow cannot be loaded with these modules hidden.  loky then ends the process: what is
            half loaded cannot be loaded again, and LocalProcess hides nothing from the next one.
    """
    threading.Thread(target=_end_with_server, args=(server,), daemon=True).start()
    give_way(niceness)
    if not loads_tensorflow:
        return
    errors: list[BaseException] = []
    loading = threading.Thread(target=_load_tensorflow, args=(hidden, errors))
    loading.start()
    loading.join()
    if errors:
        raise errors[0]


def give_way(niceness: int, thread: int = 0) -> None:
    """Let other processes go first, where the system allows it.

    Args:
        niceness: how much is added to this process's; 0 leaves everything as it is.
        thread: the native number of a thread which alone shall give way; 0 is the process.  On Linux only, where a
            thread has a niceness of its own; elsewhere nothing happens.
    """
    with contextlib.suppress(OSError):  # a container may forbid it; the work is done all the same
        if thread and sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, thread, niceness)
        elif niceness and not thread and hasattr(os, "nice"):  # not on Windows
            os.nice(niceness)


def _load_tensorflow(hidden: Sequence[str], errors: list[BaseException]) -> None:
    """In a thread of its own: import TensorFlow without taking the processor from the browser that shows a page.

    The worker is at full speed again once this thread has ended.  Its other threads import nothing meanwhile, so that
    nobody but Keras misses what is hidden.
    """
    give_way(LOADING_NICENESS, threading.get_native_id())
    try:
        with not_found(hidden), lazy.quiet_tensorflow():
            lazy.load("tensorflow")  # and no more: threads that TensorFlow begins here to compute would stay as slow
    except BaseException as error:
        errors.append(error)


@contextlib.contextmanager
def not_found(names: Sequence[str]) -> Iterator[None]:
    """Let the import of these modules fail with a ModuleNotFoundError, as if they were not installed.

    What has been loaded already stays; afterwards all of them can be imported.  A None in `sys.modules` is the import
    system's documented way to say so.
    """
    hidden = [name for name in names if name not in sys.modules]
    no_modules: dict[str, Any] = dict.fromkeys(hidden)
    sys.modules.update(no_modules)
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


def _end_with_server(server: int) -> None:
    """End this worker when its parent is another than the server: one that was killed could not end its workers."""
    while os.getppid() == server:
        time.sleep(LOOK_FOR_SERVER_S)
    os._exit(0)


def settle() -> None:
    """In a warm worker: take what is loaded out of the garbage collector's sight; loky collects every second."""
    gc.collect()
    gc.freeze()
