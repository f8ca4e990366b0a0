"""The records of a zip, read strictly: what two readers could understand in two ways is refused.

The layout is that of PKWARE's APPNOTE 6.3.10, sections 4.3 to 4.5.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

STORED, DEFLATED = 0, 8
MEMBERS, DIRECTORY = 100_000, 1 << 25
"""Members of one archive at most, and bytes of its directory; a checkpoint has one member per tensor."""
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF
"""What a field says whose value stands in a zip64 record."""
ENCRYPTED, DESCRIBED, UTF8 = 1 << 0, 1 << 3, 1 << 11
LEVELS = 1 << 1 | 1 << 2
COMMENT = 65_535

END = struct.Struct("<4s4H2LH")
LOCATOR = struct.Struct("<4sLQL")
END64 = struct.Struct("<4sQ2H2L4Q")
ENTRY = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
END_MARK, LOCATOR_MARK, END64_MARK, ENTRY_MARK, LOCAL_MARK = b"PK\5\6", b"PK\6\7", b"PK\6\6", b"PK\1\2", b"PK\3\4"
DESCRIPTOR_MARK = b"PK\7\x08"


class BrokenZip(Exception):
    """Why a zip is refused; `Archive` says of which file."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the central directory has it: sizes in bytes, and where its local header begins."""

    name: str
    raw: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def members(file: BinaryIO, length: int) -> list[Member]:
    """The central directory of a zip of `length` bytes; raises BrokenZip where it contradicts itself."""
    count, size, offset = _end(file, length)
    if count > MEMBERS or size > DIRECTORY:
        raise BrokenZip(f"it claims {count} members in a directory of {size} bytes, more than {MEMBERS} or {DIRECTORY}")
    found = list(_entries(_bytes(file, offset, size)))
    if len(found) != count:
        raise BrokenZip(f"its directory has {len(found)} members, but its end record says {count}")
    for names in (Counter(member.name for member in found), Counter(member.raw for member in found)):
        if found and (twice := names.most_common(1)[0])[1] > 1:
            raise BrokenZip(f"it has two members named {twice[0]!r}")
    return found


def directory_start(file: BinaryIO, length: int) -> int:
    """Where the central directory begins, and members must end."""
    return _end(file, length)[2]


def _bytes(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    data = file.read(size)
    if len(data) != size:
        raise BrokenZip("it is cut short")
    return data


def _end(file: BinaryIO, length: int) -> tuple[int, int, int]:
    """(members, bytes, offset) of the central directory, which must end where the end records begin."""
    first = max(length - END.size - COMMENT, 0)
    tail = _bytes(file, first, length - first)
    place = tail.rfind(END_MARK)
    if place < 0 or len(tail) - place < END.size:
        raise BrokenZip("it has no end record: it is cut short, or no zip")
    _, *fields, comment = END.unpack_from(tail, place)
    if place + END.size + comment != len(tail):
        raise BrokenZip(f"{len(tail) - place - END.size} bytes follow its end record, which says {comment}")
    if _is_second(tail, place):
        raise BrokenZip("it has two end records")
    end, (disk, start_disk, here, count, size, offset) = _end64(file, first + place, tuple(fields))
    if disk or start_disk or here != count:
        raise BrokenZip("it is a part of an archive of several files")
    if offset + size != end:
        raise BrokenZip(f"its directory is said to be the bytes {offset} to {offset + size}, but ends at {end}")
    return count, size, offset


def _is_second(tail: bytes, last: int) -> bool:
    """Whether another end record before the last one fits the file just as well, with the last in its comment."""
    place = tail.rfind(END_MARK, 0, last)
    while place >= 0:
        if place + END.size + END.unpack_from(tail, place)[-1] == len(tail):
            return True
        place = tail.rfind(END_MARK, 0, place)
    return False


def _end64(file: BinaryIO, end: int, said: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """(where the end records begin, what they say), with the zip64 records where the archive has them."""
    full = (FULL16, FULL16, FULL16, FULL16, FULL32, FULL32)
    place = end - LOCATOR.size
    mark, disk, offset, disks = LOCATOR.unpack(_bytes(file, place, LOCATOR.size)) if place >= 0 else (b"", 0, 0, 0)
    if mark != LOCATOR_MARK:
        if any(value == most for value, most in zip(said, full, strict=True)):
            raise BrokenZip("its end record needs a zip64 record, which is missing")
        return end, said
    if disk or disks > 1 or offset + END64.size > place:
        raise BrokenZip("its zip64 locator leads out of the file")
    mark, size, _, _, *said64 = END64.unpack(_bytes(file, offset, END64.size))
    if mark != END64_MARK or offset + 12 + size != place:
        raise BrokenZip("its zip64 end record is not where its locator says")
    if any(old not in (new, most) for old, new, most in zip(said, said64, full, strict=True)):
        raise BrokenZip("its two end records contradict each other")
    return offset, tuple(said64)


def _entries(data: bytes) -> Iterator[Member]:
    place = 0
    while place < len(data):
        if len(data) - place < ENTRY.size:
            raise BrokenZip("its directory is cut short")
        mark, _, _, flags, method, _, _, crc, packed, size, *rest, offset = ENTRY.unpack_from(data, place)
        name, extra, comment, disk = rest[:4]
        place += ENTRY.size
        end = place + name + extra + comment
        if mark != ENTRY_MARK or end > len(data):
            raise BrokenZip("its directory is damaged")
        raw, more = data[place : place + name], data[place + name : place + name + extra]
        size, packed, offset, disk = widened(more, (size, packed, offset, disk))
        if disk:
            raise BrokenZip("it is a part of an archive of several files")
        yield _checked(Member(_text(raw, flags), raw, flags, method, crc, packed, size, offset))
        place = end


def _text(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode("utf-8" if flags & UTF8 else "cp437")
    except UnicodeDecodeError:
        raise BrokenZip(f"a member is named {raw!r}, which is not UTF-8 as it says") from None
    if "\0" in name or not name:
        raise BrokenZip(f"a member is named {name!r}")
    return name


def _checked(member: Member) -> Member:
    if member.flags & ENCRYPTED:
        raise BrokenZip(f"{member.name!r} is encrypted")
    if member.flags & ~(DESCRIBED | UTF8 | LEVELS):
        raise BrokenZip(f"{member.name!r} has the flags {member.flags:#x}, which are not read")
    if member.method not in (STORED, DEFLATED):
        raise BrokenZip(f"{member.name!r} is packed by method {member.method}, expected stored (0) or deflated (8)")
    if member.method == STORED and member.packed != member.size:
        raise BrokenZip(f"{member.name!r} is stored in {member.packed} bytes, but has {member.size}")
    if member.name.endswith("/") and member.size:
        raise BrokenZip(f"{member.name!r} is a folder with {member.size} bytes")
    return member


def widened(extra: bytes, values: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes and offsets of a header, those that are full taken from its zip64 field, in their order."""
    wide = _zip64(extra)
    found = []
    for number, value in enumerate(values):
        width, most = (4, FULL16) if number == 3 else (8, FULL32)
        if value == most:
            if len(wide) < width:
                raise BrokenZip("a size needs a zip64 field, which is missing or short")
            value, wide = int.from_bytes(wide[:width], "little"), wide[width:]
        found.append(value)
    return tuple(found)


def _zip64(extra: bytes) -> bytes:
    place, found = 0, b""
    while place + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, place)
        place += 4 + size
        if kind == 1:
            if found or place > len(extra):
                raise BrokenZip("its zip64 fields are damaged")
            found = extra[place - size : place]
    return found


def locate(file: BinaryIO, member: Member) -> tuple[int, int]:
    """(begin, end) of a member's data and of what follows it; raises BrokenZip for a local header that differs."""
    mark, _, flags, method, _, _, crc, packed, size, name, extra = LOCAL.unpack(_bytes(file, member.offset, LOCAL.size))
    if mark != LOCAL_MARK:
        raise BrokenZip(f"{member.name!r} has no local header")
    raw = file.read(name)
    size, packed = widened(file.read(extra), (size, packed))
    start = member.offset + LOCAL.size + name + extra
    later = bool(flags & DESCRIBED)
    fits = [
        raw == member.raw,
        method == member.method,
        flags & (ENCRYPTED | DESCRIBED) == member.flags & DESCRIBED,
        all(
            here == there or (later and not here)
            for here, there in ((crc, member.crc), (packed, member.packed), (size, member.size))
        ),
    ]
    if not all(fits):
        what = ("name", "method", "flags", "size or checksum")[fits.index(False)]
        raise BrokenZip(f"the local header of {member.name!r} has another {what} than the directory")
    end = start + member.packed
    return start, end + (_descriptor(file, end, member) if later else 0)


def _descriptor(file: BinaryIO, place: int, member: Member) -> int:
    """The bytes of the data descriptor after a member; raises BrokenZip where it says other sizes."""
    file.seek(place)
    data = file.read(24)
    for mark in (DESCRIPTOR_MARK, b""):
        for width in ("L", "Q"):
            said = (
                mark + struct.pack(f"<L2{width}", member.crc, member.packed, member.size)
                if _fits(width, member)
                else b""
            )
            if said and data.startswith(said):
                return len(said)
    raise BrokenZip(f"what follows {member.name!r} has another size or checksum than the directory")


def _fits(width: str, member: Member) -> bool:
    return width == "Q" or max(member.packed, member.size) <= FULL32
