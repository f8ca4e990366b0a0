"""Keras 3's layout of weights in HDF5, by layer name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import FileError
from ..common.spec import Array
from . import provenance
from .checkpoint import Checkpoint
from .h5 import BROKEN, Source, child, reason, text

ATTRIBUTE = "diptych"
CONTAINER, VARIABLES, SEEDS = "layers", "vars", "seed_generator"


def read(path: Path) -> Checkpoint:
    """The checkpoint in an HDF5 file that Keras 3 saved weights to; raises FileError where it is not one."""
    layers, title, notes, said = opened(path, path)
    stated = provenance.loads(said, path) if said else provenance.Provenance()
    return Checkpoint(path, "weights.h5", {}, layers, stated.extras, stated, None, title, notes)


def opened(source: Any, path: Path) -> tuple[dict[str, list[Array]], str, tuple[str, ...], str]:
    """(layers, model name, notes, what diptych wrote) of an HDF5 file."""
    import h5py

    try:
        with h5py.File(source, "r") as file:
            said = str(file.attrs.get(ATTRIBUTE, ""))
            return layers_of(file, str(path)), title(file, str(path)), left_out(file), said
    except BROKEN as error:
        raise FileError(f"{path} holds no whole HDF5 file of weights ({reason(error)})") from None


def layers_of(file: Any, where: str) -> dict[str, list[Array]]:
    """Layer name -> its variables in order, "outer/inner" for layers inside one; raises FileError for other layouts."""
    group = child(file, CONTAINER, where)
    if group is None or not hasattr(group, "keys"):
        raise FileError(f"{where} has no group 'layers', so it is not a weights file of a Keras 3 model")
    found: dict[str, list[Array]] = {}
    _members(Source(file, where), group, "", f"{where}: layers", found)
    return found


def title(file: Any, where: str) -> str:
    """The name of the model, or "" where the file does not say it."""
    group = child(file, VARIABLES, where)
    return text(group.attrs.get("name", "")) if group is not None else ""


def left_out(file: Any) -> tuple[str, ...]:
    """A note on the state of training, such as the optimizer's, that is not part of the weights."""
    rest = sorted(key for key in file if key not in (CONTAINER, VARIABLES))
    return (f"left out: {', '.join(rest)}",) if rest else ()


def without_count(arrays: list[Array]) -> list[Array]:
    """The variables without the count that Normalization keeps of the images it was adapted to, and never reads."""
    counted = len(arrays) > 0 and arrays[-1].shape == () and np.issubdtype(arrays[-1].dtype, np.integer)
    return arrays[:-1] if counted else arrays


def _members(source: Source, group: Any, outer: str, where: str, found: dict[str, list[Array]]) -> None:
    source.enter(group, where)
    for key in group:
        _layer(source, child(group, key, where), outer, f"{where}/{key}", found)


def _layer(source: Source, group: Any, outer: str, where: str, found: dict[str, list[Array]]) -> None:
    """Add the variables of a layer and of the layers inside it to `found`."""
    if not hasattr(group, "keys"):
        raise FileError(f"{where} is not a group, where Keras keeps a layer")
    source.enter(group, where)
    variables = child(group, VARIABLES, where)
    name = outer + (_name(variables) or group.name.rpartition("/")[2])
    arrays = _variables(source, variables, where)
    if arrays and name in found:
        raise FileError(f"{source.where} has two layers named {name!r}")
    if arrays:
        found[name] = arrays
    for key in group:
        member = None if key in (VARIABLES, SEEDS) else child(group, key, where)
        if not _holds_arrays(member):
            continue
        if key == CONTAINER and hasattr(member, "keys"):
            _members(source, member, f"{name}/", f"{where}/{key}", found)
        elif _name(child(member, VARIABLES, f"{where}/{key}")):
            _layer(source, member, f"{name}/", f"{where}/{key}", found)
        else:
            raise FileError(
                f"{where}/{key} holds weights of a layer inside a layer, but not the name of that layer; save that "
                "layer by itself, or in a model"
            )


def _variables(source: Source, variables: Any, where: str) -> list[Array]:
    if variables is None or not hasattr(variables, "keys"):
        return []
    places = [(f"{index}", f"{where}/vars/{index}") for index in range(len(variables))]
    return without_count([source.array(child(variables, key, f"{where}/vars"), place) for key, place in places])


def _name(variables: Any) -> str:
    return text(variables.attrs.get("name", "")) if variables is not None else ""


def _holds_arrays(member: Any) -> bool:
    found: list[str] = []
    if hasattr(member, "dtype"):
        return True
    if hasattr(member, "visititems"):
        member.visititems(lambda name, item: found.append(name) if hasattr(item, "dtype") else None)
    return bool(found)
