"""The layers of a plain Keras file and the shapes of their variables, by its headers alone, without NumPy or libhdf5.

Plain is a functional model without layers in layers, whose layers all say their names, with nothing of its training.
"""

from __future__ import annotations

import mmap
import re
from pathlib import Path
from typing import Any, NamedTuple

from .plain_hdf5.tree import Array, Group, root
from .plain_hdf5.window import Odd, Window

Shapes = dict[str, list[tuple[int, ...]]]
CONFIG, WEIGHTS, METADATA, MEMBER = "config.json", "model.weights.h5", "metadata.json", "diptych.json"
LAYERS, VARIABLES, SEEDS, NAME, SAID = "layers", "vars", "seed_generator", "name", "diptych"
MODEL_WEIGHTS, MODEL_CONFIG, LAYER_NAMES, WEIGHT_NAMES = "model_weights", "model_config", "layer_names", "weight_names"
"""Of Keras 2's layout, in which Keras 3 writes `.h5`, too."""
BACKENDS = ("", "tensorflow", "jax", "torch")
FLOATS = ("f2", "f4", "f8")
INPUT = "InputLayer"


class Header(NamedTuple):
    """Layer -> the shapes of its variables; the (height, width) of images that the file asks for; what it says."""

    layers: Shapes
    size: tuple[int, int] | None
    said: str | bytes


def of_archive(path: Path) -> Header:
    """What a .keras file has; raises whatever comes where it is not plain, or not whole."""
    from ..common.memory import unread
    from .archive import Archive
    from .model_config import LIMIT, stated

    with unread(), Archive(path, ".keras file") as archive:
        names = archive.members.keys()
        if not {CONFIG, WEIGHTS} <= names <= {CONFIG, WEIGHTS, METADATA, MEMBER}:
            raise Odd("another member")
        if archive.members[CONFIG].size > LIMIT:
            raise Odd("a long text")
        _, entries = stated(archive.small(CONFIG), str(path))
        said = archive.small(MEMBER) if MEMBER in names else b""
        weights = archive.members[WEIGHTS]
        if weights.method:
            raise Odd("packed weights")
        layers, beside = _weights(archive.file.fileno(), archive.starts[WEIGHTS], weights.size)
    if entries is None or beside:
        raise Odd("no layers that it states, or two texts")
    return Header(layers, _size(entries), said)


def of_file(path: Path) -> Header:
    """What an HDF5 file of either layout has; raises whatever comes where it is not plain, or not whole."""
    size = path.stat().st_size
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        whole = root(Window(data, 0, size))
        inside = whole.get(MODEL_WEIGHTS) if MODEL_WEIGHTS in whole else whole
        if isinstance(inside, Group) and LAYER_NAMES in inside.attrs:
            return _of_keras_2(whole, inside, path)
        return Header(_layers(whole), None, _said(whole))


def _of_keras_2(whole: Group, inside: Group, path: Path) -> Header:
    """What a file in the layout of Keras 2 has: names of layers, and of the variables of each."""
    if (whole is not inside and set(whole) != {MODEL_WEIGHTS}) or _plain(inside.text("backend") or "") not in BACKENDS:
        raise Odd("more than weights, or kernels of another kind")
    found: Shapes = {}
    for name in _names(inside, LAYER_NAMES):
        layer = inside.get(name)
        if not isinstance(layer, Group):
            raise Odd("a layer without its group")
        names = _names(layer, WEIGHT_NAMES)
        if len({re.sub(r":\d+$", "", each).rpartition("/")[0] for each in names}) > 1:
            raise Odd("layers inside one")
        if shapes := _shapes([_below(layer, each) for each in names]):
            found[name] = shapes
    return Header(found, _stated_size(whole, path), "")


def _names(group: Group, attribute: str) -> list[str]:
    """The names that an attribute lists; raises Odd where one is there twice."""
    found = group.text(attribute)
    names = [_plain(name) for name in found] if isinstance(found, list) else []
    if not isinstance(found, list) or len(set(names)) < len(names):
        raise Odd("no list of names, each once")
    return names


def _plain(name: str | bytes) -> str:
    return name.decode("utf-8") if isinstance(name, bytes) else name


def _below(group: Group, path: str) -> Group | Array | None:
    """The member of a group at a path."""
    found: Group | Array | None = group
    for part in path.split("/"):
        found = found.get(part) if isinstance(found, Group) else None
    return found


def _stated_size(whole: Group, path: Path) -> tuple[int, int] | None:
    """The size that the config in a file asks for; raises Odd for one of models in a model."""
    from .model_config import LIMIT, stated

    said = whole.text(MODEL_CONFIG)
    if said is None:
        return None
    if not isinstance(said, (str, bytes)) or len(said) > LIMIT:
        raise Odd("a long text")
    _, entries = stated(said, str(path))
    if entries is None or any("/" in name for name in entries):
        raise Odd("no layers that it states, or layers inside one")
    return _size(entries)


def _size(entries: dict[str, Any]) -> tuple[int, int] | None:
    """As `conversion.keras_config.input_size` has it, of whole numbers; raises Odd for a shape of another kind."""
    first = next((entry["config"] for entry in entries.values() if entry.get("class_name") == INPUT), None)
    if first is None or "batch_shape" not in first:
        return None
    shape = first["batch_shape"]
    if not isinstance(shape, list) or len(shape) != 4:
        raise Odd("an input of another kind")
    height, width = shape[1:3]
    if height is width is None:
        return None
    if type(height) is not int or type(width) is not int:
        raise Odd("an input of which one side is free")
    return height, width


def _weights(descriptor: int, start: int, size: int) -> tuple[Shapes, str]:
    """(layer -> shapes of its variables, what the file says) of an HDF5 file within another one."""
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as data:
        file = root(Window(data, start, size))
        return _layers(file), _said(file)


def _said(file: Group) -> str:
    said = file.text(SAID) if SAID in file.attrs else ""
    if not isinstance(said, str):
        raise Odd("no text")
    return said


def _layers(file: Group) -> Shapes:
    """Layer -> the shapes of its variables, in the layout of Keras 3."""
    layers = file.get(LAYERS)
    if set(file) - {LAYERS, VARIABLES} or not isinstance(layers, Group):
        raise Odd("more than layers")
    found: Shapes = {}
    for key in layers:
        name, shapes = _layer(layers.get(key))
        if shapes and (not name or name in found):
            raise Odd("a layer without a name of its own")
        found |= {name: shapes} if shapes else {}
    return found


def _layer(group: Group | Array | None) -> tuple[str, list[tuple[int, ...]]]:
    """(name, shapes of the variables) of a layer; "" where it says none."""
    variables = group.get(VARIABLES) if isinstance(group, Group) else None
    if group is None or isinstance(group, Array) or set(group) - {VARIABLES, SEEDS}:
        raise Odd("no layer, or layers inside one")
    if not isinstance(variables, Group):
        raise Odd("a layer without its group")
    name = variables.text(NAME) if NAME in variables.attrs else ""
    if not isinstance(name, str):
        raise Odd("a name of another kind")
    return name, _shapes([variables.get(str(index)) for index in range(len(variables))])


def _shapes(found: list[Group | Array | None]) -> list[tuple[int, ...]]:
    """The shapes of the variables of a layer."""
    arrays = [one for one in found if isinstance(one, Array)]
    if arrays and not arrays[-1].shape and arrays[-1].kind[0] in "iu":
        arrays, found = arrays[:-1], found[:-1]  # what Normalization counts: see `keras3`
    if len(arrays) < len(found) or any(one.kind not in FLOATS for one in arrays):
        raise Odd("variables of another kind")
    return [one.shape for one in arrays]
