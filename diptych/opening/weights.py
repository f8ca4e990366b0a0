"""Weights of a file in a model of somebody's own."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from .. import backends
from ..common.errors import WeightsError
from ..common.text import NAME, first_few, printable
from ..files import read
from ..files.layer_arrays import arrays_of
from ..files.layers import Layers
from ..files.tensors import Tensors

SHOWN = 8


def put(model: Any, path: Path, text: str) -> None:
    """Give a model the weights of a file, by the names that it has itself; raises WeightsError unless all fit.

    A PyTorch module takes a state dict from any format that has names; a Keras model takes a file of Keras's.
    """
    framework, found = backends.framework_of(model), read(path)
    arrays: Any = None
    if isinstance(found, Layers) and framework == "tf":
        arrays = arrays_of(found) if found.model is not None else found.layers
    elif isinstance(found, Tensors) and framework == "torch":
        arrays = {**found.arrays, **found.extras}
    if arrays is None:
        wanted = "a file of Keras's" if framework == "tf" else "a state dict (.pth, .safetensors)"
        raise WeightsError(f"{path} holds {found.kind}s, and {text} takes {wanted}")
    original = importlib.import_module(f"..{backends.NAMES[framework]}.original", __package__)
    problems: dict[str, list[str]] = original.load(model, arrays)
    said = [f"{len(names)} {what}: {first_few(names, SHOWN)}" for what, names in problems.items() if names]
    if said:
        raise WeightsError(f"{printable(str(path), NAME)} does not fit {text}: {'; '.join(said)}")
