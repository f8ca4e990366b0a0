"""Chosen channels of a map in a chosen order, such as those that one map of LeNet-5's layer C3 sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply

LONG = 80


@dataclass(frozen=True)
class ChannelGather(Op):
    """Channel `indices[i]` of the input becomes channel i."""

    kind: ClassVar[str] = "channel_gather"
    indices: tuple[int, ...]

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        outside = [int(i) for i in self.indices if not 0 <= i < x[0]]
        if outside or not self.indices:
            raise SpecError(f"channels {outside or 'to gather'} are missing: the input has 0 ... {int(x[0]) - 1}")
        return (len(self.indices), *x[1:])

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("a flattened map has another order in each framework; gather from the map, then flatten")

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return arrays[0].take(list(map(int, self.indices)), axis=1)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Gather", *inputs, g.integers(*self.indices), axis=1)


def listed(indices: tuple[int, ...]) -> str:
    """The indices as Python source: a list, or where that is long, the digits of one.

    >>> listed((0, 2)), listed((0, 1, 2) * 12)
    ('[0, 2]', '[int(i) for i in "012012012012012012012012012012012012"]')
    """
    text = str(list(indices))
    if len(text) < LONG or max(indices) > 9:
        return text
    return f'[int(i) for i in "{"".join(map(str, indices))}"]'


def channel_gather(x: Value, indices: tuple[int, ...], *, name: str | None = None) -> Value:
    """Take these channels of a map, or of a vector, in this order."""
    return apply(ChannelGather(tuple(indices)), x, name=name)
