"""Checkpoints whose arrays have names of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np

from ..common.dialect import UNKNOWN, Dialect
from ..common.spec import Array, Net, Shape
from .checkpoint import Checkpoint, Key, cut
from .dialects import anchors_of


@dataclass(frozen=True)
class Tensors(Checkpoint):
    """Arrays by torch-style names, as torch, safetensors, NumPy and ONNX files have them.

    `zeros` are names of weights that the file leaves out since they are zero, as far as a network has them. `origins`
    say where the file has those arrays and counters that do not lie under their own name.
    """

    arrays: Mapping[str, Array] = field(default_factory=dict)
    zeros: frozenset[str] = field(default=frozenset(), kw_only=True)
    origins: Mapping[str, Key] = field(default_factory=dict, kw_only=True)

    of_layers: ClassVar[bool] = False
    kind: ClassVar[str] = "tensor"
    mark: ClassVar[str] = "."

    @property
    def names(self) -> list[str]:
        """The names of all tensors."""
        return list(self.arrays)

    def labels(self, prefix: str = "") -> list[str]:
        """The names with a prefix, without it."""
        return list(cut(self.arrays, prefix))

    def raw(self) -> Iterator[tuple[str, Key, Array]]:
        """Every array, and every counter as one of int64, with where the file has it."""
        for name, array in self.arrays.items():
            yield name, self.origins.get(name, (name,)), array
        for name, count in self.extras.items():
            yield name, self.origins.get(name, (name,)), np.array(count, np.int64)

    def view(self, net: Net) -> Mapping[str, Array]:
        """The arrays, whose names are canonical."""
        return self.arrays

    def shapes(self, net: Net) -> dict[str, Shape]:
        """The shapes of all tensors."""
        return {name: array.shape for name, array in self.arrays.items()}

    def with_zeros(self, net: Net) -> Self:
        """The checkpoint with those `zeros` that the network has."""
        shapes = {name: tuple(map(int, net.weights[name].shape)) for name in net.weights if name in self.zeros}
        if not shapes:
            return self
        dtype = np.result_type(*self.arrays.values())
        return replace(self, arrays={**self.arrays, **{name: np.zeros(shapes[name], dtype) for name in shapes}})

    def translate(self, dialect: Dialect) -> Self:
        """The checkpoint with our names, and matrices where the dialect keeps them as kernels."""
        if dialect.plain:
            return self
        left = [item.name for item in dialect.beside if item.name in self.arrays]
        kept = {dialect.spelled(name): array for name, array in self.arrays.items() if name not in left}
        if len(kept) + len(left) < len(self.arrays):  # both spellings at once are no file of the library's
            kept = {name: array for name, array in self.arrays.items() if name not in left}
        arrays = {_canonical(name, dialect): _matrix(name, array, dialect) for name, array in kept.items()}
        extras = {_canonical(dialect.spelled(name), dialect): count for name, count in self.extras.items()}
        zeros = frozenset(_canonical(dialect.spelled(name), dialect) for name in self.zeros)
        stated, notes = anchors_of(self.arrays, dialect, self.stated, self.path)
        return replace(self, arrays=arrays, extras=extras, zeros=zeros, stated=stated, notes=(*self.notes, *notes))

    def inside(self, prefix: str) -> Self:
        """The part whose names have a prefix, without it."""
        if not prefix:
            return self
        zeros = frozenset(name.removeprefix(prefix) for name in self.zeros if name.startswith(prefix))
        arrays, extras = cut(self.arrays, prefix), cut(self.extras, prefix)
        return replace(self, arrays=arrays, extras=extras, zeros=zeros, notes=(*self.notes, self._note(prefix)))

    def without_arrays(self) -> Self:
        """What the file says, without its arrays."""
        return replace(self, arrays={})


def _canonical(name: str, dialect: Dialect) -> str:
    path, dot, kind = name.rpartition(".")
    ours = dialect.ours(path)
    return f"{dialect.library}{UNKNOWN}{name}" if ours is None else f"{ours}{dot}{kind}"


def _matrix(name: str, array: Array, dialect: Dialect) -> Array:
    """The array, as the matrix that it is where the dialect keeps matrices as kernels."""
    ours = dialect.ours(name.rpartition(".")[0])
    kernel = array.ndim == 4 and ours is not None and dialect.kernel(ours)
    return array.reshape(len(array), -1) if kernel else array
