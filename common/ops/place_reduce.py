"""The mean, the variance or the size of the numbers of each group of channels, over all places of a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Shape
from ..trace import Value, apply
from ..traits import Example
from ._normal import Normal

Measure = Literal["mean", "variance", "norm"]


@dataclass(frozen=True)
class PlaceReduce(Normal):
    """y[c] is the mean, biased variance, or norm sqrt(sum of x**2), of the group of channel c over all places.

    Groups are runs of channels; without a number of them each channel is one. EvoNorm divides by the variance of
    groups (Liu et al. 2020, table 2), global response normalisation by the norm of channels (Woo et al. 2023, 3.2).
    """

    kind: ClassVar[str] = "place_reduce"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.place_reduce(x),
        lambda x, op: op.divide(x, op.power(op.rescale(op.place_reduce(x), 1.0, 0.1), 0.5)),
        lambda x, op: op.place_reduce(op.conv(x, 6, 1), "variance", 3),
        lambda x, op: op.place_reduce(x, "norm"),
        lambda x, op: op.place_reduce(op.conv(x, 6, 1), "norm", 2),
        lambda x, op: op.place_reduce(op.conv(x, 6, 1), "mean", 3),
    )
    how: Measure = "variance"
    groups: int | None = None

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if self.how not in get_args(Measure):
            raise SpecError(f"what is measured over places is the {', '.join(get_args(Measure))}, not {self.how!r}")
        if len(x) != 3:
            raise SpecError(f"what is measured over places is a map (C, H, W), not a vector of {int(x[0])}")
        if self.groups is not None and (self.groups < 1 or x[0] % self.groups):
            raise SpecError(f"{int(x[0])} channels do not split into {int(self.groups)} equal groups")
        return (x[0], 1, 1)

    def window(self, *inputs: Shape) -> None:
        return None

    def words(self, x: Shape, y: Shape) -> tuple[str, int | None, str]:
        return f"{self.how} over places", None, "" if self.groups is None else f"{int(self.groups)} groups"

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        groups = self.groups or x.shape[1]
        flat = x.reshape(len(x), groups, -1)
        if self.how == "norm":
            found = np.sqrt((flat * flat).sum(axis=2))
        else:
            found = flat.mean(axis=2) if self.how == "mean" else flat.var(axis=2)
        return np.repeat(found, x.shape[1] // groups, axis=1)[:, :, None, None]

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        channels = int(g.node.shape[0])
        groups = int(self.groups or channels)
        flat = g.add("Reshape", *inputs, g.integers(0, groups, -1, 1))
        if self.how == "norm":
            found = g.add("Sqrt", g.add("ReduceSum", g.add("Mul", flat, flat), g.integers(2), keepdims=1))
        elif self.how == "mean":
            found = g.add("ReduceMean", flat, g.integers(2), keepdims=1)
        else:
            apart = g.add("Sub", flat, g.add("ReduceMean", flat, g.integers(2), keepdims=1))
            found = g.add("ReduceMean", g.add("Mul", apart, apart), g.integers(2), keepdims=1)
        if groups == channels:
            return found
        return g.add("Reshape", g.add("Expand", found, g.integers(1, 1, channels // groups, 1)),
                     g.integers(0, channels, 1, 1))  # fmt: skip


def place_reduce(x: Value, how: Measure = "variance", groups: int | None = None, *, name: str | None = None) -> Value:
    """Measure the "mean", the variance or the "norm" of each channel of a map, or of groups, over all places."""
    return apply(PlaceReduce(how, groups), x, name=name)
