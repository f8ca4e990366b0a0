"""The arrays of a Keras weights file (HDF5), by layer name; links, external storage and virtual arrays are refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..common.errors import FileError
from ..common.spec import Array
from .checkpoint import native
from .limits import Budget, swollen

CONTAINER, VARIABLES, SEEDS = "layers", "vars", "seed_generator"


class Source:
    """An open HDF5 file whose members are taken one by one: no links, no second visits, no more than is stored."""

    def __init__(self, file: Any, where: str) -> None:
        self.file, self.where = file, where
        self.budget = Budget(int(file.id.get_filesize()))
        self.visited: set[int] = set()

    def enter(self, group: Any, where: str) -> None:
        """Mark a group as read; raises FileError where it was read before, under another name or inside itself."""
        import h5py

        address = h5py.h5o.get_info(group.id).addr
        if address in self.visited:
            raise FileError(f"{where} is a second name of a group that was read before; such files are refused")
        self.visited.add(address)

    def array(self, dataset: Any, where: str) -> Array:
        """The data of a member; raises FileError where it is no array, lies elsewhere, or claims too much."""
        if dataset is None or not hasattr(dataset, "dtype") or not hasattr(dataset, "nbytes"):
            raise FileError(f"{where} is not an array, where Keras keeps a variable")
        if dataset.external or dataset.is_virtual:
            raise FileError(f"{where} keeps its data in another file; only arrays inside the file are read")
        if dataset.dtype.kind not in "fiub":
            raise FileError(f"{where} holds {dataset.dtype}, expected numbers; save the weights as float32 first")
        if swollen(dataset.nbytes, dataset.id.get_storage_size()):
            raise FileError(
                f"{where} claims {dataset.nbytes} bytes, but the file stores {dataset.id.get_storage_size()}"
            )
        self.budget.take(dataset.nbytes, where)
        return native(dataset[()])


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


def child(group: Any, path: str, where: str) -> Any:
    """The member at a path, or None; raises FileError for a link on the way that leads elsewhere."""
    import h5py

    for key in path.split("/"):
        if key in ("", ".", "..") or not hasattr(group, "keys"):
            return None
        link = group.get(key, getlink=True)
        if link is not None and not isinstance(link, h5py.HardLink):
            raise FileError(f"{where}/{path} is a link to another place; only arrays inside the file are read")
        group = group.get(key)
    return group


def text(value: Any) -> str:
    """An attribute as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


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
