"""What the operators of ONNX mean in the spec: a table that the other files of this folder fill."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from ...child_names import fault
from ...op import Op
from ...spec import Array
from ...text import shape_text
from ..axes import Axes, Unknown
from ..draft import Draft, View
from ..layout import as_map
from .graph import Node
from .places import Place

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)
MEANINGS: dict[str, Function] = {}
"""Kind of an operator -> what it means."""
MADE_UP = re.compile(r"(val|const|tensor|getitem|new|node|_v|scalar\w*|t|x|v)_?\d*(_output_\d+)?$", re.IGNORECASE)
"""Names that exporters make up for values without one."""


@dataclass(frozen=True)
class Const:
    """Numbers of the graph: as they are seen, and as the file has them under a name ("" for none).

    `plus` is what they are the sum of: named numbers, and one number.
    """

    array: Array
    name: str = ""
    source: Array | None = None
    plus: tuple[Const, float] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(self.array.shape)

    @property
    def number(self) -> float | None:
        """The one number that it is; None for several."""
        return decimal(self.array.reshape(-1)[0]) if self.array.size == 1 else None


@dataclass
class Reading:
    """What is read of a graph: the draft, its weights by the names that they have here, and those in the file.

    `prefixes` are the layers whose weights have names, with these weights.
    """

    draft: Draft
    opset: int
    tensors: dict[str, Array] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    prefixes: dict[str, dict[str, Array]] = field(default_factory=dict)

    def add(self, op: Op, *inputs: int, label: str = "", vector: Op | None = None) -> View:
        """The value of a new step."""
        return self.draft.view(self.draft.add(op, *inputs, label=label, vector=vector))


@dataclass(frozen=True)
class Call:
    """A node as it is read: what it takes, where it stands, and how many values it makes."""

    reading: Reading
    node: Node
    place: Place
    given: Sequence[View | Const | None]

    @property
    def draft(self) -> Draft:
        """The draft."""
        return self.reading.draft

    def said(self, name: str, usual: Any = None) -> Any:
        """An attribute, or what it usually is."""
        found = self.node.attributes.get(name, usual)
        if usual is not None and type(found) is not type(usual):
            raise Unknown(f"with a {name} of {str(found)[:40]!r}")
        return found

    def ints(self, name: str, count: int, usual: int) -> tuple[int, ...]:
        """An attribute of so many whole numbers."""
        found = self.node.attributes.get(name) or [usual] * count
        if not isinstance(found, list) or len(found) != count or not all(type(n) is int for n in found):
            raise Unknown(f"with {name} of {str(found)[:40]}, expected {count} numbers")
        return tuple(found)

    def value(self, place: int = 0) -> View:
        """A value of the image; raises Unknown for anything else in its place."""
        found = self.given[place] if place < len(self.given) else None
        if not isinstance(found, View):
            raise Unknown("of what is no value of the image")
        if found.doubtful:
            raise Unknown("a value that is not known")
        return found

    def map(self, place: int = 0) -> int:
        """The step of a map (N, C, H, W); channels last are no map to ONNX."""
        x = self.value(place)
        if x.order == "last":
            raise Unknown("of a map whose channels come last")
        return as_map(self.draft, x)

    def const(self, place: int, name: str = "") -> Const | None:
        """Numbers of the graph; None for none. Raises Unknown for a value of the image in their place."""
        found = self.given[place] if place < len(self.given) else None
        if isinstance(found, View):
            raise Unknown(f"with {name or 'numbers'} that depend on the image")
        return found

    def consts(self, first: int = 1) -> list[Any]:
        """The arrays after the first inputs, with None for those that are not given."""
        found = [self.const(place) for place in range(first, len(self.given))]
        return [None] * first + [item.array if item else None for item in found]

    def add(self, op: Op, *inputs: int, label: str = "", vector: Op | None = None) -> View:
        """The value of a new step."""
        return self.reading.add(op, *inputs, label=label, vector=vector)

    def each(self, op: Op, x: View | None = None) -> View:
        """An op of each number by itself; however the value is seen, it is seen so afterwards."""
        x = x or self.value()
        return self.reading.add(op, x.step, vector=op).seen(x.axes)

    def weighted(self, op: Op, step: int, given: Mapping[str, Const | None], vector: Op | None = None) -> View:
        """The value of an op with weights by its own names of them, which are checked to have its shapes."""
        shape = self.draft.steps[step].shape
        wanted = {weight.name: tuple(map(int, weight.shape)) for weight in op.weights(shape)}
        found = {name: const for name, const in given.items() if const is not None}
        for name, const in found.items():
            if const.shape != wanted.get(name):
                got, expected = shape_text(const.shape), shape_text(wanted.get(name, ()))
                raise Unknown(f"with a {name} of shape {got}, expected {expected}")
        names = self._named(found, op.kind)
        made = self.draft.add(op, step, names=names, vector=vector)
        return self.draft.view(made)

    def _named(self, found: Mapping[str, Const], kind: str) -> dict[str, str]:
        """The names of a layer's weights: as they are in the file, or by the place of the node."""
        arrays = {name: const.array for name, const in found.items()}
        prefix = first = self._prefix(found, kind)
        number = 2
        while prefix in self.reading.prefixes and not _alike(self.reading.prefixes[prefix], arrays):
            prefix, number = f"{first}_{number}", number + 1
        self.reading.prefixes[prefix] = arrays
        names = {name: f"{prefix}.{name}" for name in found}
        for name, const in found.items():
            self.reading.tensors[names[name]] = const.array
            self.reading.origins[names[name]] = const.name
        return names

    def _prefix(self, found: Mapping[str, Const], kind: str) -> str:
        if self.place.sure:
            return self.place.path
        name, const = next(iter(found.items()))  # exporters keep one of equal offsets, under the name of another layer
        if survives(const.name) and const.name.endswith(f".{name}"):
            return const.name.removesuffix(f".{name}")
        return self.place.path or kind

    def parameter_name(self, const: Const, kind: str) -> str:
        """The name of a parameter that stands by itself."""
        array = const.array if const.source is None else const.source
        before, _, last = const.name.rpartition(".") if survives(const.name) else ("", "", kind)
        around = {"", *(scope.path for scope in self.place.scopes)} if last != kind else set()
        first = const.name if before in around else f"{self.place.path}.{last}".lstrip(".")
        name, number = first, 2
        while name in self.reading.tensors and not np.array_equal(self.reading.tensors[name], array):
            name, number = f"{first}_{number}", number + 1
        self.reading.tensors[name] = array
        self.reading.origins[name] = const.name
        return name


def _alike(one: Mapping[str, Array], other: Mapping[str, Array]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(array, other[name]) for name, array in one.items())


def survives(name: str) -> bool:
    """Whether a name in a file is one that its author gave to a weight.

    >>> survives("layer1.0.conv1.weight"), survives("onnx::Conv_193"), survives("val_12")
    (True, False, False)
    """
    return bool(name) and not name.isdecimal() and not fault(f"part.{name}") and not MADE_UP.match(name)


def means(*kinds: str) -> Callable[[F], F]:
    """Say that a Python function is what these operators mean."""

    def known(function: F) -> F:
        MEANINGS.update(dict.fromkeys(kinds, function))
        return function

    return known


def decimal(number: Any) -> float:
    """A number as it was meant: of the numbers that are the same in float32, the one that is written shortest.

    >>> import numpy as np
    >>> decimal(np.float32(0.1)), decimal(np.float64(1 / 3))
    (0.1, 0.3333333333333333)
    """
    if isinstance(number, np.floating) and number.dtype == np.float32:
        return float(str(number))
    return float(number)


def attribute(number: float) -> float:
    """A number of an attribute, which is a float32."""
    return decimal(np.float32(number))


def own_axes(view: View, shape: Sequence[int]) -> Axes:
    """The axes of numbers of this shape that are spread over a value; raises Unknown where they are not its own."""
    axes: list[Any] = [()] * (len(view.axes) - len(shape))
    if len(shape) > len(view.axes):
        raise Unknown(f"of numbers of {len(shape)} axes and a value of {len(view.axes)}")
    for size, axis, length in zip(shape, view.axes[len(axes) :], view.shape[len(axes) :], strict=True):
        if size not in (1, length):
            raise Unknown(f"of numbers of the shape {shape_text(tuple(shape))} and a value of {shape_text(view.shape)}")
        axes.append(axis if size != 1 else ())
    if axes[0]:
        raise Unknown("of numbers for each image")
    return tuple(axes)
