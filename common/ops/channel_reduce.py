"""The mean, maximum, sum or variance over channels: of all of them, as in CBAM (Woo et al. 2018), or of groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, of_vector

How = Literal["mean", "max", "sum", "variance", "sample_variance"]
IN_ONNX = {"mean": "ReduceMean", "max": "ReduceMax", "sum": "ReduceSum"}


@dataclass(frozen=True)
class ChannelReduce(Op):
    """Channels are `groups` runs of equal length, and y[c] is the mean, or its like, of channel c of all runs.

    Without a number of groups each channel is one, and y has one channel. The variance is biased; the sample variance
    divides by one less than the number of runs. Where several are the maximum, each has its share of the gradient.
    """

    kind: ClassVar[str] = "channel_reduce"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.concat([op.channel_reduce(x), op.channel_reduce(x, "max")]),
        lambda x, op: op.channel_reduce(op.conv(x, 6, 1), "sum", 3),
        lambda x, op: op.channel_reduce(x, "max", 2),
        lambda x, op: op.channel_reduce(x, "variance"),
        lambda x, op: op.channel_reduce(op.conv(x, 6, 1), "sample_variance", 3),
        of_vector(lambda x, op: op.channel_reduce(x, "mean", 2)),
    )
    how: How = "mean"
    groups: int | None = None

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if self.how not in get_args(How):
            raise SpecError(f"channels are reduced to their {', '.join(get_args(How))}, not {self.how!r}")
        if self.how == "sample_variance" and (self.groups or x[0]) == 1:
            raise SpecError("a sample variance is one of at least two numbers")
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
        reduce: Any = {"mean": np.mean, "max": np.max, "sum": np.sum}.get(self.how, np.var)
        rest = {"ddof": 1} if self.how == "sample_variance" else {}
        groups = x.shape[1] if self.groups is None else self.groups
        return np.asarray(reduce(x.reshape(len(x), groups, -1, *x.shape[2:]), axis=1, **rest))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        (x,), axis, keep = inputs, g.integers(1), int(self.groups is None)
        if self.groups is not None:
            x = g.add("Reshape", x, g.integers(0, self.groups, *g.node.shape))
        if self.how in IN_ONNX:
            return g.add(IN_ONNX[self.how], x, axis, keepdims=keep)
        apart = g.add("Sub", x, g.add("ReduceMean", x, axis, keepdims=1))
        found = g.add("ReduceMean", g.add("Mul", apart, apart), axis, keepdims=keep)
        if self.how == "variance":
            return found
        runs = int(self.groups or g.node.in_shapes[0][0])
        return g.add("Mul", found, g.constant(runs / (runs - 1)))


def channel_reduce(x: Value, how: How = "mean", groups: int | None = None, *, name: str | None = None) -> Value:
    """Take the mean, "max", "sum" or a variance over the channels of a map or of a vector, or over groups of them."""
    return apply(ChannelReduce(how, groups), x, name=name)
