"""The arrays of a Keras weights file (HDF5), by layer name; links, external storage and virtual arrays are refused."""

from __future__ import annotations

from typing import Any

from ..common.errors import FileError
from ..common.spec import Array
from .checkpoint import native

SWELL = 20
ALLOWANCE = 1 << 20
"""Data may be at most SWELL times as large as what is stored of it, plus ALLOWANCE bytes: Keras stores it as it is."""


def layers_of(file: Any, where: str) -> dict[str, list[Array]]:
    """Layer name -> its variables in order, of an open h5py file; raises FileError for any other arrangement."""
    group = _child(file, "layers", where)
    if group is None or not hasattr(group, "keys"):
        raise FileError(f"{where} has no group 'layers', so it is not a weights file of a Keras 3 model")
    layers: dict[str, list[Array]] = {}
    for key in group:
        name, arrays = _layer(_child(group, key, where), f"{where}: layers/{key}")
        if arrays and name in layers:
            raise FileError(f"{where} has two layers named {name!r}")
        if arrays:
            layers[name] = arrays
    return layers


def title(file: Any, where: str) -> str:
    """The name of the model, or "" where the file does not say it."""
    group = _child(file, "vars", where)
    return _text(group.attrs.get("name", "")) if group is not None else ""


def left_out(file: Any) -> tuple[str, ...]:
    """A note on the state of training, such as the optimizer's, that is not part of the weights."""
    rest = sorted(key for key in file if key not in ("layers", "vars"))
    return (f"left out: {', '.join(rest)}",) if rest else ()


def swollen(size: int, stored: int) -> bool:
    """Whether `size` bytes cannot honestly come out of `stored` ones."""
    return size > SWELL * stored + ALLOWANCE


def _layer(group: Any, where: str) -> tuple[str, list[Array]]:
    variables = _child(group, "vars", where)
    for key in group:
        if key not in ("vars", "seed_generator") and _holds_arrays(_child(group, key, where)):
            raise FileError(
                f"{where}/{key} holds weights of a layer inside a layer; diptych reads flat models, so save the inner "
                "model by itself"
            )
    if variables is None or not len(variables):
        return "", []
    arrays = [_array(_child(variables, str(index), where), f"{where}/vars/{index}") for index in range(len(variables))]
    if arrays[-1].shape == () and arrays[-1].dtype.kind in "iu":
        arrays.pop()  # layers.Normalization counts the images that it was adapted to, and never reads the count
    return _text(variables.attrs.get("name", group.name.rpartition("/")[2])), arrays


def _array(dataset: Any, where: str) -> Array:
    if dataset is None or not hasattr(dataset, "dtype"):
        raise FileError(f"{where} is not an array, where Keras keeps a variable")
    if dataset.external or dataset.is_virtual:
        raise FileError(f"{where} keeps its data in another file; only arrays inside the file are read")
    if swollen(dataset.nbytes, dataset.id.get_storage_size()):
        raise FileError(f"{where} claims {dataset.nbytes} bytes, but the file stores {dataset.id.get_storage_size()}")
    return native(dataset[()])


def _child(group: Any, key: str, where: str) -> Any:
    """The member itself; raises FileError for a link that leads elsewhere."""
    import h5py

    link = group.get(key, getlink=True)
    if link is not None and not isinstance(link, h5py.HardLink):
        raise FileError(f"{where}/{key} is a link to another place; only arrays inside the file are read")
    return group.get(key)


def _holds_arrays(member: Any) -> bool:
    found: list[str] = []
    if hasattr(member, "dtype"):
        return True
    if hasattr(member, "visititems"):
        member.visititems(lambda name, item: found.append(name) if hasattr(item, "dtype") else None)
    return bool(found)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
