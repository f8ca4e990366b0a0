"""TensorFlow checkpoints, NAME.index beside NAME.data-*: the index is read here, as bytes, before TensorFlow sees it.

TensorFlow's own reader ends the whole process at an index with an impossible shape (one such case was
https://github.com/tensorflow/tensorflow/pull/52559), so that each entry is first held against the size of its data
file.
"""

from __future__ import annotations

import math
import os
import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Array
from . import proto
from .checkpoint import native
from .limits import Budget
from .tf_table import FOOTER, MAGIC, block, number

STRING, LOOSE = 7, (7, 20, 21)
"""Text, and with it resources and variants: types whose elements take one byte or more."""

DIMENSIONS, VOLUME = 32, 1 << 60
"""What TensorFlow can count; an axis of length 0 does not save it from counting the others."""
GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
PARTS = re.compile(r"\.(index|data-\d{5}-of-\d{5})$")


def prefix_of(path: Path) -> Path | None:
    """The prefix of the checkpoint that a path names, by its prefix or by one of its files; None for another path."""
    if PARTS.search(path.name):
        return path.with_name(PARTS.sub("", path.name))
    return path if not os.path.exists(path) and os.path.isfile(index_of(path)) else None


def index_of(prefix: Path) -> Path:
    """The index beside the data files."""
    return prefix.with_name(f"{prefix.name}.index")


class Bundle:
    """A checkpoint whose index was found to be sound; `entries` are its tensors by key."""

    def __init__(self, prefix: Path) -> None:
        self.prefix, self.path = prefix, index_of(prefix)
        try:
            self.entries, shards = _entries(self.path.read_bytes(), str(self.path))
        except (ValueError, IndexError, struct.error) as error:
            raise FileError(f"{self.path} is not a whole index of a TensorFlow checkpoint ({error})") from None
        except OSError as error:
            raise FileError(f"cannot read {self.path}: {error.strerror or error}") from None
        sizes = self._shard_sizes(shards)
        for key, entry in self.entries.items():
            _check(entry, sizes, f"{self.path}: {key}")
        self.budget = Budget(sum(sizes))

    def arrays(self, keys: Iterable[str]) -> Iterator[tuple[str, Array]]:
        """The arrays of these keys, read and checked against their checksums by TensorFlow."""
        for key in keys:
            self.budget.take(self.entries[key].size, f"{self.path}: {key}")
            yield key, native(self._tensor(key))

    def full_names(self) -> dict[str, str]:
        """Key -> the full name of the variable, of a checkpoint that keeps a graph of objects."""
        from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

        if GRAPH not in self.entries or self.entries[GRAPH].dtype != STRING:
            return {}
        text = self._tensor(GRAPH)
        if not isinstance(text, bytes):
            raise FileError(f"{self.path} is not whole: {GRAPH} is not one text; save the checkpoint again")
        graph = proto.parse(TrackableObjectGraph, text, f"{self.path}: {GRAPH}")
        return {part.checkpoint_key: part.full_name for node in graph.nodes for part in node.attributes}

    def dtype(self, key: str) -> Any:
        """The dtype of a tensor, as TensorFlow has it."""
        import tensorflow as tf

        return tf.dtypes.as_dtype(self.entries[key].dtype)

    def _tensor(self, key: str) -> Any:
        import tensorflow as tf

        try:
            return tf.compat.v1.train.NewCheckpointReader(str(self.prefix)).get_tensor(key)
        except (tf.errors.OpError, RuntimeError, ValueError, TypeError, IndexError) as error:
            reason = str(error).partition("\n")[0][:120]
            raise FileError(f"{self.prefix} is not a whole TensorFlow checkpoint: {key}: {reason}") from None

    def _shard_sizes(self, shards: int) -> list[int]:
        sizes = []
        for shard in range(shards):
            path = self.prefix.with_name(f"{self.prefix.name}.data-{shard:05d}-of-{shards:05d}")
            if not path.is_file():
                raise FileError(f"{self.path} needs {path.name} beside it, which is not there; copy it too")
            sizes.append(path.stat().st_size)
        return sizes


def _entries(data: bytes, where: str) -> tuple[dict[str, Any], int]:
    """(entries by key, number of data files) of an index, which is a table of sorted keys in blocks."""
    from tensorflow.core.protobuf.tensor_bundle_pb2 import BundleEntryProto, BundleHeaderProto

    if len(data) < FOOTER or struct.unpack("<Q", data[-8:])[0] != MAGIC:
        raise ValueError("it does not end as an index does")
    place = number(data, number(data, number(data, len(data) - FOOTER)[1])[1])  # past the handle of the metaindex
    found: dict[str, Any] = {}
    header, budget = None, Budget(len(data))
    for _, handle in block(data, place[0], number(data, place[1])[0]):
        start, after = number(handle, 0)
        for name, value in block(data, start, number(handle, after)[0]):
            key = name.decode("utf-8")
            budget.take(len(name), where)
            if key in found or (not key and header is not None):
                raise ValueError(f"{key!r} is there twice")
            if key:
                found[key] = proto.parse(BundleEntryProto, value, f"{where}: {key}")
            else:
                header = proto.parse(BundleHeaderProto, value, f"{where}: its header")
    if header is None or header.endianness != 0 or not 0 < header.num_shards < 10_000:
        raise ValueError("it has no header, or one of another machine")
    return found, header.num_shards


def _volume(dims: list[int]) -> int:
    return math.prod(max(dim, 1) for dim in dims)


def _check(entry: Any, sizes: list[int], where: str) -> None:
    """Raise FileError where an entry does not fit its own shape or its data file."""
    import tensorflow as tf

    dims = [dim.size for dim in entry.shape.dim]
    if entry.slices:
        raise FileError(f"{where} is a variable cut into parts, which are not read; save it whole")
    if entry.shape.unknown_rank or len(dims) > DIMENSIONS or min(dims, default=0) < 0 or _volume(dims) > VOLUME:
        raise FileError(f"{where} has an impossible shape ({len(dims)} axes, {dims[:4]}); save the checkpoint again")
    try:
        itemsize = tf.dtypes.as_dtype(entry.dtype).size or 1
    except TypeError:
        raise FileError(f"{where} has the unknown type {entry.dtype}; save the checkpoint again") from None
    claimed, inside = math.prod(dims) * itemsize, 0 <= entry.shard_id < len(sizes)
    stored = sizes[entry.shard_id] if inside else 0
    fits = entry.size >= claimed if entry.dtype in LOOSE else entry.size == claimed
    if not fits or entry.offset < 0 or entry.offset + entry.size > stored:
        got = f"{entry.size} bytes at {entry.offset}, and its data file has {stored}"
        raise FileError(f"{where} is not whole: its shape {dims} needs {claimed} bytes, it has {got}")
