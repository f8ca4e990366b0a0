"""A member of a zip that is stored as it is, as a file of its own: read in place, without a copy in memory."""

from __future__ import annotations

import io
from typing import BinaryIO

BLOCK = 1 << 22
"""Bytes that are read at a time."""


class Stored(io.RawIOBase):
    """The `length` bytes of an open file from `start` on; the file stays open when this is closed."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        super().__init__()
        self.file, self.start, self.length, self.place = file, start, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.length}[whence]
        if place < 0:
            raise ValueError(f"a place before the beginning ({place})")
        self.place = place
        return place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        view = memoryview(buffer)[: max(self.length - self.place, 0)]
        self.file.seek(self.start + self.place)
        count = self.file.readinto(view) or 0  # type: ignore[attr-defined]
        self.place += count
        return int(count)
