"""A file to write for libraries that do not bear it when the disk is full.

After a failed write libhdf5 dies when it closes the file, and torch in a destructor; zipfile complains once more when
it is collected. So they are given a file of ours, which keeps the first error to itself, takes all that comes after it,
and says it at the end.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KEPT = 1 << 20
"""Bytes of the longest write after an error that is kept in memory: a library may read what tells it its own places."""


class Guarded(io.RawIOBase):
    """A new file, to write and to read back, that no write fails on: `error` is what the first one failed with."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.error: OSError | None = None
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
        self._place = self._size = 0
        self._later: list[tuple[int, bytes]] = []

    def write(self, data: Any, /) -> int:
        """Take all of the data, and put it into the file as long as that goes well."""
        view = memoryview(data)
        view = view.cast("B") if view.nbytes else memoryview(b"")
        if self.error is None:
            try:
                self._put(view)
            except OSError as error:
                self.error = error
        if self.error is not None and len(view) <= KEPT:
            self._later.append((self._place, bytes(view)))
        self._place += len(view)
        self._size = max(self._size, self._place)
        return len(view)

    def _put(self, view: memoryview) -> None:
        done = 0
        while done < len(view):
            done += os.pwrite(self._descriptor, view[done:], self._place + done)

    def readinto(self, buffer: Any, /) -> int:
        """What was written, from the file or, after an error, from memory; zeros where it is in neither."""
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._size - self._place))
        view[:count] = os.pread(self._descriptor, count, self._place).ljust(count, b"\0")
        for place, data in self._later:
            start, end = max(place, self._place), min(place + len(data), self._place + count)
            if start < end:
                view[start - self._place : end - self._place] = data[start - place : end - place]
        self._place += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to a place, from the beginning, from here or from the end."""
        self._place = max(0, offset + (0, self._place, self._size)[whence])
        return self._place

    def truncate(self, size: int | None = None, /) -> int:
        """Make the file as long as said, or as far as here."""
        self._size = self._place if size is None else size
        if self.error is None:
            try:
                os.ftruncate(self._descriptor, self._size)
            except OSError as error:
                self.error = error
        return self._size

    def tell(self) -> int:
        """The place of the next byte."""
        return self._place

    def readable(self) -> bool:
        """Yes."""
        return True

    writable = seekable = readable

    def close(self) -> None:
        """Close the file, once."""
        if not self.closed:
            super().close()
            os.close(self._descriptor)


@contextmanager
def guarded(path: Path) -> Iterator[Any]:
    """A new file to write, a Guarded; raises OSError at the end where a write failed, whatever else came of that."""
    with Guarded(path) as file:
        try:
            yield file
        except Exception:
            if file.error is None:
                raise
        if file.error is not None:
            raise file.error from None
