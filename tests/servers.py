"""The process of a server that a test has started, and stopping it for a while."""

import contextlib
import signal

import pytest

psutil = pytest.importorskip("psutil")


def at(address):
    """The process of the server at an address."""
    port = address.rsplit(":", 1)[1]
    (process,) = [child for child in psutil.Process().children() if port in child.cmdline()]
    return process


@contextlib.contextmanager
def stopped(address):
    """The server at an address does nothing meanwhile: SIGSTOP."""
    process = at(address)
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)
