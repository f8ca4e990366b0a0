"""A zip archive whose members are read only as they are declared: place, method, size and checksum.

Python's zipfile takes the word of the central directory, torch's mapped reading that of the size alone: a member that
says one thing in one place and another elsewhere is then read wrongly and in silence. Here it is refused.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np

from ..common.errors import FileError
from ..common.memory import Mapped, is_mapping, is_unread, let_go
from .limits import Budget, is_swollen
from .stored import BLOCK, Stored
from .zip_records import DEFLATED, STORED, BrokenZip, Member, directory_start, locate, members

if TYPE_CHECKING:
    from ..common.spec import Array


class Archive:
    """An open zip, every header of which was held against the others; errors call it `what`, as in ".npz file"."""

    def __init__(self, path: Path, what: str) -> None:
        self.path, self.what = path, what
        try:
            self.file: BinaryIO = path.open("rb")
        except OSError as error:
            raise FileError(f"cannot read {path}: {error.strerror or error}") from None
        try:
            self.length = os.fstat(self.file.fileno()).st_size
            self.members = {member.name: member for member in members(self.file, self.length)}
            self.starts = self._locate()
        except (BrokenZip, OSError) as error:
            self.file.close()
            raise self.error(str(error)) from None
        self.budget, self.read_once = Budget(self.length), set[str]()
        self.map: Mapped | None = None
        self.has_checksums = True
        """Whether a member whose checksum is 0 is damaged; see `torch_zip`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()

    def error(self, reason: str) -> FileError:
        """The error for an archive that is not whole."""
        return FileError(f"{self.path} is not a whole {self.what} ({reason})")

    def _locate(self) -> dict[str, int]:
        """Where the data of each member begins; raises BrokenZip where two overlap, or bytes stand before the first."""
        starts, free = {}, 0
        for member in sorted(self.members.values(), key=lambda member: member.offset):
            if member.offset < free or (not free and member.offset):
                raise BrokenZip(f"{member.name!r} begins at byte {member.offset}, where the one before ends at {free}")
            starts[member.name], free = locate(self.file, member)
        if free > directory_start(self.file, self.length):
            raise BrokenZip("its last member reaches into its directory")
        return starts

    def read(self, name: str) -> Any:
        """The bytes of a member as an array of uint8, its checksum compared; raises FileError where it is damaged."""
        member = self._permitted(name)
        self.budget.take(member.size, f"{self.path}: {name}")
        if member.method == STORED and is_mapping():
            return self._mapped(member)
        data = np.empty(member.size, np.uint8)
        place, found = data.data, 0
        for block in self._blocks(member, place):
            found = zlib.crc32(block, found)
        self._compare(member, found)
        return data

    def small(self, name: str) -> bytes:
        """The bytes of a short member, its checksum compared, without NumPy; raises FileError as `read` does."""
        member, found = self._permitted(name), 0
        self.budget.take(member.size, f"{self.path}: {name}")
        data = bytearray(member.size)
        for block in self._blocks(member, memoryview(data)):
            found = zlib.crc32(block, found)
        self._compare(member, found)
        return bytes(data)

    def _mapped(self, member: Member) -> Array:
        """The bytes of a stored member where they lie in the file."""
        self.map = self.map or Mapped(self.file.fileno())
        data, found = self.map.bytes(self.starts[member.name], member.size), 0
        if is_unread():
            return data
        for start in range(0, member.size, BLOCK):
            found = zlib.crc32(data[start : start + BLOCK].data, found)
        let_go(data)
        self._compare(member, found)
        return data

    def open(self, name: str) -> BinaryIO:
        """A member as a seekable file, its checksum compared first; a stored one is not copied into memory."""
        member = self._permitted(name)
        if member.method == DEFLATED:
            return io.BytesIO(self.read(name).tobytes())
        if not is_unread():
            self.check(name)
        return io.BufferedReader(Stored(self.file, self.starts[name], member.size))

    def check(self, name: str) -> None:
        """Raise FileError where a member is damaged, without keeping it."""
        member, found = self._permitted(name), 0
        for block in self._blocks(member, None):
            found = zlib.crc32(block, found)
        self._compare(member, found)

    def check_rest(self) -> None:
        """Raise FileError where a member that was not read is damaged."""
        for name in () if is_unread() else self.members.keys() - self.read_once:
            self.check(name)

    def _permitted(self, name: str) -> Member:
        member = self.members[name]
        if is_swollen(member.size, member.packed):
            raise FileError(f"{self.path}: {name} would swell from {member.packed} to {member.size} bytes; refused")
        return member

    def _compare(self, member: Member, found: int) -> None:
        if found != member.crc and (self.has_checksums or member.crc):
            raise self.error(f"{member.name!r} is damaged: its checksum differs")
        self.read_once.add(member.name)

    def _blocks(self, member: Member, kept: memoryview | None) -> Iterator[memoryview]:
        """The data of a member in blocks, written into `kept` where that is given."""
        if member.method == DEFLATED:
            return self._inflated(member, kept)
        return self._stored(member, kept)

    def _stored(self, member: Member, kept: memoryview | None) -> Iterator[memoryview]:
        self.file.seek(self.starts[member.name])
        buffer = memoryview(bytearray(min(BLOCK, member.size))) if kept is None else kept
        done = 0
        while done < member.size:
            block = buffer[: member.size - done] if kept is None else kept[done : done + BLOCK]
            count = self.file.readinto(block)  # type: ignore[attr-defined]
            if not count:
                raise self.error(f"{member.name!r} is cut short")
            done += count
            yield block[:count]

    def _inflated(self, member: Member, kept: memoryview | None) -> Iterator[memoryview]:
        """Never more than the declared size comes out, and all of it must; then the packed data is at its end too."""
        inflater, left, done = zlib.decompressobj(-zlib.MAX_WBITS), member.packed, 0
        self.file.seek(self.starts[member.name])
        waiting, stuck = b"", False
        while not inflater.eof:
            if not waiting:
                waiting = self.file.read(min(BLOCK >> 2, left))
                left -= len(waiting)
            if not waiting and stuck:
                raise self.error(f"{member.name!r} is cut short")
            try:
                block = inflater.decompress(waiting, min(BLOCK, member.size - done + 1))
            except zlib.error as error:
                raise self.error(f"{member.name!r} is damaged: {error}") from None
            waiting, stuck = inflater.unconsumed_tail, not block
            if done + len(block) > member.size:
                raise self.error(f"{member.name!r} is longer than the {member.size} bytes that it claims")
            if kept is not None:
                kept[done : done + len(block)] = block
            done += len(block)
            yield memoryview(block)
        if done != member.size or left or inflater.unused_data:
            raise self.error(f"{member.name!r} has {done} bytes, but claims {member.size}")
