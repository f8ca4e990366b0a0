"""A run of channels of a map, or of numbers of a vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, of_vector


@dataclass(frozen=True)
class ChannelSlice(Op):
    """Channels start ... stop - 1."""

    kind: ClassVar[str] = "channel_slice"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.channel_slice(x, 1, 3),
        lambda x, op: op.concat([*reversed(split(x, 2, name="half")), x]),
        of_vector(lambda x, op: op.channel_slice(x, 2, 4)),
    )
    start: int
    stop: int

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if not 0 <= self.start < self.stop <= x[0]:
            raise SpecError(f"there are no channels {int(self.start)} to {int(self.stop)} among {int(x[0])}")
        return (self.stop - self.start, *x[1:])

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("a flattened map has another order in each framework; slice the map, then flatten")

    def words(self, x: Shape, y: Shape) -> tuple[str, int | None, str]:
        return f"channels {int(self.start)} to {int(self.stop) - 1}", None, ""

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return arrays[0][:, self.start : self.stop]

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Slice", *inputs, g.integers(self.start), g.integers(self.stop), g.integers(1))


def channel_slice(x: Value, start: int, stop: int, *, name: str | None = None) -> Value:
    """Take channels start ... stop - 1 of a map, or of a vector."""
    return apply(ChannelSlice(start, stop), x, name=name)


def split(x: Value, parts: int, *, name: str | None = None) -> list[Value]:
    """Cut the channels of a map into equal parts, named `name`_0, `name`_1, ... where a name is given."""
    if x.channels % parts:
        raise SpecError(f"{int(x.channels)} channels do not split into {int(parts)} equal parts")
    width = x.channels // parts
    names = [None if name is None else f"{name}_{i}" for i in range(parts)]
    return [channel_slice(x, i * width, (i + 1) * width, name=names[i]) for i in range(parts)]
