"""TensorFlow's files, read as data: SavedModel folders, checkpoints, and frozen graphs; no graph is ever imported."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..common.errors import FileError
from ..common.spec import Array
from . import tf_graph
from .format import Format
from .layers import Layers
from .tf_bundle import GRAPH, Bundle, index_of, prefix_of

VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
MODEL, VARIABLES = "saved_model.pb", "variables"
ORDER = (
    *("kernel", "weights", "depthwise_kernel", "depthwise_weights", "pointwise_kernel", "pointwise_weights"),
    *("final_weights", "gamma", "beta", "moving_mean", "moving_variance", "mean", "variance"),
    *("bias", "biases", "final_biases"),
)
"""The variables of a layer in the order of Keras; the final ones are those of TensorFlow's retraining script."""

STATE = re.compile(
    r"/(\.OPTIMIZER_SLOT|_variables|keras_api/metrics)/|/(ExponentialMovingAverage|Momentum|Adam|RMSProp|Adagrad|Ftrl)"
    r"(_\d+)?$"
)
OPTIMIZER = re.compile(r"(^|/)_?optimizer/")


def read(path: Path) -> Layers:
    """The checkpoint that a folder, a prefix or a file of TensorFlow holds; raises FileError for any other."""
    prefix = prefix_of(path)
    folder = path if path.is_dir() else path.parent
    if prefix is None and (path.is_dir() or path.name == MODEL):
        prefix = folder / VARIABLES / VARIABLES
        if not index_of(prefix).is_file():
            return _checkpoint(
                path, *tf_graph.constants(folder / MODEL, ORDER), "the constants of a SavedModel were read"
            )
    if prefix is None:
        return _checkpoint(path, *tf_graph.constants(path, ORDER), "the constants of a frozen graph were read")
    return _checkpoint(path, *_variables(Bundle(prefix)), "")


def _checkpoint(path: Path, arrays: Mapping[str, Array], left: list[str], note: str) -> Layers:
    if not arrays:
        expected = "variables or constants named kernel, weights, gamma, bias and the like"
        raise FileError(
            f"{path} holds no weights that can be told by name, expected {expected}; save the weights again"
        )
    rest = f"left out: {', '.join(left[:6])}{f' ... ({len(left)} in all)' if len(left) > 6 else ''}" if left else ""
    return Layers(path, "tensorflow", layers_of(arrays), notes=tuple(filter(None, (note, rest))))


def layers_of(arrays: Mapping[str, Array]) -> dict[str, list[Array]]:
    """Layer path -> its variables in Keras's order, of variables by full name.

    >>> import numpy as np
    >>> layers_of({"net/conv/biases": np.ones(2), "net/conv/weights": np.zeros((1, 1, 3, 2))})["net/conv"][0].shape
    (1, 1, 3, 2)
    """
    layers: dict[str, list[tuple[int, Array]]] = {}
    for name, array in arrays.items():
        layer, _, kind = name.rpartition("/")
        if kind.startswith("final_"):
            layer = layer.removesuffix("/weights").removesuffix("/biases")
        rank = ORDER.index(kind) if kind in ORDER else len(ORDER)
        layers.setdefault(layer or kind, []).append((rank, array))
    return {layer: [array for _, array in sorted(found, key=lambda pair: pair[0])] for layer, found in layers.items()}


def _variables(bundle: Bundle) -> tuple[dict[str, Array], list[str]]:
    """(weights by full name, names of what is training state)."""
    full = bundle.full_names()
    names = {key: _name(key, full.get(key, "")) for key in bundle.entries if key != GRAPH}
    kept = [key for key, name in names.items() if _is_weight(bundle, key, name)]
    found: dict[str, Array] = {}
    for name, array in _with_names(bundle.arrays(kept), names):
        same = found.get(name, array)
        if (same.shape, same.tobytes()) != (array.shape, array.tobytes()):
            raise FileError(f"{bundle.path} has two variables named {name!r} that differ; save one model by itself")
        found[name] = array
    return found, [name for key, name in names.items() if key not in kept]


def _with_names(arrays: Iterable[tuple[str, Array]], names: Mapping[str, str]) -> Iterator[tuple[str, Array]]:
    return ((names[key], array) for key, array in arrays)


def _name(key: str, full: str) -> str:
    """The full name of a variable where it has a layer in it, or else the way to it through the objects."""
    path, _, kind = key.removesuffix(VALUE).rpartition("/")
    return full.removesuffix(":0") if "/" in full else f"{path}/{kind.lstrip('_')}".lstrip("/")


def _is_weight(bundle: Bundle, key: str, name: str) -> bool:
    """Whether a tensor is a weight: not a counter, a rate, a slot of an optimizer or a mean over training."""
    dtype, known = bundle.dtype(key), name.rpartition("/")[2] in ORDER
    if not dtype.is_floating or not bundle.entries[key].shape.dim:
        return False
    if str(dtype.name) not in ("float16", "float32", "float64"):
        raise FileError(
            f"{bundle.path}: {name} is {dtype.name}, which NumPy has no numbers for; save it as float32 first"
        )
    return known or not (STATE.search(f"/{key.removesuffix(VALUE)}") or STATE.search(name) or OPTIMIZER.search(key))


def place(path: Path) -> Path | None:
    """The index of a checkpoint that is named by its prefix, or the graph in a SavedModel's folder; else None."""
    prefix = prefix_of(path)
    if prefix is not None:
        return index_of(prefix)
    return path / MODEL if os.path.isfile(path / MODEL) else None


FORMAT = Format("tensorflow", "tf", "TensorFlow", read, only_read=(".pb", ".index"), place=place)
