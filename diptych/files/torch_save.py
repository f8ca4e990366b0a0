"""Writing torch's zip files without torch: a pickle that describes tensors, and a record for the numbers of each.

What is written is what torch.save writes of an OrderedDict of tensors with attributes, record for record and byte for
byte but for the numbers in the pickle's memo; `torch.load` takes it with `weights_only=True` and with `mmap=True`. The
opcodes are those of protocol 2 of Python's pickle.
"""

from __future__ import annotations

import hashlib
import pickle
import struct
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from ..common.errors import FileError
from ..common.layouts import laid_out
from ..common.memory import let_go
from ..common.spec import Array, Shape
from . import bfloat
from .torch_values import STORAGES
from .zip_writer import ALIGNMENT, Writer

FOLDER = "archive"
VERSION = b"3\n"
BLOCK = 1 << 24
CLASSES = {kind: name for name, kind in reversed(STORAGES.items()) if not name.endswith("UntypedStorage")}
"""What a tensor's elements are -> the class of its storage."""
UNTYPED = ("uint16", "uint32", "uint64")
"""Kinds for which torch has no class of storages: their bytes are in an untyped one."""


def save(file: Any, state: Mapping[str, Array], attributes: Mapping[str, Any], narrow: bool = False) -> None:
    """Write tensors by name to an open file, with attributes of their dict: texts, whole numbers, and dicts of these.

    `narrow` floats are numbers of bfloat16 that stand in float32. Raises FileError for what torch has no tensor of.
    """
    described = {name: (array.shape, array.dtype) for name, array in state.items()}
    halved = {name for name, (_, dtype) in described.items() if narrow and dtype.kind == "f"}
    text = dumps(described, attributes, halved)
    writer, summed = Writer(file), hashlib.sha1(text, usedforsecurity=False)
    _add(writer, "data.pkl", text)
    _add(writer, ".format_version", b"1")
    _add(writer, ".storage_alignment", str(ALIGNMENT).encode())
    _add(writer, "byteorder", b"little")
    for key, (name, (shape, dtype)) in enumerate(described.items()):
        array = state[name]
        if (array.shape, array.dtype) != (shape, dtype):
            raise ValueError(f"{name} is {array.dtype} {array.shape}, expected {dtype} {shape}")
        array = bfloat.halves(array) if name in halved else array
        writer.add(f"{FOLDER}/data/{key}", array.nbytes, _blocks(array))
        summed.update(struct.pack("<L", writer.records[-1].crc))
    _add(writer, "version", VERSION)
    _add(writer, ".data/serialization_id", f"{int.from_bytes(summed.digest()) % 10**40:040d}".encode())
    writer.close()


def _add(writer: Writer, name: str, data: bytes) -> None:
    writer.add(f"{FOLDER}/{name}", len(data), (data,))


def _blocks(array: Array) -> Iterator[memoryview]:
    """The bytes of an array in C order and little endian, as torch has them."""
    plain = laid_out(array).astype(array.dtype.newbyteorder("<"), copy=False).reshape(-1).view(np.uint8)
    let_go(array)
    for start in range(0, len(plain), BLOCK):
        yield plain[start : start + BLOCK].data
    let_go(array)


def dumps(
    tensors: Mapping[str, tuple[Shape, np.dtype[Any]]], attributes: Mapping[str, Any], halved: Collection[str] = ()
) -> bytes:
    """The pickle of an OrderedDict of tensors, whose storages are named 0, 1, 2, ...; `halved` are of bfloat16."""
    parts = [pickle.PROTO + b"\2", _ordered(), pickle.MARK]
    for key, (name, (shape, dtype)) in enumerate(tensors.items()):
        parts += [_text(name), _tensor(name, str(key), shape, dtype, name in halved)]
    parts += [pickle.SETITEMS]
    if attributes:
        parts += [_value(dict(attributes)), pickle.BUILD]
    return b"".join((*parts, pickle.STOP))


def _tensor(name: str, key: str, shape: Shape, dtype: np.dtype[Any], halved: bool = False) -> bytes:
    """The call that makes a tensor of a storage: with `_rebuild_tensor_v3` where the storage does not say the dtype."""
    kind = bfloat.NAME if halved else dtype.newbyteorder("=").name
    count = int(np.prod(shape, dtype=np.int64))
    if kind in CLASSES:
        function, home, storage = "_rebuild_tensor_v2", "torch", CLASSES[kind]
        more = b""
    elif kind in UNTYPED:
        function, home, storage = "_rebuild_tensor_v3", "torch.storage", "UntypedStorage"
        more, count = _global("torch", kind), count * dtype.itemsize
    else:
        raise FileError(f"{name} holds {dtype}, which torch has no tensor of; write it as float32 first")
    reference = (_text("storage"), _global(home, storage), _text(key), _text("cpu"), _whole(count))
    stored = pickle.MARK + b"".join(reference) + pickle.TUPLE + pickle.BINPERSID
    strides = tuple(int(np.prod(np.maximum(shape[axis + 1 :], 1), dtype=np.int64)) for axis in range(len(shape)))
    parts = (stored, _whole(0), _tuple(shape), _tuple(strides), pickle.NEWFALSE, _ordered(), more)
    return _global("torch._utils", function) + pickle.MARK + b"".join(parts) + pickle.TUPLE + pickle.REDUCE


def _value(value: Any) -> bytes:
    """A text, a whole number, or a dict of these; one whose first key is "" is an OrderedDict, as torch's metadata."""
    if isinstance(value, dict):
        items = b"".join(_text(key) + _value(item) for key, item in value.items())
        return (_ordered() if "" in value else pickle.EMPTY_DICT) + pickle.MARK + items + pickle.SETITEMS
    return _text(value) if isinstance(value, str) else _whole(value)


def _ordered() -> bytes:
    return _global("collections", "OrderedDict") + pickle.EMPTY_TUPLE + pickle.REDUCE


def _global(home: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{home}\n{name}\n".encode()


def _text(text: str) -> bytes:
    raw = text.encode()
    return pickle.BINUNICODE + struct.pack("<I", len(raw)) + raw


def _tuple(numbers: Shape) -> bytes:
    return pickle.MARK + b"".join(map(_whole, numbers)) + pickle.TUPLE


def _whole(number: int) -> bytes:
    """A whole number that is not negative, in the fewest bytes."""
    if number < 1 << 8:
        return pickle.BININT1 + struct.pack("<B", number)
    if number < 1 << 31:
        return pickle.BININT + struct.pack("<i", number)
    raw = number.to_bytes(number.bit_length() // 8 + 1, "little")
    return pickle.LONG1 + struct.pack("<B", len(raw)) + raw
