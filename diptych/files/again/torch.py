"""torch files for the second time: by torch.load where it is sound and takes the file, else by zipfile and pickle.

torch.load(weights_only=True) ran code before torch 2.6 (CVE-2025-32434) and damaged memory before 2.10
(CVE-2026-24747), so that older ones are never asked.
"""

from __future__ import annotations

import importlib.metadata
import pickle
import re
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import FileError
from ...common.spec import Array
from . import Again
from .torch_plain import Inert, PlainTensor, load

SOUND = (2, 10)
DEPTH, VISITED = 6, 1_000_000
BROKEN = (
    pickle.UnpicklingError, RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError,
    EOFError, OSError, OverflowError, MemoryError, struct.error,
)  # fmt: skip
"""What torch.load throws for a file that it does not take."""


def read(path: Path) -> Again:
    """Every tensor of a torch file by the keys that lead to it; raises FileError where no reader takes the file."""
    if torch_version() >= SOUND:
        try:
            return _torch(path)
        except BROKEN:
            pass  # objects beside the weights, for one
    value = load(path)
    try:
        found = {keys: _widened(tensor.array()) for keys, tensor in tensors(value, PlainTensor)}
    except BROKEN as error:
        raise FileError(
            f"{path} cannot be read a second time, for the proof ({type(error).__name__}: {error})"
        ) from None
    return Again(
        {keys: array for keys, array in found.items() if array.dtype.kind in "fiubc"},
        "zipfile and pickle with inert classes" if _is_zip(path) else "pickle with inert classes",
    )


def torch_version() -> tuple[int, ...]:
    """The first two numbers of torch's version; (0, 0) without torch."""
    try:
        version = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return 0, 0
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


def _torch(path: Path) -> Again:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=False)
    found = {keys: _array(tensor) for keys, tensor in tensors(loaded, torch.Tensor)}
    plain = {keys: array for keys, array in found.items() if array is not None}
    return Again(plain, f"torch.load of torch {torch.__version__}, weights_only=True")


def _array(tensor: Any) -> Array | None:
    """The numbers of a tensor, those of bfloat16 in float32; None where NumPy has no type for them."""
    import torch

    tensor = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
    try:
        return np.asarray(tensor.detach().numpy())
    except (TypeError, RuntimeError):
        return None


def _widened(array: Array) -> Array:
    """Numbers of bfloat16, which are two bytes without a type, in float32: two bytes of zeros are put before them."""
    if array.dtype != np.dtype("V2"):
        return array
    halves = np.frombuffer(array.tobytes(), "<u2").reshape(array.shape)
    return np.stack([np.zeros_like(halves), halves], -1).view("<f4")[..., 0]


def tensors(value: Any, kind: type) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Tensors of a class inside dicts, with the keys that lead to each; a dict is visited once, the shallow first.

    A whole module is a dict of its tensors by their names in a state dict.
    """
    start: tuple[str, ...] = ()
    level, seen = [(start, _open(value))], set[int]()
    for _ in range(DEPTH):
        below = []
        for before, found in level:
            if not isinstance(found, dict) or id(found) in seen or len(seen) > VISITED:
                continue
            seen.add(id(found))
            for key, item in dict.items(found):
                if isinstance(item, kind):
                    yield (*before, str(key)), item
                elif isinstance(item, dict | Inert):
                    below.append(((*before, str(key)), _open(item)))
        level = below


def _open(value: Any) -> Any:
    return value.flat() if isinstance(value, Inert) else value


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"
