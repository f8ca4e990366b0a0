"""A member of a zip that is stored as it is, as a file of its own: read in place, without a copy in memory."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

LOCAL = struct.Struct("<4s22xHH")
"""Of a local header: its mark, and the lengths of the name and of the extra field after its 30 bytes."""
BLOCK = 1 << 22


def open_member(path: Path, info: zipfile.ZipInfo) -> BinaryIO:
    """The member as a seekable file, its checksum compared first; raises BadZipFile where that differs.

    A compressed member is unpacked into memory.
    """
    if info.compress_type != zipfile.ZIP_STORED:
        with zipfile.ZipFile(path) as archive:
            return io.BytesIO(archive.read(info))
    member = Stored(path, info)
    try:
        member.check(info.CRC)
    except zipfile.BadZipFile:
        member.close()
        raise
    return io.BufferedReader(member)


class Stored(io.RawIOBase):
    """The bytes of a stored member, by its place in the file."""

    def __init__(self, path: Path, info: zipfile.ZipInfo) -> None:
        super().__init__()
        self.file = path.open("rb", buffering=0)
        self.length, self.place = info.file_size, 0
        self.file.seek(info.header_offset)
        head = self.file.read(LOCAL.size)
        if len(head) < LOCAL.size or not head.startswith(b"PK\x03\x04"):
            self.file.close()
            raise zipfile.BadZipFile(f"{info.filename} has no local header")
        _, name, extra = LOCAL.unpack(head)
        self.start = info.header_offset + LOCAL.size + name + extra
        if self.start + self.length > os.fstat(self.file.fileno()).st_size:
            self.file.close()
            raise zipfile.BadZipFile(f"{info.filename} is cut short")

    def check(self, expected: int) -> None:
        """Raise BadZipFile where the bytes do not have this checksum."""
        found, buffer = 0, memoryview(bytearray(BLOCK))
        self.seek(0)
        while count := self.readinto(buffer):
            found = zlib.crc32(buffer[:count], found)
        self.seek(0)
        if found != expected:
            raise zipfile.BadZipFile("its checksum differs: the file is damaged")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.length}[whence]
        return self.place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        view = memoryview(buffer)[: max(self.length - self.place, 0)]
        self.file.seek(self.start + self.place)
        count = self.file.readinto(view) or 0
        self.place += count
        return count

    def close(self) -> None:
        self.file.close()
        super().close()
