"""Keras 3's layout of weights in HDF5: a group for each layer, with its variables in a group `vars`.

A functional model keeps its layers in the group `layers` and says their names. A model of classes, as an emitted file
makes it, has a group for each attribute that holds a layer: there the place of a group in the file is its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..common.errors import FileError
from ..common.spec import Array
from . import provenance
from .h5 import BROKEN, MEMBERS, Source, Variable, attribute, child, reason, text
from .layers import Keys, Layers
from .stored import Stored

ATTRIBUTE = "diptych"
CONTAINER, VARIABLES, SEEDS = "layers", "vars", "seed_generator"
STATE = ("compiled_metrics", "loss", "metrics", "optimizer", "optimizer_weights")
"""Groups beside the layers with the state of training; so are those whose names begin with an underscore."""


class Contents(NamedTuple):
    """What an HDF5 file holds: arrays by layer name ({} where not all have one) and by place, and what it says.

    `unnamed` says that some of the names are keys of a list of layers, which are made of classes and numbers.
    """

    layers: dict[str, list[Array]]
    places: dict[str, list[Array]]
    origins: Keys
    place_origins: Keys
    unnamed: bool
    title: str
    notes: tuple[str, ...]
    stated: provenance.Provenance


def read(path: Path) -> Layers:
    """The checkpoint in an HDF5 file that Keras 3 saved weights to; raises FileError where it is not one."""
    return layers(contents(path, path), path)


def layers(found: Contents, path: Path) -> Layers:
    """The checkpoint with these contents."""
    stated = found.stated
    return Layers(
        path, "weights.h5", found.layers, found.places, extras=stated.extras, stated=stated, title=found.title,
        notes=found.notes, origins=found.origins, place_origins=found.place_origins, unnamed=found.unnamed,
    )  # fmt: skip


def contents(source: Any, path: Path) -> Contents:
    """The contents of a file of weights, open or by its path; raises FileError where it is not a whole one.

    `path` is that of the file which is shown. Let `h5_checked` look at it before.
    """
    import h5py

    try:
        with h5py.File(source, "r") as file:
            return contents_in(file, Source(file, str(path), _place(source, file)), path)
    except BROKEN as error:
        raise FileError(f"{path} holds no whole HDF5 file of weights ({reason(error)})") from None


def contents_in(file: Any, source: Source, path: Path) -> Contents:
    """The contents of an open file, whose members are taken from a source."""
    said = text(attribute(file, ATTRIBUTE, str(path)))
    stated = provenance.loads(said, path) if said else provenance.Provenance()
    return Contents(*_arrays(file, str(path), source), _title(file, str(path)), _left_out(file), stated)


def _place(source: Any, file: Any) -> tuple[int, int] | None:
    """The descriptor of the file that HDF5 lies in, and where it begins there; None where it was unpacked."""
    if isinstance(source, Path):
        return int(file.id.get_vfd_handle()), 0
    raw = getattr(source, "raw", None)
    return (raw.file.fileno(), raw.start) if isinstance(raw, Stored) else None


def without_count(variables: list[Variable]) -> list[Variable]:
    """The variables without the count that Normalization keeps of the images it was adapted to, and never reads."""
    last = variables[-1].array if variables else None
    counted = last is not None and last.shape == () and np.issubdtype(last.dtype, np.integer)
    return variables[:-1] if counted else variables


def parted(found: Mapping[str, list[Variable]]) -> tuple[dict[str, list[Array]], Keys]:
    """(the arrays, where the file has them) of variables by layer."""
    arrays = {layer: [variable.array for variable in variables] for layer, variables in found.items()}
    return arrays, {layer: [variable.key for variable in variables] for layer, variables in found.items()}


class _Entry(NamedTuple):
    place: str
    name: str | None
    stated: bool
    variables: list[Variable]


def _arrays(
    file: Any, where: str, source: Source
) -> tuple[dict[str, list[Array]], dict[str, list[Array]], Keys, Keys, bool]:
    """(layer name -> variables, "outer/inner" for layers inside one; place -> variables; where the file has either).

    The last says whether the file has no names.

    The variables are in the order of Keras.
    """
    if not any(hasattr(child(file, key, where), "keys") for key in (CONTAINER, VARIABLES)):
        raise FileError(f"{where} has no group 'layers', so it is not a weights file of a Keras 3 model")
    found = [entry for entry in _inside(source, file, "", None) if entry.variables]
    named: dict[str, list[Variable]] = {}
    for entry in found if all(entry.name is not None for entry in found) else ():
        if entry.name in named:
            raise FileError(f"{where} has two layers named {entry.name!r}")
        named[str(entry.name)] = entry.variables
    (layers, origins), (places, there) = parted(named), parted({entry.place: entry.variables for entry in found})
    return layers, places, origins, there, bool(layers) and not all(entry.stated for entry in found)


def _inside(source: Source, group: Any, place: str, outer: str | None) -> Iterator[_Entry]:
    """The layers in a group, whose own layer is named `outer`: "" at the beginning of names, None where unknown."""
    source.enter(group, f"{source.where}/{place}".rstrip("/"))
    for key in group:
        there = f"{place}/{key}".lstrip("/")
        if key in (VARIABLES, SEEDS) or (not place and _is_state(key)):
            continue
        member = child(group, key, f"{source.where}/{place}")
        if not hasattr(member, "keys"):
            raise FileError(f"{source.where}/{there} is not a group, where Keras keeps a layer")
        if key == CONTAINER:
            yield from _members(source, member, there, outer if place else "")
        else:
            yield from _layer(source, member, there, outer, "")


def _members(source: Source, group: Any, place: str, outer: str | None) -> Iterator[_Entry]:
    """The layers in a list of layers, which a model of layers has by name."""
    source.enter(group, f"{source.where}/{place}")
    for key in group:
        there = f"{place}/{key}"
        member = child(group, key, f"{source.where}/{place}")
        if not hasattr(member, "keys"):
            raise FileError(f"{source.where}/{there} is not a group, where Keras keeps a layer")
        yield from _layer(source, member, there, outer, key)


def _layer(source: Source, group: Any, place: str, outer: str | None, key: str) -> Iterator[_Entry]:
    """A layer, under the name that it says or else its key in a list, and the layers inside it."""
    variables = child(group, VARIABLES, f"{source.where}/{place}")
    said = text(attribute(variables, "name", source.where)) if variables is not None else ""
    own = said or key
    name = f"{outer}{own}" if own and outer is not None else None
    yield _Entry(place, name, bool(said), _variables(source, variables, f"{source.where}/{place}"))
    yield from _inside(source, group, place, None if name is None else f"{name}/")


def _variables(source: Source, variables: Any, where: str) -> list[Variable]:
    if variables is None or not hasattr(variables, "keys"):
        return []
    if len(variables) > MEMBERS:
        raise FileError(f"{where} has {len(variables)} variables, more than any layer needs; refused")
    places = [(f"{index}", f"{where}/vars/{index}") for index in range(len(variables))]
    return without_count([source.array(child(variables, key, f"{where}/vars"), place) for key, place in places])


def _title(file: Any, where: str) -> str:
    """The name of the model, or "" where the file does not say it."""
    group = child(file, VARIABLES, where)
    return text(attribute(group, "name", where)) if group is not None else ""


def _left_out(file: Any) -> tuple[str, ...]:
    """A note on the state of training, such as the optimizer's, that is not part of the weights."""
    rest = sorted(filter(_is_state, file))
    return (f"left out: {', '.join(rest)}",) if rest else ()


def _is_state(key: str) -> bool:
    return key in STATE or key.startswith("_")
