"""A network without its head that a file has all weights of, and what else is in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..common.dialect import Dialect
from ..common.errors import SpecError
from ..common.registry import network, traced
from ..common.spec import Net
from ..files.tensors import Tensors
from .head_parts import Part, parts_of
from .matching import with_inferred_options

TRAINED = ("weight", "bias", "gamma", "beta", "scale", "alpha")
LOSSES = ("criterion", "loss")


def is_matrix(name: str, array: Any) -> bool:
    """Whether an array is the kernel of a linear layer, and of no loss."""
    kernel = name.rpartition(".")[2] in ("weight", "kernel") and not any(word in name.lower() for word in LOSSES)
    return kernel and len(array.shape) == 2 and bool(np.issubdtype(array.dtype, np.floating))


@dataclass(frozen=True)
class Backbone:
    """A network without its head that a file has all weights of: `prefix` is before their names, `rest` all others."""

    checkpoint: Tensors
    prefix: str
    item: Dialect
    net: Net
    rest: tuple[str, ...]

    @property
    def features(self) -> int:
        """How many numbers a head takes."""
        return int(self.net.nodes[self.net.outputs[0]].shape[0])

    @property
    def parts(self) -> list[Part]:
        """The layers of the rest that a head may have."""
        return parts_of(self.checkpoint.arrays, self.rest)

    @property
    def trained(self) -> list[str]:
        """The trained weights of the rest that no head of linear layers has; the others are buffers beside the network.

        What stands in a module of the backbone is one of its own.
        """
        taken = {name for part in self.parts for name in part.names}
        left = [name for name in self.rest if name not in taken]
        homes = {self.prefix + self.item.weight(name).rpartition(".")[0] for name in self.net.weights}
        around = {home[:place] for home in homes for place, letter in enumerate(home) if letter == "."}
        return [name for name in left if not self._is_buffer(name) or name.rpartition(".")[0] in homes | around]

    @property
    def grown(self) -> bool:
        """Whether there are more weights in its own modules, such as gates: it is the backbone of another network."""
        options = {key: value for key, value in self.net.options if key not in ("num_classes", "hidden")}
        whole = traced(self.net.name, options).weights
        first = {name: self.item.weight(name).partition(".")[0] for name in {**whole, **self.net.weights}}
        own = {first[name] for name in self.net.weights} - {first[name] for name in whole.keys() - self.net.weights}
        inside = (name for name in self.rest if name.startswith(self.prefix) and not self._is_buffer(name))
        return any(name.removeprefix(self.prefix).partition(".")[0] in own for name in inside)

    def _is_buffer(self, name: str) -> bool:
        """Whether an array is one beside the weights, such as thresholds: a row of numbers, or of whole ones.

        A matrix under a name of its own may be trained, and so may what Keras numbers.
        """
        kind, array = name.rpartition(".")[2], self.checkpoint.arrays[name]
        if any(word in name.lower() for word in LOSSES):
            return True
        whole = not np.issubdtype(array.dtype, np.floating)
        return kind not in TRAINED and not kind.isdigit() and (len(array.shape) < 2 or whole)

    def inside(self, kept: Iterable[str], notes: Sequence[str]) -> Tensors:
        """The checkpoint of the backbone, and of these names of the rest, each without the prefix."""
        left = set(self.rest) - set(kept)
        arrays = {name: array for name, array in self.checkpoint.arrays.items() if name not in left}
        homes = {name.rpartition(".")[0] for name in arrays}
        extras = {name: n for name, n in self.checkpoint.extras.items() if name.rpartition(".")[0] in homes}
        said = (f"the prefix {self.prefix!r} of the names was left out",) * bool(self.prefix)
        return replace(
            self.checkpoint,
            arrays={name.removeprefix(self.prefix): array for name, array in arrays.items()},
            extras={name.removeprefix(self.prefix): count for name, count in extras.items()},
            notes=(*self.checkpoint.notes, *said, *notes),
        )

    def named(self, path: str) -> str:
        """The path of a layer of the file, as its checkpoint inside has it."""
        return path.removeprefix(self.prefix)


def backbones(checkpoint: Tensors, prefix: str, item: Dialect, given: dict[str, Any]) -> Iterator[Backbone]:
    """The network without a head, where the file has all of it: with hidden layers of its own, and without them."""
    chosen = network(item.network)
    if chosen.num_classes is None or chosen.detector is not None or item.of_layers or item.by_place:
        return
    rest = {key: value for key, value in given.items() if key not in ("num_classes", "head")}
    hidden = ({"num_classes": 0, "hidden": False},) if "hidden" in chosen.options else ()
    view = checkpoint.inside(prefix).translate(item)
    found = view.arrays
    for bare in ({"num_classes": 0}, *hidden):
        if any(rest.get(key, value) != value for key, value in bare.items()):
            continue
        try:
            if not traced(chosen.name, {**rest, **bare}).weights.keys() <= found.keys():
                continue
            net = with_inferred_options(chosen, view, {**rest, **bare}, item.bare)
        except SpecError:
            continue
        shapes = view.shapes(net)
        if all(shapes.get(name) == tuple(map(int, weight.shape)) for name, weight in net.weights.items()):
            used = {prefix + item.weight(name) for name in net.weights}
            left = tuple(name for name in checkpoint.arrays if name not in used)
            one = Backbone(checkpoint, prefix, item, net, left)
            if not one.grown:
                yield one
