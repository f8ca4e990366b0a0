"""What an optimiser of Keras keeps, in a `.keras` file of a model that was trained: read as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Array
from .archive import Archive
from .h5 import BROKEN, MEMBERS, Source, child, reason
from .keras_file import CONFIG, WEIGHTS, _check_weights, _text

ADVICE = "compile the model, train it, and save it as .keras; or leave out --with-optimizer"


@dataclass(frozen=True)
class Kept:
    """The class of an optimiser, its config, and its variables in its own order."""

    name: str
    config: Mapping[str, Any]
    arrays: tuple[Array, ...]


def read(path: Path) -> Kept:
    """The optimiser in a .keras file; raises FileError where there is none."""
    with Archive(path, ".keras file") as archive:
        stated = json.loads(_text(archive, CONFIG)).get("compile_config") or {}
        entry = stated.get("optimizer") if isinstance(stated, dict) else None
        if not isinstance(entry, dict) or not isinstance(entry.get("config"), dict):
            raise FileError(f"{path} has no optimizer beside its weights: its model was not compiled; {ADVICE}")
        with archive.open(WEIGHTS) as weights:
            _check_weights(weights, path)
            arrays = _arrays(weights, path)
    return Kept(str(entry.get("class_name")), entry["config"], arrays)


def _arrays(weights: Any, path: Path) -> tuple[Array, ...]:
    import h5py

    try:
        with h5py.File(weights, "r") as file:
            group = child(file, "optimizer/vars", str(path))
            if group is None or not hasattr(group, "keys") or not 0 < len(group) <= MEMBERS:
                raise FileError(f"{path} names an optimizer and has none of its numbers; {ADVICE}")
            source, where = Source(file, str(path)), f"{path}/optimizer/vars"
            return tuple(source.array(child(group, f"{n}", where), f"{where}/{n}").array for n in range(len(group)))
    except BROKEN as error:
        raise FileError(f"{path} holds no whole HDF5 file of weights ({reason(error)})") from None
