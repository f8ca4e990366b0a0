"""Memory for large arrays."""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from .spec import Array, Shape


def machine() -> int:
    """The bytes of memory of this machine; a terabyte where it does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 1 << 40


def empty(shape: Shape, dtype: DTypeLike = "float32") -> Array:
    """An array to be filled, in ordinary pages.

    NumPy's own are in huge ones, which a virtual machine that lends its free memory to the host has to get back first:
    200 MB took it 1.5 to 7 seconds, where these take 0.2.
    """
    wanted = np.dtype(dtype)
    array: Array = np.frombuffer(bytearray(math.prod(shape) * wanted.itemsize), wanted).reshape(shape)
    return array


def trim() -> None:
    """Give the system back what is free inside this process, where the C library is glibc, which keeps it otherwise.

    Below 32 MB an array that is let go stays a hole in the heap, and the peak of a process is that of all holes.
    """
    import ctypes

    with suppress(AttributeError, OSError, TypeError):  # https://man7.org/linux/man-pages/man3/malloc_trim.3.html
        ctypes.CDLL(None).malloc_trim(0)


_MAPPING: ContextVar[bool] = ContextVar("mapping", default=False)


@contextmanager
def mapping() -> Iterator[None]:
    """Read arrays of files, as far as they lie there in one piece, as parts of the file that are not to be written.

    What is read so lasts as long as the file stays as it is, so that nothing of it is handed to a caller.
    """
    token = _MAPPING.set(True)
    try:
        yield
    finally:
        _MAPPING.reset(token)


def is_mapping() -> bool:
    """Whether arrays are to be parts of their files."""
    return _MAPPING.get()


_UNREAD: ContextVar[bool] = ContextVar("unread", default=False)


@contextmanager
def unread() -> Iterator[None]:
    """Read of a file what it says of its arrays, and leave their numbers where they are, with their checksums."""
    token = _UNREAD.set(True)
    try:
        with mapping():
            yield
    finally:
        _UNREAD.reset(token)


def is_unread() -> bool:
    """Whether the numbers of a file are left where they are."""
    return _UNREAD.get()


class Mapped:
    """A file whose bytes are memory; a new map for each array would take a descriptor each."""

    def __init__(self, descriptor: int) -> None:
        self.whole = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)

    def bytes(self, start: int, size: int) -> Array:
        """The bytes of the file from a place on, as an array of uint8; raises ValueError beyond its end."""
        return np.frombuffer(self.whole, np.uint8, size, start) if size else np.empty(0, np.uint8)


def let_go(array: Array) -> None:
    """Give back the memory that parts of a mapped file take; they are read again when they are asked for."""
    base: Any = array
    while isinstance(base, (np.ndarray, memoryview)):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    if isinstance(base, mmap.mmap) and hasattr(base, "madvise"):
        base.madvise(mmap.MADV_DONTNEED)
