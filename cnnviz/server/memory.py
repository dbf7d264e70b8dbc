"""Memory that is not needed any more goes back to the system, instead of staying with the process for the next use."""

from __future__ import annotations

import contextlib
import ctypes

M_MMAP_THRESHOLD = -3
"""Of `mallopt` in glibc's malloc.h."""
LARGE_BYTES = 2_000_000


def return_large_blocks() -> None:
    """Have the system hand out and take back each large block by itself.

    glibc does so for blocks above a limit that it raises to the largest block that was ever freed, up to 32 MB.  After
    a first message of 12 MB the next ones lie between what stays, and what they took is not given back: some 4 MB for
    each.  Where there is another C library nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


def give_back() -> None:
    """Give back what is free now; glibc by itself keeps what lies between blocks in use."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
