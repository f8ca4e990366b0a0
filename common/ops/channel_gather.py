"""Chosen channels of a map in a chosen order, such as those that one map of LeNet-5's layer C3 sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..lowering import Comprehension, Function, Name
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, of_vector

LONG = 27


@dataclass(frozen=True)
class ChannelGather(Op):
    """Channel `indices[i]` of the input becomes channel i."""

    kind: ClassVar[str] = "channel_gather"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.channel_gather(x, (3, 0, 0, 2, 1)),
        lambda x, op: op.channel_gather(x, (2, 2)),
        of_vector(lambda x, op: op.channel_gather(x, (3, 1))),
    )
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


def listed(indices: tuple[int, ...]) -> list[int] | Comprehension:
    """The indices as a list, or where that is long, as the digits of one text.

    >>> listed((0, 2))
    [0, 2]
    >>> listed((0, 1, 2) * 10).over
    '012012012012012012012012012012'
    """
    if len(indices) < LONG or max(indices) > 9:
        return list(indices)
    return Comprehension(Function("int", (Name("i"),)), "i", "".join(map(str, indices)))


def channel_gather(x: Value, indices: tuple[int, ...], *, name: str | None = None) -> Value:
    """Take these channels of a map, or of a vector, in this order."""
    return apply(ChannelGather(tuple(indices)), x, name=name)
