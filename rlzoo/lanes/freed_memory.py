"""Memory that is freed and soon needed again."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # from malloc.h
_LARGEST = 32 * 2**20  # glibc's limit for the first threshold


def keep_freed_memory() -> None:
    """Have glibc keep freed memory, instead of returning it to the system at once.

    Otherwise each large tensor of an update gets new pages, which the kernel fills with zeros: about as much work as
    the update. Does nothing where the C library has no `mallopt`.
    """
    with suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _LARGEST)
        library.mallopt(_TRIM_THRESHOLD, 2**30)
