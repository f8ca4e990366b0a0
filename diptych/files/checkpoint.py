"""What a weights file holds, before it is known which network it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..common.layouts import to_canonical
from ..common.spec import Array, Net, Shape, Weight
from .axes import canonical_shape, stored_shape
from .provenance import Provenance

COUNTER = "num_batches_tracked"
PREFIXES = ("module.", "_orig_mod.")
"""What DistributedDataParallel and torch.compile put before every name."""


@dataclass(frozen=True)
class Checkpoint:
    """The arrays of one file.

    `arrays` go by torch-style names (torch and safetensors files); `layers` by Keras layer name, each in the order of
    its variables and in Keras's axes. `stated` is what diptych wrote into the file, `config` the layers that a
    .keras file states (name -> entry in config.json), `title` the name of its model. `zeros` are names of weights that
    the file leaves out since they are zero, as far as a network has them. `notes` say what was left out or unwrapped.
    """

    path: Path
    format: str
    arrays: Mapping[str, Array] = field(default_factory=dict)
    layers: Mapping[str, list[Array]] | None = None
    extras: Mapping[str, int] = field(default_factory=dict)
    stated: Provenance = field(default_factory=Provenance)
    config: Mapping[str, Any] | None = None
    title: str = ""
    notes: tuple[str, ...] = ()
    zeros: frozenset[str] = frozenset()

    def named(self, net: Net) -> dict[str, Array]:
        """The arrays by the canonical names and in the canonical axes of a network; whatever it lacks keeps its name.

        An array that does not fit comes back in a shape that differs from the network's.
        """
        return dict(self.view(net))

    def filled(self, net: Net) -> Checkpoint:
        """The checkpoint with those `zeros` that the network has."""
        shapes = {name: tuple(map(int, net.weights[name].shape)) for name in net.weights if name in self.zeros}
        if not shapes:
            return self
        dtype = np.result_type(*self.arrays.values())
        return replace(self, arrays={**self.arrays, **{name: np.zeros(shapes[name], dtype) for name in shapes}})

    def view(self, net: Net) -> Mapping[str, Array]:
        """The same, but each array of a Keras layer is turned into canonical axes only when it is asked for."""
        return self.arrays if self.layers is None else Turned(self.layers, net)

    def shapes(self, net: Net) -> dict[str, Shape]:
        """The shapes of `named`, without moving the arrays."""
        if self.layers is None:
            return {name: array.shape for name, array in self.arrays.items()}
        slots = keras_slots(net)
        return {
            name: canonical_shape(self.layers[layer][index].shape, weight, axes)
            for layer in self.layers.keys() & slots.keys()
            for index, (name, weight, axes) in enumerate(slots[layer][: len(self.layers[layer])])
        }


def counters(net: Net) -> list[str]:
    """The names under which torch counts the batches that each batch normalisation has seen."""
    return [f"{node.path}.{COUNTER}" for node in net.nodes if node.op.normalises and not node.owner]


def separated(found: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, int], tuple[str, ...]]:
    """(weights, batch counters, notes) of a state dict, without the prefix of a wrapper that all its names share."""
    notes = []
    for prefix in PREFIXES:
        if found and all(name.startswith(prefix) for name in found):
            found = {name.removeprefix(prefix): array for name, array in found.items()}
            notes.append(f"the prefix {prefix!r} of every name was left out")
    extras = {name: int(array) for name, array in found.items() if _counts(name, array)}
    return {name: array for name, array in found.items() if name not in extras}, extras, tuple(notes)


def native(array: Any) -> Array:
    """An array in the byte order of this machine and in C order; not a copy where it is so already."""
    plain = np.asarray(array, order="C")
    return plain.astype(plain.dtype.newbyteorder("="), copy=False)


Slots = dict[str, list[tuple[str, Weight, str]]]
_kept: dict[int, tuple[Net, Slots]] = {}
KEPT = 512


def keras_slots(net: Net) -> Slots:
    """Keras layer name -> (canonical name, weight, Keras axes) of each of its variables, in Keras's order."""
    if id(net) not in _kept:  # the net is kept beside, so that no other can get its id
        if len(_kept) >= KEPT:
            _kept.clear()
        _kept[id(net)] = net, _keras_slots(net)
    return _kept[id(net)][1]


def _keras_slots(net: Net) -> Slots:
    from ..tf_impl.ops import lower

    slots: Slots = {}
    for node in net.nodes:
        weights = {} if node.owner else node.weights()
        if not weights:
            continue
        made = lower(node)
        for slot in made.slots:
            name = node.weight_name(slot.name)
            slots.setdefault(made.holder(node.path, slot), []).append((name, weights[name], slot.axes))
    return slots


class Turned(Mapping[str, Array]):
    """The variables of Keras layers by canonical name; what the network lacks goes by "layer.index"."""

    def __init__(self, layers: Mapping[str, list[Array]], net: Net) -> None:
        slots = keras_slots(net)
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
        return array if weight is None else _fitted(array, weight, axes)

    def __contains__(self, name: object) -> bool:
        return name in self._found  # without turning the array

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _fitted(array: Array, weight: Weight, axes: str) -> Array:
    """The array in canonical axes; a misfit as zeros of a shape that no such weight has."""
    if array.shape == stored_shape(weight, axes):
        return to_canonical(array, weight, axes)
    return np.broadcast_to(np.zeros((), array.dtype), canonical_shape(array.shape, weight, axes))


def _counts(name: str, array: Array) -> bool:
    return name.rpartition(".")[2] == COUNTER and array.shape == () and np.issubdtype(array.dtype, np.integer)
