"""Checkpoints of networks without weights worth the name: zeros that take no memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from diptych.common.dialect import Dialect
from diptych.common.spec import Array, Net
from diptych.files.axes import stored_shape
from diptych.files.checkpoint import Checkpoint
from diptych.files.layers import Layers
from diptych.files.tensors import Tensors
from diptych.tf_impl.slots import slots_of


def hollow(net: Net, dialect: Dialect, layers: bool) -> Checkpoint:
    """A checkpoint of a network in a dialect, of zeros that take no memory."""
    dialect = dialect.of(net)
    if not layers:
        arrays = {}
        for node in net.nodes:
            for name, weight in ({} if node.owner else node.weights()).items():
                shape = tuple(map(int, weight.shape))
                if len(shape) == 2 and dialect.kernel(node.path):
                    sides = dict(weight.sizes)
                    height, width = sides.get("H", 1), sides.get("W", 1)
                    shape = (shape[0], shape[1] // (height * width), height, width)
                layer, _, leaf = name.rpartition(".")
                arrays[f"{dialect.theirs(layer)}.{leaf}"] = zeros(shape)
        return Tensors(Path("made.pth"), "torch", arrays)
    found: dict[str, list[Array]] = {}
    for layer, slots in slots_of(net).items():
        shapes = [stored_shape(weight, axes) for _, weight, axes in slots]
        if dialect.kernel(layer):
            shapes = [(1, 1, *shape) if len(shape) == 2 else shape for shape in shapes]
        found.setdefault(dialect.theirs(layer).partition("#")[0], []).extend(map(zeros, shapes))
    return Layers(Path("made.weights.h5"), "weights.h5", found, found if dialect.by_place else {})


def zeros(shape: tuple[int, ...]) -> Array:
    """Zeros of a shape, all of them one number."""
    return np.broadcast_to(np.zeros((), np.float32), shape)
