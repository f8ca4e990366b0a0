"""The index of a TensorFlow checkpoint written anew from its entries: one block, with its checksums (LevelDB's)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any

MAGIC = 0xDB4775248B80FB57


def tensor_entries(index: bytes) -> tuple[Any, dict[str, Any]]:
    """(header, entries by key) of a good index."""
    from tensorflow.core.protobuf.tensor_bundle_pb2 import BundleEntryProto, BundleHeaderProto

    header, found = BundleHeaderProto(), {}
    (_, after), footer = _number(index, len(index) - 48), []
    for _ in range(3):
        value, after = _number(index, after)
        footer.append(value)
    for _, handle in _rows(index[footer[1] :][: footer[2]]):
        start, after = _number(handle, 0)
        size, _ = _number(handle, after)
        for key, entry in _rows(index[start : start + size]):
            if key:
                found[key.decode()] = BundleEntryProto.FromString(entry)
            else:
                header = BundleHeaderProto.FromString(entry)
    return header, found


def _rows(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a block."""
    end = len(body) - 4 - 4 * int(struct.unpack("<I", body[-4:])[0])
    key, place = b"", 0
    while place < end:
        shared, place = _number(body, place)
        fresh, place = _number(body, place)
        length, place = _number(body, place)
        key = key[:shared] + body[place : place + fresh]
        place += fresh + length
        yield key, body[place - length : place]


def _number(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while data[place] > 127:
        value |= (data[place] & 127) << shift
        shift, place = shift + 7, place + 1
    return value | data[place] << shift, place + 1


def table(header: Any, entries: Mapping[str, Any]) -> bytes:
    """The bytes of an index."""
    values = {b"": header.SerializeToString()}
    values |= {key.encode(): entries[key].SerializeToString() for key in sorted(entries, key=str.encode)}
    data = _block(values)
    empty = _block({})
    handles = _block({max(values): _varint(0) + _varint(len(data) - 5)})
    whole = data + empty + handles
    footer = _varint(len(data)) + _varint(len(empty) - 5) + _varint(len(data) + len(empty)) + _varint(len(handles) - 5)
    return whole + footer.ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def _block(values: Mapping[bytes, bytes]) -> bytes:
    rows = [_varint(0) + _varint(len(key)) + _varint(len(value)) + key + value for key, value in values.items()]
    body = b"".join(rows) + struct.pack("<II", 0, 1) + b"\0"
    return body + struct.pack("<I", _masked(_crc32c(body)))


def _masked(crc: int) -> int:
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _varint(value: int) -> bytes:
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])
