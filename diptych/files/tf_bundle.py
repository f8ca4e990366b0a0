"""TensorFlow checkpoints, NAME.index beside NAME.data-*, read as bytes: TensorFlow sees one only in the proof.

Its own reader ends the whole process at an index with an impossible shape
(https://github.com/tensorflow/tensorflow/pull/52559), or at a text whose length is a lie.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import FileError
from ..common.spec import Array
from . import proto, tf_table
from .checkpoint import native
from .crc32c import crc32c, masked
from .kinds import check_regular
from .limits import Budget
from .shapes import is_possible, shown

STRING = 7
FLOATS = {1: "float32", 2: "float64", 19: "float16"}
"""Numbers of types in TensorFlow's types.proto, as far as weights have them."""
OTHERS = {
    3: 4,
    4: 1,
    5: 2,
    6: 1,
    8: 8,
    9: 8,
    10: 1,
    11: 1,
    12: 1,
    13: 4,
    14: 2,
    15: 2,
    16: 2,
    17: 2,
    18: 16,
    22: 4,
    23: 8,
    24: 1,
    25: 1,
    29: 1,
    30: 1,
    31: 1,
    32: 1,
}
"""Type -> bytes of an element of it, of the types that no weight has."""
LOOSE = (7, 20, 21)
"""Text, and with it resources and variants: types whose elements take one byte or more."""
NARROW = {14: "bfloat16", **dict.fromkeys((24, 25, 31, 32), "a float of 8 bits")}

ENTRY, INDEX = 1 << 16, 1 << 28
"""Bytes of an entry, and of an index, at most."""
GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
PARTS = re.compile(r"\.(index|data-\d{5}-of-\d{5})$")


def prefix_of(path: Path) -> Path | None:
    """The prefix of the checkpoint that a path names, by its prefix or by one of its files; None for another path."""
    if PARTS.search(path.name):
        return path.with_name(PARTS.sub("", path.name) or ".")
    return path if path.name and not os.path.exists(path) and os.path.isfile(index_of(path)) else None


def index_of(prefix: Path) -> Path:
    """The index beside the data files."""
    return prefix.with_name(f"{prefix.name}.index")


class Bundle:
    """A checkpoint whose index was found to be sound; `entries` are its tensors by key."""

    def __init__(self, prefix: Path) -> None:
        self.prefix, self.path = prefix, index_of(prefix)
        if (size := check_regular(self.path).st_size) > INDEX:
            raise FileError(f"{self.path} has {size} bytes, more than any index needs; is it the right file?")
        try:
            self.entries, shards = _entries(self.path.read_bytes(), str(self.path))
        except (ValueError, IndexError) as error:
            raise FileError(f"{self.path} is not a whole index of a TensorFlow checkpoint ({error})") from None
        self.shards = self._shards(shards)
        sizes = [check_regular(shard).st_size for shard in self.shards]
        for key, entry in self.entries.items():
            _check(entry, sizes, f"{self.path}: {key}")
        self.budget = Budget(sum(sizes))

    def arrays(self, keys: Iterable[str]) -> Iterator[tuple[str, Array]]:
        """The arrays of these keys, of floating-point types, each held against its checksum."""
        for key in keys:
            self.budget.take(self.entries[key].size, f"{self.path}: {key}")
            yield key, self._array(key)

    def full_names(self) -> dict[str, str]:
        """Key -> the full name of the variable, of a checkpoint that keeps a graph of objects."""
        from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

        if GRAPH not in self.entries or self.entries[GRAPH].dtype != STRING:
            return {}
        graph = proto.parse(TrackableObjectGraph, self._text(GRAPH), f"{self.path}: {GRAPH}")
        return {part.checkpoint_key: part.full_name for node in graph.nodes for part in node.attributes}

    def shape(self, key: str) -> tuple[int, ...]:
        """The shape of a tensor, as the index has it."""
        return tuple(dim.size for dim in self.entries[key].shape.dim)

    def _array(self, key: str) -> Array:
        entry = self.entries[key]
        dtype = np.dtype(FLOATS[entry.dtype]).newbyteorder("<")
        flat = np.fromfile(self.shards[entry.shard_id], dtype, entry.size // dtype.itemsize, offset=entry.offset)
        self._check_sum(key, crc32c(flat.view(np.uint8)))
        return native(flat.reshape(self.shape(key)))

    def _text(self, key: str) -> bytes:
        """The bytes of a single text: its length, a checksum of that, and then the text."""
        entry = self.entries[key]
        with self.shards[entry.shard_id].open("rb") as file:
            file.seek(entry.offset)
            data: bytes = file.read(entry.size)
        try:
            length, place = proto.number(data, 0, min(len(data), 10))
        except ValueError:
            length, place = -1, 0
        if len(self.shape(key)) or place + 4 + length != len(data):
            raise FileError(f"{self.path} is not whole: {key} is not one text; save the checkpoint again")
        start = crc32c(length.to_bytes(4 if length < 1 << 32 else 8, "little"))
        if masked(start) != int.from_bytes(data[place : place + 4], "little"):
            raise self._damaged(key)
        self._check_sum(key, crc32c(data[place + 4 :], crc32c(data[place : place + 4], start)))
        return data[place + 4 :]

    def _check_sum(self, key: str, found: int) -> None:
        if masked(found) != self.entries[key].crc32c:
            raise self._damaged(key)

    def _damaged(self, key: str) -> FileError:
        return FileError(
            f"{self.prefix} is not a whole TensorFlow checkpoint: the checksum of {key} differs; copy it again"
        )

    def _shards(self, count: int) -> list[Path]:
        found = []
        for shard in range(count):
            path = self.prefix.with_name(f"{self.prefix.name}.data-{shard:05d}-of-{count:05d}")
            if not os.path.lexists(path):
                raise FileError(f"{self.path} needs {path.name} beside it, which is not there; copy it too")
            found.append(path)
        return found


def _entries(data: bytes, where: str) -> tuple[dict[str, Any], int]:
    """(entries by key, number of data files) of an index."""
    from tensorflow.core.protobuf.tensor_bundle_pb2 import BundleEntryProto, BundleHeaderProto

    found: dict[str, Any] = {}
    header, budget = None, Budget(len(data))
    for name, value in tf_table.items(data):
        key = name.decode("utf-8")
        budget.take(len(name), where)
        if key in found or (not key and header is not None):
            raise ValueError(f"{key[:80]!r} is there twice")
        if len(value) > ENTRY:
            raise ValueError(f"what it says of {key[:80]!r} has {len(value)} bytes")
        if key:
            found[key] = proto.parse(BundleEntryProto, value, f"{where}: {key}")
        else:
            header = proto.parse(BundleHeaderProto, value, f"{where}: its header")
    if header is None or header.endianness != 0 or not 0 < header.num_shards < 10_000:
        raise ValueError("it has no header, or one of another machine")
    return found, header.num_shards


def _check(entry: Any, sizes: list[int], where: str) -> None:
    """Raise FileError where an entry does not fit its own shape or its data file."""
    dims = [dim.size for dim in entry.shape.dim]
    if entry.slices:
        raise FileError(f"{where} is a variable cut into parts, which are not read; save it whole")
    if entry.shape.unknown_rank or not is_possible(dims):
        raise FileError(f"{where} has an impossible shape ({len(dims)} axes, {shown(dims)}); save the checkpoint again")
    itemsize = np.dtype(FLOATS[entry.dtype]).itemsize if entry.dtype in FLOATS else OTHERS.get(entry.dtype, 1)
    if entry.dtype not in FLOATS and entry.dtype not in OTHERS and entry.dtype not in LOOSE:
        raise FileError(f"{where} has the unknown type {entry.dtype}; save the checkpoint again")
    claimed, inside = math.prod(dims) * itemsize, 0 <= entry.shard_id < len(sizes)
    stored = sizes[entry.shard_id] if inside else 0
    fits = entry.size >= claimed if entry.dtype in LOOSE else entry.size == claimed
    if not fits or entry.offset < 0 or entry.offset + entry.size > stored:
        got = f"{entry.size} bytes at {entry.offset}, and its data file has {stored}"
        raise FileError(f"{where} is not whole: its shape {shown(dims)} needs {claimed} bytes, it has {got}")
