"""The bytes of a pickle, taken piece by piece: never more than is left, with the place for errors."""

from __future__ import annotations

import io
import os
from typing import BinaryIO

from ..common.errors import FileError

LINE = 1 << 16
"""Bytes of an argument that ends with its line, at most."""


class Stream:
    """A part of a file, from where it stands on; errors say what it is a part of, as in "x.pth"."""

    def __init__(self, file: BinaryIO, length: int, where: str) -> None:
        self.file, self.length, self.where = file, length, where
        self.read = file.read

    def take(self, count: int) -> bytes:
        """The next bytes; raises FileError where fewer are left, before memory is taken for them."""
        if count > 64:
            self.need(count)
        data = self.read(count)
        if len(data) != count:
            raise self.error("it is cut short")
        return data

    def skip(self, count: int) -> None:
        """Leave the next bytes unread; raises FileError where fewer are left."""
        self.need(count)
        self.file.seek(count, os.SEEK_CUR)

    def need(self, count: int) -> None:
        """Raise FileError where fewer bytes are left."""
        left = self.length - self.file.tell()
        if count > left:
            raise self.error(f"it claims {count} bytes where {left} are left")

    def line(self) -> bytes:
        """The next line, without its end."""
        found = self.file.readline(LINE)
        if not found.endswith(b"\n"):
            raise self.error("a line has no end")
        return found[:-1]

    def error(self, reason: str) -> FileError:
        """The error at the place reached."""
        return FileError(f"{self.where} is not a whole torch checkpoint (pickle, byte {self.file.tell()}: {reason})")


def stream_of(data: bytes, where: str) -> Stream:
    """Bytes in memory as a stream."""
    return Stream(io.BytesIO(data), len(data), where)
