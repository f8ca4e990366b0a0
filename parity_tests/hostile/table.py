"""The index of a TensorFlow checkpoint written anew from its entries: one block, with its checksums (LevelDB's)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

MAGIC = 0xDB4775248B80FB57


def tensor_entries(index: bytes) -> tuple[Any, dict[str, Any]]:
    """(header, entries by key) of a good index."""
    from tensorflow.core.protobuf.tensor_bundle_pb2 import BundleEntryProto, BundleHeaderProto

    from diptych.files.tf_table import block, number

    place = number(index, number(index, number(index, len(index) - 48)[1])[1])
    header, found = BundleHeaderProto(), {}
    for _, handle in block(index, place[0], number(index, place[1])[0]):
        start, after = number(handle, 0)
        for key, value in block(index, start, number(handle, after)[0]):
            if key:
                found[key.decode()] = BundleEntryProto.FromString(bytes(value))
            else:
                header = BundleHeaderProto.FromString(bytes(value))
    return header, found


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
