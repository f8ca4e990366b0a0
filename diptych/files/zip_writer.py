"""A zip of records that are stored as they are, each begun at a multiple of 64 bytes, so that it can be mapped.

The layout is that of torch.save (torch 2.13), down to the byte: sizes and checksums stand after the data, and the bytes
before it are filled by a field `FB`, so that what torch computes of places in such a file holds. Records of 4 GiB and
more, and those after the first 4 GiB, have the zip64 fields of PKWARE's APPNOTE 6.3.10, section 4.5.3.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .zip_records import (
    DESCRIBED,
    DESCRIPTOR_MARK,
    END,
    END64,
    END64_MARK,
    END_MARK,
    ENTRY,
    ENTRY_MARK,
    FULL16,
    FULL32,
    LOCAL,
    LOCAL_MARK,
    LOCATOR,
    LOCATOR_MARK,
    STORED,
    UTF8,
)

ALIGNMENT = 64
BLOCK = 1 << 22
WIDE, FILLER = 1, int.from_bytes(b"FB", "little")
"""The kinds of extra fields: of zip64, and bytes without a meaning."""
PLAIN, ZIP64 = 20, 45
"""Versions of the format: with and without zip64 records; torch states none where there are none."""
FIRST = 1 << 5 | 1
"""The first day of a zip's calendar, of 1980."""


@dataclass(frozen=True, slots=True)
class _Record:
    name: bytes
    flags: int
    crc: int
    size: int
    offset: int


class Writer:
    """Writes records to an open file, one after the other, and at the end their directory."""

    def __init__(self, file: Any) -> None:
        self.file, self.place = file, 0
        self.records: list[_Record] = []

    def add(self, name: str, size: int, blocks: Iterable[Any]) -> None:
        """Write a record of `size` bytes; raises ValueError where the blocks have another number of bytes."""
        raw, flags = name.encode(), UTF8 | (DESCRIBED if size else 0)
        start, crc, done = self.place, 0, 0
        self._header(raw, flags, size)
        for block in blocks:
            crc, done = zlib.crc32(block, crc), done + memoryview(block).nbytes
            self._put(block)
        if done != size:
            raise ValueError(f"the record {name!r} has {done} bytes, expected {size}")
        if size:
            sizes = "2Q" if size >= FULL32 else "2L"
            self._put(DESCRIPTOR_MARK + struct.pack(f"<L{sizes}", crc, size, size))
        self.records.append(_Record(raw, flags, crc, size, start))

    def _header(self, name: bytes, flags: int, size: int) -> None:
        """The header of a record, filled up so that its data begins at a multiple of ALIGNMENT."""
        wide = _wide(size, size, offset=self.place)
        said = (FULL32, FULL32) if size >= FULL32 else (0, 0)
        empty = LOCAL.size + len(name) + len(wide) + 4
        filler = b"Z" * (-(self.place + empty) % ALIGNMENT)
        extra = wide + struct.pack("<2H", FILLER, len(filler)) + filler
        version = ZIP64 if wide else 0
        self._put(LOCAL.pack(LOCAL_MARK, version, flags, STORED, 0, 0, 0, *said, len(name), len(extra)) + name + extra)

    def add_text(self, name: str, text: str) -> None:
        """Write a text as a record whose header states its size and checksum."""
        raw, data, start = name.encode(), text.encode(), self.place
        crc = zlib.crc32(data)
        self._put(_sized(raw, crc, len(data), False))
        self._put(data)
        self.records.append(_Record(raw, UTF8, crc, len(data), start))

    @contextmanager
    def region(self, name: str, most: int) -> Iterator[Region]:
        """A record to be written in any order, of about `most` bytes; its header says its size and checksum.

        What is below 2 GiB has no zip64 field there, as Python's zipfile writes it.
        """
        raw, start = name.encode(), self.place
        wide = most >= FULL32 >> 1
        self._put(_sized(raw, 0, 0, wide))
        region = Region(self.file, self.place)
        yield region
        size, crc = region.size, region.checksum()
        if size >= FULL32 and not wide:
            raise ValueError(f"the record {name!r} has {size} bytes, expected less than {FULL32}")
        self.file.seek(start)
        self.file.write(_sized(raw, crc, size, wide))
        self.place += size
        self.file.seek(self.place)
        self.records.append(_Record(raw, UTF8, crc, size, start))

    def close(self) -> None:
        """Write the directory of all records."""
        begin = self.place
        for record in self.records:
            self._put(_entry(record))
        count, size = len(self.records), self.place - begin
        if count >= FULL16 or size >= FULL32 or begin >= FULL32:
            end = self.place
            told = (END64.size - 12, ZIP64, ZIP64, 0, 0, count, count, size, begin)
            self._put(END64.pack(END64_MARK, *told) + LOCATOR.pack(LOCATOR_MARK, 0, end, 1))
        least = (min(count, FULL16), min(count, FULL16), min(size, FULL32), min(begin, FULL32))
        self._put(END.pack(END_MARK, 0, 0, *least, 0))

    def _put(self, data: Any) -> None:
        self.file.write(data)
        self.place += memoryview(data).nbytes


class Region(io.RawIOBase):
    """A part of an open file from a place on, as a file of its own."""

    def __init__(self, file: Any, start: int) -> None:
        super().__init__()
        self.file, self.start, self.place, self.size = file, start, 0, 0

    def write(self, data: Any, /) -> int:
        """Write all of the data."""
        self.file.seek(self.start + self.place)
        count = memoryview(data).nbytes
        self.file.write(data)
        self.place += count
        self.size = max(self.size, self.place)
        return count

    def readinto(self, buffer: Any, /) -> int:
        """What was written from here on."""
        view = memoryview(buffer).cast("B")[: max(self.size - self.place, 0)]
        self.file.seek(self.start + self.place)
        count = int(self.file.readinto(view) or 0)
        self.place += count
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to a place, from the beginning, from here or from the end."""
        self.place = max(0, offset + (0, self.place, self.size)[whence])
        return self.place

    def truncate(self, size: int | None = None, /) -> int:
        """Make the part as long as said, or as far as here."""
        self.size = self.place if size is None else size
        self.file.truncate(self.start + self.size)
        return self.size

    def tell(self) -> int:
        """The place of the next byte."""
        return self.place

    def readable(self) -> bool:
        """Yes."""
        return True

    writable = seekable = readable

    def checksum(self) -> int:
        """The CRC-32 of all of it."""
        crc, buffer = 0, memoryview(bytearray(min(BLOCK, self.size)))
        self.place = 0
        while self.place < self.size:
            count = self.readinto(buffer)
            if not count:
                raise OSError("what was written is not there")
            crc = zlib.crc32(buffer[:count], crc)
        return crc


def _sized(name: bytes, crc: int, size: int, wide: bool) -> bytes:
    """The header of a record that states its size and checksum."""
    extra = struct.pack("<2H2Q", WIDE, 16, size, size) if wide else b""
    said = FULL32 if wide else size
    version = ZIP64 if wide else PLAIN
    return (
        LOCAL.pack(LOCAL_MARK, version, UTF8, STORED, 0, FIRST, crc, said, said, len(name), len(extra)) + name + extra
    )


def _entry(record: _Record) -> bytes:
    """What the directory says of a record."""
    extra = _wide(record.size, record.size, offset=record.offset)
    size, offset = min(record.size, FULL32), min(record.offset, FULL32)
    made = ZIP64 if extra else 0
    head = (ENTRY_MARK, made, made, record.flags, STORED, 0, 0, record.crc, size, size)
    return ENTRY.pack(*head, len(record.name), len(extra), 0, 0, 0, 0, offset) + record.name + extra


def _wide(*sizes: int, offset: int) -> bytes:
    """The zip64 field of what does not fit in 32 bits; nothing where all of it does."""
    long = [value for value in (*sizes, offset) if value >= FULL32]
    return struct.pack(f"<2H{len(long)}Q", WIDE, 8 * len(long), *long) if long else b""
