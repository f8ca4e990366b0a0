"""The table of sorted keys that the index of a TensorFlow checkpoint is (LevelDB's format), read as bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .crc32c import crc32c, masked
from .proto import number

MAGIC = 0xDB4775248B80FB57
FOOTER, TRAILER = 48, 5
"""The bytes at the end of a table, and those after each block: how it is compressed, and its checksum."""
Items = Iterator[tuple[bytes, bytes]]


def items(data: bytes) -> Items:
    """The keys and values of a table in its order; raises ValueError where it is not a whole one.

    A block is taken once: a table whose blocks are named twice would swell.
    """
    size = len(data)
    if size < FOOTER or struct.unpack("<Q", data[-8:])[0] != MAGIC:
        raise ValueError("it does not end as an index does")
    place = number(data, number(data, size - FOOTER, size)[1], size)[1]  # past the handle of the metaindex
    start, place = number(data, place, size)
    end = 0
    for _, handle in block(data, start, number(data, place, size)[0]):
        start, after = number(handle, 0, len(handle))
        if start < end:
            raise ValueError("its blocks do not follow each other")
        length, _ = number(handle, after, len(handle))
        end = start + length + TRAILER
        yield from block(data, start, length)


def block(data: bytes, start: int, size: int) -> Items:
    """The keys and values of a block; each key says how many bytes it shares with the one before."""
    stop = start + size
    if size < 4 or stop + TRAILER > len(data) - FOOTER:
        raise ValueError("a block lies outside of it")
    if data[stop]:
        raise ValueError("it is compressed; save the checkpoint again")
    if masked(crc32c(data[start : stop + 1])) != int.from_bytes(data[stop + 1 : stop + TRAILER], "little"):
        raise ValueError("the checksum of a block differs")
    body = data[start:stop]
    end = size - 4 - 4 * int(struct.unpack("<I", body[-4:])[0])
    key, place = b"", 0
    while place < end:
        shared, place = number(body, place, end)
        fresh, place = number(body, place, end)
        length, place = number(body, place, end)
        if shared > len(key) or place + fresh + length > end:
            raise ValueError("a key or a value is cut short")
        key = key[:shared] + body[place : place + fresh]
        place += fresh + length
        yield key, body[place - length : place]
