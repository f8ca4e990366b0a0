"""The header of a safetensors file: eight bytes of its length, then JSON that says where each tensor lies.

https://github.com/huggingface/safetensors#format, read by our own code; the package reads the file again in the proof.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..common.errors import FileError
from ..common.text import first_few
from . import bounded_json
from .shapes import is_possible, shown

TYPES = {
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
    "BOOL": "?",
    **{f"{kind}{bits}": f"<{kind.lower()}{bits // 8}" for kind in "IU" for bits in (8, 16, 32, 64)},
}
BFLOAT = "BF16"
LONGEST, TENSORS = 100_000_000, 100_000
"""Bytes of a header that the format allows; tensors in one file that are read."""
METADATA = "__metadata__"


class Entry(NamedTuple):
    """A tensor: its dtype and shape, and its first byte in the file."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    wide: bool = False
    """Whether its numbers are of bfloat16, which `dtype` gives as whole numbers."""


def entries(path: Path) -> tuple[dict[str, Entry], dict[str, str]]:
    """(tensors by name, text beside them) of a file; raises FileError where its header is not that of a whole one."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or not 2 <= length <= min(size - 8, LONGEST):
                raise ValueError(f"its header has {length} bytes, the file {size}")
            header = bounded_json.loads(file.read(length), most=8 * TENSORS)
        if not isinstance(header, dict):
            raise TypeError("its header is no JSON object")
        said = _metadata(header.pop(METADATA, {}))
        return _placed(header, 8 + length, size, path), said
    except (ValueError, TypeError) as error:
        raise FileError(f"{path} is not a whole safetensors file ({str(error)[:200]})") from None


def _metadata(said: Any) -> dict[str, str]:
    said = {} if said is None else said  # as the package takes it
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise TypeError(f"its {METADATA} is not text by name")
    return said


def _placed(header: Mapping[str, Any], first: int, size: int, path: Path) -> dict[str, Entry]:
    """The tensors, which must lie one after another without a gap up to the end of the file."""
    spans = {name: _span(name, entry) for name, entry in header.items()}
    kinds = {name: str(entry["dtype"])[:20] for name, entry in header.items()}
    strange = [f"{name[:80]} ({kind})" for name, kind in kinds.items() if kind not in (*TYPES, BFLOAT)]
    if strange:
        raise FileError(
            f"{path} holds numbers NumPy has no type for: {first_few(strange, 4)}; save them as float32 first"
        )
    found, place = {name: _entry(name, header[name], first) for name in header}, 0
    for name, (start, stop) in sorted(spans.items(), key=lambda item: item[1]):
        if start != place:
            raise ValueError(f"{name[:80]} begins at byte {start}, expected {place}")
        place = stop
    if first + place != size:
        raise ValueError(f"its tensors end at byte {first + place}, the file at {size}")
    return found


def _span(name: str, entry: Any) -> tuple[int, int]:
    """(start, stop) of a tensor, counted from the end of the header."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{name[:80]} is not said to have a dtype, a shape and offsets")
    place = entry["data_offsets"]
    if not isinstance(place, list) or len(place) != 2 or not all(type(byte) is int and byte >= 0 for byte in place):
        raise ValueError(f"{name[:80]} has the offsets {str(place)[:80]}")
    return place[0], place[1]


def _entry(name: str, entry: Mapping[str, Any], first: int) -> Entry:
    """A tensor whose bytes are as many as its shape needs."""
    dims, (start, stop) = entry["shape"], entry["data_offsets"]
    if not isinstance(dims, list) or not is_possible(dims):
        raise ValueError(f"{name[:80]} has the impossible shape {shown(dims if isinstance(dims, list) else [dims])}")
    wide = entry["dtype"] == BFLOAT
    dtype = np.dtype("<u2" if wide else TYPES[str(entry["dtype"])])
    if stop - start != math.prod(dims) * dtype.itemsize:
        need = math.prod(dims) * dtype.itemsize
        raise ValueError(f"{name[:80]} has {stop - start} bytes, its shape {shown(dims)} needs {need}")
    return Entry(dtype, tuple(dims), first + start, wide)
