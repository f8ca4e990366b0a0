"""Where the structures of a file begin and end: there it is cut, and there its sizes are made to lie."""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Iterator

HDF5 = (b"TREE", b"SNOD", b"HEAP", b"GCOL", b"OHDR", b"FRHP", b"FHDB", b"BTHD", b"BTLF", b"OCHK")
ZIP = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08")


def borders(name: str, data: bytes) -> list[int]:
    """The places of a file where one structure ends and the next begins, in order; those of its kind by its name."""
    found = {0, len(data)}
    if data.startswith(b"PK"):
        found |= _marks(data, ZIP) | _zip_fields(data) | _marks(data, HDF5)
    elif data.startswith(b"\x89HDF"):
        found |= {8, 9, 13, 14, 16, 24, 32, 40, 48} | _marks(data, HDF5)
    elif name.endswith(".safetensors"):
        found |= {8, 8 + struct.unpack("<Q", data[:8])[0]} | _marks(data, (b"data_offsets", b"shape", b"dtype"))
    elif name.endswith(".pth"):
        found |= _pickles(data)
    elif name.endswith(".index"):
        found |= {len(data) - 48, len(data) - 8} | set(range(0, len(data), 23))
    elif name.endswith((".onnx", ".pb")):
        found |= set(_fields(data, 0, len(data), 3))
    else:
        found |= set(range(0, len(data), max(len(data) // 16, 1)))
    return sorted(place for place in found if 0 <= place <= len(data))


def structure(name: str, data: bytes) -> list[int]:
    """The places of the bytes that are not numbers of weights, as far as the borders tell: where flips do most."""
    near: set[int] = set()
    for place in borders(name, data):
        near.update(range(max(place - 24, 0), min(place + 48, len(data))))
    return sorted(near)


def _marks(data: bytes, marks: tuple[bytes, ...]) -> set[int]:
    found = set()
    for mark in marks:
        place = data.find(mark)
        while place >= 0:
            found |= {place, place + len(mark)}
            place = data.find(mark, place + 1)
    return found


def _zip_fields(data: bytes) -> set[int]:
    """The places of the fields with sizes and offsets in the headers of a zip."""
    found = set()
    for mark, fields in ((b"PK\x03\x04", (8, 14, 18, 22, 26, 28, 30)), (b"PK\x01\x02", (10, 16, 20, 24, 28, 42, 46))):
        place = data.find(mark)
        while place >= 0:
            found |= {place + field for field in fields}
            place = data.find(mark, place + 1)
    return found


def _pickles(data: bytes) -> set[int]:
    """The ends of the pickles in a legacy torch file, some of its opcodes, and the beginnings of its storages."""
    found, place = set(), 0
    for _ in range(5):
        try:
            opcodes = [at for _, _, at in pickletools.genops(data[place:]) if at is not None]
        except ValueError:
            break
        found |= {place + at for at in opcodes[:: max(len(opcodes) // 24, 1)]}
        place += opcodes[-1] + 1
        found.add(place)
    return found | {place + 8}


def _fields(data: bytes, start: int, end: int, depth: int) -> Iterator[int]:
    """The places where the fields of a protocol buffer begin, and those of the messages in it."""
    place = start
    while place < end:
        yield place
        tag, place = _varint(data, place)
        kind = tag & 7
        if kind == 2:
            size, place = _varint(data, place)
            yield place
            if depth and size and tag >> 3 < 64 and size < 60_000:
                yield from _inner(data, place, place + size, depth - 1)
            place += size
        elif kind == 0:
            _, place = _varint(data, place)
        elif kind in (1, 5):
            place += 8 if kind == 1 else 4
        else:
            return


def _inner(data: bytes, start: int, end: int, depth: int) -> list[int]:
    try:
        return list(_fields(data[:end], start, end, depth))
    except IndexError:  # text or numbers, no message
        return []


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place
