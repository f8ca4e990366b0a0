"""A zip of records that are stored as they are, each begun at a multiple of 64 bytes, so that it can be mapped.

The layout is that of torch.save (torch 2.13), down to the byte: sizes and checksums stand after the data, and the bytes
before it are filled by a field `FB`, so that what torch computes of places in such a file holds. Records of 4 GiB and
more, and those after the first 4 GiB, have the zip64 fields of PKWARE's APPNOTE 6.3.10, section 4.5.3.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
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
WIDE, FILLER = 1, int.from_bytes(b"FB", "little")
"""The kinds of extra fields: of zip64, and bytes without a meaning."""
ZIP64 = 45
"""The version of the format that reads zip64 records; torch states none where there are none."""


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
