"""The table of sorted keys that the index of a TensorFlow checkpoint is (LevelDB's format), read as bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

MAGIC = 0xDB4775248B80FB57
FOOTER, TRAILER = 48, 5
"""The bytes at the end of a table, and those after each block: how it is compressed, and its checksum."""


def block(data: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a block; each key says how many bytes it shares with the one before."""
    if size < 4 or start + size + TRAILER > len(data) - FOOTER:
        raise ValueError("a block lies outside of it")
    if data[start + size]:
        raise ValueError("it is compressed; save the checkpoint again")
    body = data[start : start + size]
    end = size - 4 - 4 * int(struct.unpack("<I", body[-4:])[0])
    key, place = b"", 0
    while place < end:
        (shared, place), (fresh, place), (length, place) = _three(body, place)
        if shared > len(key) or place + fresh + length > end:
            raise ValueError("a key or a value is cut short")
        key = key[:shared] + body[place : place + fresh]
        place += fresh + length
        yield key, body[place - length : place]


def _three(body: bytes, place: int) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    first = number(body, place)
    second = number(body, first[1])
    return first, second, number(body, second[1])


def number(data: bytes, place: int) -> tuple[int, int]:
    """(a number of seven bits a byte, the place after it)."""
    value = 0
    for shift in range(0, 64, 7):
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a number has no end")
