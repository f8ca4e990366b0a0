"""Checkpoints whose arrays belong to the layers of a Keras model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np

from ..common.dialect import UNKNOWN, Dialect, numbered
from ..common.layouts import canonical_view, to_canonical
from ..common.memory import is_mapping, let_go
from ..common.spec import Array, Net, Shape, Weight
from ..tf_impl.slots import slots_of
from .axes import canonical_shape, stored_shape
from .checkpoint import Checkpoint, Key, cut

Arrays = Mapping[str, list[Array]]
Keys = Mapping[str, list[Key]]


@dataclass(frozen=True)
class Layers(Checkpoint):
    """The variables of each layer, in the layer's own order and in Keras's axes.

    `layers` go by the name of the layer, `places` by its place in the file, where the format has such; a file of a
    model of classes has no names, but places alone. `origins` and `place_origins` say where the file has each array.
    `unnamed` says that the file has no names of layers, so that each goes by its class and a number.
    """

    layers: Arrays = field(default_factory=dict)
    places: Arrays = field(default_factory=dict)
    origins: Keys = field(default_factory=dict, kw_only=True)
    place_origins: Keys = field(default_factory=dict, kw_only=True)
    unnamed: bool = field(default=False, kw_only=True)

    of_layers: ClassVar[bool] = True
    kind: ClassVar[str] = "Keras layer"
    mark: ClassVar[str] = "/"

    @property
    def names(self) -> list[str]:
        """The names of all layers, or their places where they have no names."""
        return list(self.layers or self.places)

    def labels(self, prefix: str = "") -> list[str]:
        """The names with a prefix, without it, each with the number of its variables."""
        inside = cut(self.layers, prefix)
        short = numbered(inside)
        return [f"{short[name]} {len(whole(arrays))}" for name, arrays in inside.items()]

    def place_labels(self) -> list[str]:
        """The places of all layers, each with the number of its variables."""
        return [f"{place} {len(arrays)}" for place, arrays in self.places.items()]

    def raw(self) -> Iterator[tuple[str, Key, Array]]:
        """Every variable, with where the file has it: () for one of which that is not known."""
        for arrays, origins in ((self.layers, self.origins), (self.places, self.place_origins)):
            for name, variables in arrays.items():
                keys = origins.get(name, [])
                for index, array in enumerate(variables):
                    yield f"{name} (variable {index})", keys[index] if index < len(keys) else (), array

    def view(self, net: Net) -> Mapping[str, Array]:
        """The arrays by canonical name, each turned into canonical axes when it is asked for."""
        return Turned(self.layers, net)

    def shapes(self, net: Net) -> dict[str, Shape]:
        """The canonical shapes of the variables of those layers that the network has."""
        slots = slots_of(net)
        return {
            name: canonical_shape(self.layers[layer][index].shape, weight, axes)
            for layer in self.layers.keys() & slots.keys()
            for index, (name, weight, axes) in enumerate(slots[layer][: len(self.layers[layer])])
        }

    def surplus(self, net: Net) -> list[str]:
        """The layers that the network lacks, and those with more variables than it has."""
        slots = slots_of(net)
        return [
            f"{layer} ({len(arrays)} variables)" if layer in slots else layer
            for layer, arrays in self.layers.items()
            if len(arrays) > len(slots.get(layer, ()))
        ]

    def translate(self, dialect: Dialect) -> Self:
        """The checkpoint with our names of layers."""
        if dialect.plain:
            return self
        if dialect.by_place:
            layers = {path: part for place, all_ in self.places.items() for path, part in _parts(place, all_, dialect)}
            return replace(self, layers=layers)
        short = numbered(self.layers)
        layers = {path: part for name, all_ in self.layers.items() for path, part in _parts(short[name], all_, dialect)}
        config = {dialect.ours(short.get(n, n)) or short.get(n, n): entry for n, entry in (self.config or {}).items()}
        return replace(self, layers=layers, config=config if self.config is not None else None)

    def inside(self, prefix: str) -> Self:
        """The part whose names have a prefix, without it."""
        if not prefix:
            return self
        config = None if self.config is None else cut(self.config, prefix)
        extras, layers = cut(self.extras, prefix), cut(self.layers, prefix)
        notes = (*self.notes, self._note(prefix))
        return replace(self, layers=layers, places={}, extras=extras, config=config, notes=notes)

    def without_arrays(self) -> Self:
        """What the file says, without its arrays."""
        return replace(self, layers={}, places={})


class Turned(Mapping[str, Array]):
    """The variables of Keras layers by canonical name; what the network lacks goes by "layer.index"."""

    def __init__(self, layers: Arrays, net: Net) -> None:
        slots = slots_of(net)
        self._found: dict[str, tuple[Array, Weight | None, str]] = {}
        for layer, variables in layers.items():
            wanted = slots.get(layer, [])
            for index, array in enumerate(variables):
                if index < len(wanted):
                    name, weight, axes = wanted[index]
                    self._found[name] = array, weight, axes
                else:
                    self._found[f"{layer}.{index}"] = array, None, ""

    def __getitem__(self, name: str) -> Array:
        array, weight, axes = self._found[name]
        return array if weight is None else _canonical(array, weight, axes)

    def __contains__(self, name: object) -> bool:
        return name in self._found  # without turning the array

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _canonical(array: Array, weight: Weight, axes: str) -> Array:
    """The array in canonical axes; a misfit as zeros of a shape that no such weight has."""
    if array.shape == stored_shape(weight, axes):
        found = (canonical_view if is_mapping() else to_canonical)(array, weight, axes)
        let_go(array)
        return found
    return np.broadcast_to(np.zeros((), array.dtype), canonical_shape(array.shape, weight, axes))


def _parts(name: str, arrays: list[Array], dialect: Dialect) -> Iterator[tuple[str, list[Array]]]:
    """(our layer, its arrays) of a Keras layer, which may be two of ours."""
    ours, arrays = dialect.ours(name), whole(arrays)
    parts = [dialect.ours(f"{name}#{index}") or "" for index in range(len(arrays))]
    parts = ["" if "#" in part else part for part in parts]
    if any(parts):
        yield from _divided(name, arrays, parts, dialect)
    elif ours is None:
        yield f"{dialect.library}{UNKNOWN}{name}", arrays
    else:
        kernel = dialect.kernel(ours)
        yield ours, [a[0, 0] if kernel and a.ndim == 4 and a.shape[:2] == (1, 1) else a for a in arrays]


def _divided(name: str, arrays: list[Array], parts: list[str], dialect: Dialect) -> Iterator[tuple[str, list[Array]]]:
    """(our layer, its arrays) of a Keras layer that is two of ours; what has no layer is of the one before."""
    found: dict[str, list[Array]] = {}
    path = f"{dialect.library}{UNKNOWN}{name}#0"
    for part, array in zip(parts, arrays, strict=True):
        path = part or path
        found.setdefault(path, []).append(array)
    yield from found.items()


def whole(arrays: list[Array]) -> list[Array]:
    """The variables of a layer; single numbers, as TensorFlow keeps the weights of a sum, are one array of them."""
    if len(arrays) > 1 and all(array.shape == () for array in arrays):
        return [np.stack(arrays)]
    return arrays
