"""Locks that the system drops when their process ends, however it ends; without `fcntl`, or where it fails, none."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from ..common.errors import FileError

WAIT, STEP = 120.0, 0.02
"""Seconds that a folder is waited for, which others hold for parts of one, and between two looks at it."""

_HERE = threading.local()


def lock_file(path: Path, create: bool = False) -> int | None:
    """A descriptor that holds the lock of a regular file; None where it cannot be had, or where there is no file.

    Raises OSError where a file that is asked for cannot be made.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | (os.O_CREAT if create else 0)
    try:
        descriptor = os.open(path, flags, 0o666)
    except OSError:
        if create:
            raise
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode) and _lock(descriptor):
        return descriptor
    os.close(descriptor)
    return None


@contextmanager
def folder_locked(folder: Path) -> Iterator[None]:
    """Hold a folder against other writers of diptych; raises FileError where one holds it for too long.

    Within one thread it may be held again. On a file system without locks nothing is held, nor is a folder that cannot
    be read.
    """
    held: set[tuple[int, int]] = _HERE.__dict__.setdefault("held", set())
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        yield
        return
    found = os.fstat(descriptor)
    key = (found.st_dev, found.st_ino)
    try:
        if key in held:
            yield
            return
        _wait(descriptor, folder)
        held.add(key)
        try:
            yield
        finally:
            held.discard(key)
    finally:
        os.close(descriptor)


def _wait(descriptor: int, folder: Path) -> None:
    end = time.monotonic() + WAIT
    while not _lock(descriptor, otherwise=True):
        if time.monotonic() > end:
            raise FileError(f"another diptych has held {folder} for {WAIT:.0f} s; end it, or write elsewhere")
        time.sleep(STEP)


def _lock(descriptor: int, otherwise: bool = False) -> bool:
    """Whether this process has the lock now; `otherwise` is the answer where the system has no locks."""
    if find_spec("fcntl") is None:  # on Windows
        return otherwise
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return otherwise
    return True
