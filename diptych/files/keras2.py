"""Keras 2's HDF5 files, whole models and weights alone, and Keras 3's legacy writer: read as arrays and text only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import FileError
from . import bounded_json, h5, keras3, model_config
from .layers import Layers

WEIGHTS, CONFIG, LAYERS, NAMES = "model_weights", "model_config", "layer_names", "weight_names"


def root_of(file: Any, where: str) -> Any:
    """The group with the layers in an HDF5 file of Keras 2; None in any other file."""
    root = h5.child(file, WEIGHTS, where) if WEIGHTS in file else file
    return root if _has(root, LAYERS) else None


def read(file: Any, root: Any, path: Path, source: h5.Source) -> Layers:
    """The checkpoint in an open file whose layers are in `root`; raises FileError where it is not whole.

    The members are taken from a source.
    """
    where = str(path)
    if h5.text(h5.attribute(root, "backend", where)) == "theano":
        raise FileError(
            f"{where} was written by Keras on Theano, whose kernels are mirrored; save it on TensorFlow first"
        )
    model = _config(file, where)
    config = None if model is None else model_config.entries(model, f"{where}: its {CONFIG}")
    known = _inner(config or {})
    found = dict[str, list[h5.Variable]]()
    for layer in _texts(root, LAYERS, where):
        group = h5.child(root, layer, where)
        if not hasattr(group, "keys"):
            raise FileError(f"{where} names a layer {layer!r} that it has no group for, so it is not whole")
        source.enter(group, f"{where}/{layer}")
        for key, variables in _layer(source, group, layer, known).items():
            if key in found:
                raise FileError(f"{where} has two layers named {key!r}")
            found[key] = keras3.without_count(variables)
    layers, origins = keras3.parted(found)
    own = (model or {}).get("config")
    title = str(own.get("name", "")) if isinstance(own, dict) else ""
    rest = sorted(key for key in file if key != WEIGHTS) if root is not file else []
    notes = (f"left out: {', '.join(rest)}",) if rest else ()
    return Layers(path, "h5", layers, config=config, model=model, title=title, notes=notes, origins=origins)


def _inner(config: Mapping[str, Any]) -> dict[str, list[str]]:
    """Outer layer -> the paths of the layers inside it."""
    found: dict[str, list[str]] = {}
    for name in config:
        parts = name.split("/")
        for end in range(1, len(parts)):
            found.setdefault("/".join(parts[:end]), []).append(name)
    return found


def _layer(source: h5.Source, group: Any, layer: str, known: Mapping[str, list[str]]) -> dict[str, list[h5.Variable]]:
    """The variables of one group, by the layer inside it that each belongs to."""
    where = f"{source.where}/{layer}"
    names = _texts(group, NAMES, where)
    owners = [re.sub(r":\d+$", "", name).rpartition("/")[0] for name in names]
    inside, found = known.get(layer, []), dict[str, list[h5.Variable]]()
    for name, owner in zip(names, owners, strict=True):
        key = _key(layer, owner, inside) if inside or len(set(owners)) > 1 else layer
        found.setdefault(key, []).append(source.array(h5.child(group, name, where), f"{where}/{name}"))
    return found


def _key(layer: str, owner: str, inside: list[str]) -> str:
    """The path of an inner layer; the config tells it in full where Keras wrote only its end."""
    known = [name for name in inside if name.endswith(f"/{owner}")]
    if len(known) == 1:
        return known[0]
    inner = "" if owner == layer else owner.removeprefix(f"{layer}/")
    return f"{layer}/{inner}" if inner else layer


def _config(file: Any, where: str) -> dict[str, Any] | None:
    if CONFIG not in file.attrs:
        return None
    found = h5.text(h5.attribute(file, CONFIG, where))
    if len(found) > model_config.LIMIT:
        raise FileError(f"{where}: its {CONFIG} has {len(found)} characters, more than any model needs; refused")
    try:
        config = bounded_json.loads(found)
    except ValueError as error:
        raise FileError(f"{where}: its {CONFIG} is not readable ({h5.reason(error)})") from None
    return config if isinstance(config, dict) else {}


def _has(group: Any, name: str) -> bool:
    return hasattr(group, "attrs") and (name in group.attrs or f"{name}0" in group.attrs)


def _texts(group: Any, name: str, where: str) -> list[str]:
    """A list of names, which Keras cuts into attributes name0, name1 ... where it is long."""
    parts = [name] if name in group.attrs else []
    while not parts or (parts[-1] != name and f"{name}{len(parts)}" in group.attrs):
        parts.append(f"{name}{len(parts)}")
    if any(part not in group.attrs for part in parts):
        raise FileError(f"{where} has no attribute {name!r}, where Keras lists names; the file is not whole")
    found = [item for part in parts for item in np.ravel(h5.attribute(group, part, where)).tolist()]
    names = [h5.text(item) for item in found]
    if len(set(names)) < len(names) or not all(isinstance(item, (str, bytes)) for item in found):
        raise FileError(f"{where}: its {name} are not names, each once; save the model anew")
    return names
