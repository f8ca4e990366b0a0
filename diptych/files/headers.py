"""The names and shapes of a plain file of weights, by its header alone: a state dict or the layers of a Keras model.

What is odd in any way is left to the reader of its format, which says what. It reads neither NumPy nor a network.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .kinds import check_regular

if TYPE_CHECKING:
    from .keras_headers import Header

T = TypeVar("T")

COUNTER = "num_batches_tracked"
SIZES = {"F16": 2, "F32": 4, "F64": 8, "I64": 8}
FLOATS, WHOLE = ("float16", "float32", "float64", "F16", "F32", "F64"), ("int64", "I64")
SAID, NET = "diptych", "diptych.net"
"""Where a torch file says which network it holds, and where a file of safetensors has it whole."""
LONGEST = 1 << 24

Shapes = dict[str, tuple[int, ...]]
Layers = tuple[dict[str, list[tuple[int, ...]]], tuple[int, int] | None]
Rows = Iterable[tuple[Any, str, tuple[int, ...]]]


def shapes(path: Path) -> Shapes | None:
    """Name -> shape of all weights, without batch counters; None for any file that is not plain, or not whole."""
    return _read(path, {".pth": _of_torch, ".pt": _of_torch, ".safetensors": _of_safetensors})


def layers(path: Path) -> Layers | None:
    """(layer -> shapes of its variables, size of the images it asks for) of a Keras file that is plain and whole.

    The size is None where the file leaves it open. None for any other file.
    """
    return _read(path, {".keras": _of_archive, ".h5": _of_hdf5, ".hdf5": _of_hdf5})


def _read(path: Path, readers: Mapping[str, Callable[[Path], T | None]]) -> T | None:
    reader = readers.get(path.suffix.lower())
    try:
        if reader is None:
            return None
        check_regular(path)
        return reader(path)
    except Exception:  # noqa: BLE001  # the reader of the format says what it is
        return None


def _of_torch(path: Path) -> Shapes | None:
    from ..common.memory import unread
    from . import provenance
    from .torch_data import check
    from .torch_state import unwrap
    from .torch_values import Tensor
    from .torch_zip import ZipFile

    with unread(), ZipFile(path) as saved:
        plain = all(name.startswith((f"{saved.folder}/", ".data/")) for name in saved.archive.members)
        state, keys, notes, parts = unwrap(saved.value, path)
        if not plain or saved.notes or keys or notes or parts:
            return None
    said = getattr(state, "attributes", {}).get(SAID)
    if isinstance(said, str) and not _is_registered(provenance.loads(said, path).network):
        return None
    rows = list[tuple[Any, str, tuple[int, ...]]]()
    for key, tensor in state.items():
        if not isinstance(tensor, Tensor):
            return None
        check(tensor, "")
        rows.append((key, tensor.kind.name, tensor.size))
    return _weights(rows)


def _of_archive(path: Path) -> Layers | None:
    from . import keras_headers

    return _layers(keras_headers.of_archive(path), path)


def _of_hdf5(path: Path) -> Layers | None:
    from . import keras_headers

    return _layers(keras_headers.of_file(path), path)


def _layers(found: Header, path: Path) -> Layers | None:
    from . import provenance

    if found.said and not _is_registered(provenance.loads(found.said, path).network):
        return None
    return found.layers, found.size


def _of_safetensors(path: Path) -> Shapes | None:
    from . import bounded_json, provenance

    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > min(size - 8, LONGEST):
            return None
        header = bounded_json.loads(file.read(length))
    said = header.pop("__metadata__", None) or {}
    if NET in said or not _is_registered(provenance.of_metadata(said, path).network):
        return None
    place = 0
    for entry in sorted(header.values(), key=lambda entry: tuple(entry["data_offsets"])):
        start, stop = entry["data_offsets"]
        if start != place or stop - start != math.prod(entry["shape"]) * SIZES[entry["dtype"]]:
            return None
        place = stop
    if 8 + length + place != size:
        return None
    return _weights((name, entry["dtype"], tuple(entry["shape"])) for name, entry in header.items())


def _weights(rows: Rows) -> Shapes | None:
    """The rows that are weights; None where one of them is no array of floats, or is named otherwise than by text."""
    found: Shapes = {}
    for name, kind, shape in rows:
        if not isinstance(name, str) or name in found:
            return None
        if name.rpartition(".")[2] == COUNTER and shape == () and kind in WHOLE:
            continue
        if kind not in FLOATS:
            return None
        found[name] = tuple(shape)
    return found


def _is_registered(name: str | None) -> bool:
    """Whether a file says nothing, or that it holds a registered network which is not folded."""
    from ..common.listed import known_networks

    return name is None or name in known_networks()[0]
