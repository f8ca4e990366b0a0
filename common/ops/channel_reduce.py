"""The mean, maximum or sum over channels: of all of them, as CBAM has it (Woo et al. 2018, section 3), or of groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, of_vector

How = Literal["mean", "max", "sum"]
IN_ONNX = {"mean": "ReduceMean", "max": "ReduceMax", "sum": "ReduceSum"}


@dataclass(frozen=True)
class ChannelReduce(Op):
    """Channels are `groups` runs of equal length, and y[c] is the mean, maximum or sum of channel c of all runs.

    Without a number of groups each channel is one, and y has one channel. Where several are the maximum, each has its
    share of the gradient.
    """

    kind: ClassVar[str] = "channel_reduce"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.concat([op.channel_reduce(x), op.channel_reduce(x, "max")]),
        lambda x, op: op.channel_reduce(op.conv(x, 6, 1), "sum", 3),
        lambda x, op: op.channel_reduce(x, "max", 2),
        of_vector(lambda x, op: op.channel_reduce(x, "mean", 2)),
    )
    how: How = "mean"
    groups: int | None = None

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if self.how not in get_args(How):
            raise SpecError(f"channels are reduced to their {', '.join(get_args(How))}, not {self.how!r}")
        if self.groups is None:
            return (1, *x[1:])
        if self.groups < 1 or x[0] % self.groups:
            raise SpecError(f"{int(x[0])} channels do not split into {int(self.groups)} equal groups")
        return (x[0] // self.groups, *x[1:])

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("a flattened map has another order in each framework; reduce the map, then flatten")

    def words(self, x: Shape, y: Shape) -> tuple[str, int | None, str]:
        groups = "" if self.groups is None else f"{int(self.groups)} groups"
        return f"{self.how} over channels", None, groups

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        reduce: Any = {"mean": np.mean, "max": np.max, "sum": np.sum}[self.how]
        groups = x.shape[1] if self.groups is None else self.groups
        return np.asarray(reduce(x.reshape(len(x), groups, -1, *x.shape[2:]), axis=1))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        kind, axis = IN_ONNX[self.how], g.integers(1)
        if self.groups is None:
            return g.add(kind, *inputs, axis, keepdims=1)
        parts = g.add("Reshape", *inputs, g.integers(0, self.groups, *g.node.shape))
        return g.add(kind, parts, axis, keepdims=0)


def channel_reduce(x: Value, how: How = "mean", groups: int | None = None, *, name: str | None = None) -> Value:
    """Take the mean, "max" or "sum" over the channels of a map or of a vector, or over groups of them."""
    return apply(ChannelReduce(how, groups), x, name=name)
