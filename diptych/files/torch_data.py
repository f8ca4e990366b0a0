"""From the description of a tensor to an array: every byte that it names must be in its storage."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from ..common.errors import FileError
from ..common.text import shape_text
from . import bfloat
from .torch_values import Storage, Tensor

if TYPE_CHECKING:
    from ..common.spec import Array

ADVICE = "save it as a dense float32 tensor first"
WHOLE = ("qint", "quint")
"""How the kinds of quantised numbers are named."""
ORDERS: Mapping[str, Literal["<", ">"]] = {"little": "<", "big": ">"}


class Saved(Protocol):
    """A torch file that is open: its value, without data, and the bytes of each storage."""

    value: Any
    order: str
    notes: tuple[str, ...]

    def raw(self, storage: Storage) -> Any:
        """All bytes that the file has under the key of a storage, as an array of uint8."""


def check(tensor: Tensor, where: str) -> None:
    """Raise FileError for a tensor that is no plain array, or that leads out of its storage."""
    kind = tensor.form or ("" if tensor.kind.native or tensor.kind.name == bfloat.NAME else tensor.kind.name)
    if kind.startswith(WHOLE) or kind == "quantised":
        raise FileError(
            f"{where} is a {kind} tensor that NumPy has no type for, of whole numbers that stand for others by a scale "
            "and a zero point; load the model before it was quantised, and save that one's state_dict()"
        )
    if kind:
        raise FileError(f"{where} is a {kind} tensor that NumPy has no type for; {ADVICE}")
    shape = f"({shape_text(tensor.size)}, {tensor.kind.name})"
    if math.prod(max(length, 1) for length in tensor.size) >= 1 << 48:
        raise FileError(f"{where} has an absurd shape {shape}; the file is damaged")
    storage = tensor.storage
    if storage is None:
        raise FileError(f"{where} has no storage; {ADVICE}")
    last = sum((length - 1) * stride for length, stride in zip(tensor.size, tensor.stride, strict=True))
    needed = (tensor.offset + last + 1) * tensor.kind.size if 0 not in tensor.size else 0
    if needed > storage.length * storage.kind.size:
        had = f"{storage.length * storage.kind.size} bytes"
        raise FileError(f"{where} is not whole: its tensor {shape} needs {needed} bytes of a storage of {had}")


def array(tensor: Tensor, saved: Saved, where: str) -> Array:
    """The numbers of a tensor in C order, of the memory of its storage where they lie so there."""
    check(tensor, where)
    wide = tensor.kind.name == bfloat.NAME
    dtype, storage = np.dtype("uint16" if wide else tensor.kind.name), tensor.storage
    if 0 in tensor.size or storage is None:
        return np.empty(tensor.size, "float32" if wide else dtype)
    begin = storage.start * storage.kind.size + tensor.offset * dtype.itemsize
    strides = [stride * dtype.itemsize for stride in tensor.stride]
    from .checkpoint import native

    flat = saved.raw(storage)
    found = native(np.ndarray(tensor.size, dtype.newbyteorder(ORDERS[saved.order]), flat, begin, strides))
    return bfloat.widened(found) if wide else found


def storage_of(name: Any, parts: tuple[Any, ...], seen: dict[str, Storage], path: Path) -> Storage:
    """The storage of ("storage", class, key, location, count); raises ValueError for other references."""
    kind, key, _, count = parts
    if name not in ("storage", b"storage") or not hasattr(kind, "value") or kind.kind != "torch.Storage":
        raise ValueError("it refers to something else than a storage")
    if type(key) is not str or type(count) is not int or not 0 <= count < 1 << 48:
        raise ValueError("it refers to a storage by a key that is no text, or of a size that is not possible")
    made = Storage(key, kind.value, count)
    if seen.setdefault(key, made) != made:
        raise ValueError(f"it refers to the storage {key!r} in two ways")
    return made
