"""What a weights file holds, before it is known which network it belongs to: `Tensors`, `Layers`, or `Floats`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from ..common.dialect import Dialect
from ..common.registry import Network
from ..common.spec import Array, Net, Shape
from .provenance import Provenance

T = TypeVar("T")
Key = tuple[str, ...]
"""Where a file has an array: a name, or the parts of a path in it."""
COUNTER = "num_batches_tracked"
PREFIXES = ("module.", "_orig_mod.")
"""What DistributedDataParallel and torch.compile put before every name."""


@dataclass(frozen=True)
class Checkpoint(ABC):
    """The arrays of one file, which are `Tensors`, `Layers` or `Floats`, and what the file says beside them.

    `extras` are torch's batch counters, `stated` is what diptych wrote into the file, `config` the layers that a Keras
    file states (name -> entry in config.json), `model` that config as a whole, `title` the name of its model, `net` the
    network that lies in the file beside its weights. `notes` say what was left out or unwrapped.
    """

    path: Path
    format: str
    extras: Mapping[str, int] = field(default_factory=dict, kw_only=True)
    stated: Provenance = field(default_factory=Provenance, kw_only=True)
    config: Mapping[str, Any] | None = field(default=None, kw_only=True)
    model: Mapping[str, Any] | None = field(default=None, kw_only=True, repr=False)
    title: str = field(default="", kw_only=True)
    net: Net | None = field(default=None, kw_only=True, repr=False)
    notes: tuple[str, ...] = field(default=(), kw_only=True)

    of_layers: ClassVar[bool]
    kind: ClassVar[str]
    mark: ClassVar[str]
    """Whether the names are those of Keras layers, what one of them is called, and what stands between their parts."""
    nameless: ClassVar[bool] = False
    """Whether the file has no names, but those that a network gives its numbers."""

    @property
    @abstractmethod
    def names(self) -> list[str]:
        """The names in the file."""

    @abstractmethod
    def labels(self, prefix: str = "") -> list[str]:
        """What a file with these names is recognised by: the names with a prefix, without it."""

    def networks(self) -> Sequence[str]:
        """The networks that a `nameless` file may be, by its size."""
        return ()

    def implied(self, chosen: Network, given: Mapping[str, Any]) -> dict[str, Any]:
        """The options of a network that something else than names and shapes implies."""
        return {}

    def place_labels(self) -> list[str]:
        """The same for the places of layers in the file, where it has such."""
        return []

    @abstractmethod
    def raw(self) -> Iterator[tuple[str, Key, Array]]:
        """(name, where the file has it, array) of every array as it was read, in the axes of the file."""

    @abstractmethod
    def view(self, net: Net) -> Mapping[str, Array]:
        """The arrays by the canonical names and in the canonical axes of a network, each made when it is asked for.

        Whatever the network lacks keeps its name; an array that does not fit has a shape that differs from its.
        """

    def named(self, net: Net) -> dict[str, Array]:
        """The same, all of them made."""
        return dict(self.view(net))

    @abstractmethod
    def shapes(self, net: Net) -> dict[str, Shape]:
        """The shapes of `named`, without moving the arrays."""

    def surplus(self, net: Net) -> list[str]:
        """What the file has beyond the network, of what has no name of its own."""
        return []

    def with_zeros(self, net: Net) -> Self:
        """The checkpoint with those weights that the file leaves out because they are zero."""
        return self

    @abstractmethod
    def translate(self, dialect: Dialect) -> Self:
        """The checkpoint with our names for what the dialect knows; other names come back as "library:name"."""

    @abstractmethod
    def inside(self, prefix: str) -> Self:
        """The part whose names have a prefix, without it; the notes say what was left out."""

    @abstractmethod
    def without_arrays(self) -> Self:
        """What the file says, without its arrays."""

    def _note(self, prefix: str) -> str:
        left = [name for name in self.names if not name.startswith(prefix)]
        more = f" and {len(left) - 6} more" if len(left) > 6 else ""
        return f"the prefix {prefix!r} of the names was left out" + (
            f"; left out: {', '.join(left[:6])}{more}" if left else ""
        )


def counters(net: Net) -> list[str]:
    """The names under which torch counts the batches that each batch normalisation has seen."""
    return [f"{node.path}.{COUNTER}" for node in net.nodes if node.op.normalises and not node.owner]


def split_counters(found: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, int], tuple[str, ...]]:
    """(weights, batch counters, notes) of a state dict, without the prefix of a wrapper that all its names share."""
    prefixes = shared_prefixes(found)
    notes = [f"the prefix {prefix!r} of every name was left out" for prefix in prefixes]
    found = {name.removeprefix("".join(prefixes)): array for name, array in found.items()}
    extras = {name: int(array) for name, array in found.items() if _counts(name, array)}
    return {name: array for name, array in found.items() if name not in extras}, extras, tuple(notes)


def shared_prefixes(names: Collection[str]) -> list[str]:
    """The prefixes of wrappers that all names have, the outer one first.

    >>> shared_prefixes(["module._orig_mod.fc.weight", "module._orig_mod.fc.bias"])
    ['module.', '_orig_mod.']
    """
    found: list[str] = []
    for prefix in PREFIXES:
        if names and all(name.startswith("".join((*found, prefix))) for name in names):
            found.append(prefix)
    return found


def native(array: Any) -> Array:
    """An array in the byte order of this machine and in C order; not a copy where it is so already."""
    plain = np.asarray(array, order="C")
    return plain.astype(plain.dtype.newbyteorder("="), copy=False)


def cut(found: Mapping[str, T], prefix: str) -> dict[str, T]:
    """What has names with a prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}


def _counts(name: str, array: Array) -> bool:
    return name.rpartition(".")[2] == COUNTER and array.shape == () and np.issubdtype(array.dtype, np.integer)
