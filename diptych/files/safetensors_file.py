"""safetensors files: names, arrays, and text beside them that says which network they belong to."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..common.errors import FileError, SpecError
from ..common.memory import Mapped, is_mapping
from ..common.spec import Array, Net
from . import bfloat, provenance, safetensors_header
from .checkpoint import native, split_counters
from .content import Content
from .format import Format
from .guarded import guarded
from .provenance import NETWORK, OPTIONS, RECORD
from .tensors import Tensors

WORD = 8
NET = "diptych.net"
"""The whole network as JSON, of a file that needs nothing beside it."""


def read(path: Path) -> Tensors:
    """The checkpoint in a safetensors file; raises FileError where it is not a whole one."""
    entries, metadata = safetensors_header.entries(path)
    with path.open("rb") as file:
        mapped = Mapped(file.fileno()) if is_mapping() else None
        found = {name: _array(file, entry, mapped) for name, entry in entries.items()}
    arrays, extras, notes = split_counters(found)
    stated = provenance.of_metadata(metadata, path)
    net = _net(path, metadata, stated)
    notes += bfloat.note(sum(entry.wide for entry in entries.values()))
    return Tensors(path, "safetensors", arrays, extras=extras, stated=stated, notes=notes, net=net)


def _array(file: BinaryIO, entry: safetensors_header.Entry, mapped: Mapped | None) -> Array:
    file.seek(entry.start)
    count = math.prod(entry.shape)
    if mapped is not None:
        flat = mapped.bytes(entry.start, count * np.dtype(entry.dtype).itemsize).view(entry.dtype)
    else:
        flat = np.fromfile(file, entry.dtype, count)
    found = native(flat.reshape(entry.shape))
    return bfloat.widened(found) if entry.wide else found


def write(path: Path, content: Content) -> None:
    """Write a state dict, with the network's name, its options and the record of the conversion as metadata.

    The safetensors package would write the metadata in another order each time, and the same weights as other bytes.
    Larger types come first, so that each array begins where its type may; the names of one type are in their order.
    """
    tensors = {name: np.asarray(array, order="C") for name, array in content.tensors().items()}
    said = {NETWORK: provenance.name_of(content.net), OPTIONS: json.dumps(dict(content.net.options))}
    said |= {RECORD: json.dumps(content.record)} if content.record else {}
    said |= {NET: content.net.to_json()} if content.whole else {}
    wide = {name for name, array in tensors.items() if content.bfloat and array.dtype.kind == "f"}
    tensors |= {name: bfloat.halves(tensors[name]) for name in wide}
    header: dict[str, Any] = {"__metadata__": said}
    names, end = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name)), 0
    for name in names:
        array, begin = tensors[name], end
        end += array.nbytes
        header[name] = {
            "dtype": "BF16" if name in wide else _type(array),
            "shape": array.shape,
            "data_offsets": (begin, end),
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % WORD)
    with guarded(path) as file:
        file.write(len(text).to_bytes(WORD, "little") + text)
        for name in names:
            array = tensors[name]
            file.write(array.astype(array.dtype.newbyteorder("<"), copy=False).reshape(-1).view(np.uint8))


def _type(array: Array) -> str:
    """What safetensors calls the type of an array."""
    kind, size = array.dtype.kind, 8 * array.itemsize
    found = "BOOL" if kind == "b" else f"{kind.upper()}{size}"
    if found not in safetensors_header.TYPES:
        raise FileError(f"safetensors has no type for {array.dtype}; save the weights as float32 first")
    return found


def _net(path: Path, metadata: Mapping[str, str], stated: provenance.Provenance) -> Net | None:
    """The network in a file, which may come from anyone; raises FileError for none, or another than the file states."""
    if NET not in metadata:
        return None
    try:
        net = Net.from_json(metadata[NET])
    except SpecError as error:
        raise FileError(f"{path} has a network in it that is none: {error}") from None
    if stated.network != provenance.name_of(net):
        raise FileError(f"{path} says it holds {stated.network}, and the network in it is another, {net.name}")
    return net


def fits(path: Path, head: bytes) -> bool:
    """Whether a file begins with a length and a JSON text, as safetensors does."""
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32


FORMAT = Format("safetensors", "torch", "safetensors", read, write, suffixes=(".safetensors",), fits=fits)
