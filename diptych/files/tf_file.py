"""TensorFlow's files, read as data: SavedModel folders, checkpoints, and frozen graphs; no graph is ever imported."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..common.errors import FileError
from ..common.spec import Array
from . import tf_graph
from .checkpoint import Key
from .format import Format
from .kinds import check_regular
from .layers import Layers
from .tf_bundle import FLOATS, GRAPH, NARROW, Bundle, index_of, prefix_of

VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
MODEL, VARIABLES = "saved_model.pb", "variables"
MEMBERS = 100_000
"""Files in the folder of a SavedModel at most."""
NUMBERS = ("WSM", "WSM_1", "WSM_2")
"""Weights of a sum, each a variable that is a single number: see `common/dialects/efficientdet.py`."""
ORDER = (
    *("kernel", "weights", "depthwise_kernel", "depthwise_weights", "pointwise_kernel", "pointwise_weights"),
    *("final_weights", "gamma", "beta", "moving_mean", "moving_variance", "mean", "variance"),
    *("bias", "biases", "final_biases"),
    *NUMBERS,
)
"""The variables of a layer in the order of Keras; the final ones are those of TensorFlow's retraining script."""

AVERAGE = "ExponentialMovingAverage"
STATE = re.compile(
    r"/(\.OPTIMIZER_SLOT|_variables|keras_api/metrics)/|/(ExponentialMovingAverage|Momentum|Adam|RMSProp|Adagrad|Ftrl)"
    r"(_\d+)?$"
)
OPTIMIZER = re.compile(r"(^|/)_?optimizer/")


def read(path: Path) -> Layers:
    """The checkpoint that a folder, a prefix or a file of TensorFlow holds; raises FileError for any other."""
    prefix, graph = parts(path)
    if prefix is not None:
        return _checkpoint(path, *_variables(Bundle(prefix)), "")
    note = f"the constants of a {'SavedModel' if graph.name == MODEL else 'frozen graph'} were read"
    return _checkpoint(path, *tf_graph.constants(graph, ORDER), note)


def parts(path: Path) -> tuple[Path | None, Path]:
    """(prefix of the checkpoint that a path names, None where there is none; the graph, where there is one).

    Raises FileError for a folder with anything but folders and regular files in it.
    """
    prefix = prefix_of(path)
    folder = path if path.is_dir() else path.parent
    if path.is_dir():
        _check_members(path)
    if prefix is None and (path.is_dir() or path.name == MODEL):
        prefix = folder / VARIABLES / VARIABLES
        return (prefix if index_of(prefix).is_file() else None), folder / MODEL
    return prefix, path


def _check_members(folder: Path) -> None:
    for count, item in enumerate(folder.rglob("*")):
        if count == MEMBERS:
            raise FileError(f"{folder} has more than {MEMBERS} files in it; name the SavedModel alone")
        if not item.is_dir():
            check_regular(item)


def _checkpoint(path: Path, arrays: Mapping[str, Array], keys: Mapping[str, str], left: list[str], note: str) -> Layers:
    """The checkpoint of arrays by full name; `keys` are their names in the file."""
    if not arrays:
        expected = "variables or constants named kernel, weights, gamma, bias and the like"
        raise FileError(
            f"{path} holds no weights that can be told by name, expected {expected}; save the weights again"
        )
    averages = [name for name in left if name.endswith(AVERAGE)]
    left = [name for name in left if not name.endswith(AVERAGE)]
    rest = f"left out: {', '.join(left[:6])}{f' ... ({len(left)} in all)' if len(left) > 6 else ''}" if left else ""
    means = f"{len(averages)} averages over training ({AVERAGE}) are left out: authors may run these, not the weights"
    order = _ordered(arrays)
    notes = (note, means if averages else "", rest)
    origins: dict[str, list[Key]] = {layer: [(keys[name],) for name in names] for layer, names in order.items()}
    return Layers(path, "tensorflow", layers_of(arrays), notes=tuple(filter(None, notes)), origins=origins)


def layers_of(arrays: Mapping[str, Array]) -> dict[str, list[Array]]:
    """Layer path -> its variables in Keras's order, of variables by full name.

    >>> import numpy as np
    >>> layers_of({"net/conv/biases": np.ones(2), "net/conv/weights": np.zeros((1, 1, 3, 2))})["net/conv"][0].shape
    (1, 1, 3, 2)
    """
    return {layer: [arrays[name] for name in names] for layer, names in _ordered(arrays).items()}


def _ordered(names: Iterable[str]) -> dict[str, list[str]]:
    """Layer path -> the full names of its variables in Keras's order."""
    layers: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        layer, _, kind = name.rpartition("/")
        if kind.startswith("final_"):
            layer = layer.removesuffix("/weights").removesuffix("/biases")
        rank = ORDER.index(kind) if kind in ORDER else len(ORDER)
        layers.setdefault(layer or kind, []).append((rank, name))
    return {layer: [name for _, name in sorted(found, key=lambda pair: pair[0])] for layer, found in layers.items()}


def _variables(bundle: Bundle) -> tuple[dict[str, Array], dict[str, str], list[str]]:
    """(weights by full name, their keys by full name, names of what is training state)."""
    full = bundle.full_names()
    names = {key: _name(key, full.get(key, "")) for key in bundle.entries if key != GRAPH}
    kept = {key: name for key, name in names.items() if _is_weight(bundle, key, name)}
    found: dict[str, Array] = {}
    for key, array in bundle.arrays(kept):
        name = names[key]
        same = found.get(name, array)
        if (same.shape, same.tobytes()) != (array.shape, array.tobytes()):
            raise FileError(f"{bundle.path} has two variables named {name!r} that differ; save one model by itself")
        found[name] = array
    return found, {name: key for key, name in kept.items()}, [name for key, name in names.items() if key not in kept]


def _name(key: str, full: str) -> str:
    """The full name of a variable where it has a layer in it, or else the way to it through the objects."""
    path, _, kind = key.removesuffix(VALUE).rpartition("/")
    return full.removesuffix(":0") if "/" in full else f"{path}/{kind.lstrip('_')}".lstrip("/")


def _is_weight(bundle: Bundle, key: str, name: str) -> bool:
    """Whether a tensor is a weight: not a counter, a rate, a slot of an optimizer or a mean over training."""
    dtype, known = bundle.entries[key].dtype, name.rpartition("/")[2] in ORDER
    if dtype not in (*FLOATS, *NARROW) or not (bundle.shape(key) or name.rpartition("/")[2] in NUMBERS):
        return False
    if dtype in NARROW:
        raise FileError(
            f"{bundle.path}: {name} is {NARROW[dtype]}, which NumPy has no numbers for; save it as float32 first"
        )
    return known or not (STATE.search(f"/{key.removesuffix(VALUE)}") or STATE.search(name) or OPTIMIZER.search(key))


def place(path: Path) -> Path | None:
    """The index of a checkpoint that is named by its prefix, or the graph in a SavedModel's folder; else None."""
    prefix = prefix_of(path)
    if prefix is not None:
        return index_of(prefix)
    return path / MODEL if os.path.isfile(path / MODEL) else None


FORMAT = Format("tensorflow", "tf", "TensorFlow", read, only_read=(".pb", ".index"), place=place)
