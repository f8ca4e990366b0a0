"""Softmax over the channels of a map, over a vector, over groups of channels, or over the places of a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, Role, of_vector

Over = Literal["channels", "groups", "places"]


@dataclass(frozen=True)
class Softmax(Op):
    """exp(x) / sum(exp(x)), with the sum over all channels, over groups of them, or over the places of each channel.

    "groups": channels are `groups` runs of equal length, and the sum is over the channels at one place of each run: of
    4 channels in 2 groups, over 0 and 2, and over 1 and 3, as selective kernels and split attention have it.
    """

    kind: ClassVar[str] = "softmax"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.softmax(x),
        lambda x, op: op.softmax(op.rescale(x, 300.0)),
        of_vector(lambda x, op: op.softmax(x)),
        lambda x, op: op.softmax(x, "places"),
        lambda x, op: op.softmax(op.conv(x, 6, 1), "groups", 3),
        of_vector(lambda x, op: op.softmax(x, "groups", 2)),
    )
    role: ClassVar[Role] = "follower"
    over: Over = "channels"
    groups: int = 1

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if self.over not in get_args(Over):
            raise SpecError(f"a softmax is over {', '.join(get_args(Over))}, not {self.over!r}")
        if self.over == "places" and len(x) != 3:
            raise SpecError(f"a softmax over places takes a map (C, H, W), not a vector of {int(x[0])}")
        if self.groups != 1 and self.over != "groups":
            raise SpecError(f"a softmax over {self.over} has no groups, here {int(self.groups)}")
        if self.groups < 1 or x[0] % self.groups:
            raise SpecError(f"{int(x[0])} channels do not split into {int(self.groups)} equal groups")
        return x

    def window(self, *inputs: Shape) -> tuple[tuple[int, int], tuple[float, float]] | None:
        return None if self.over == "places" else super().window(*inputs)

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("softmax over a flattened map mixes channels with places; take the softmax of the map")

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        if self.over == "groups":
            return _softmax(x.reshape(len(x), self.groups, -1), (1,)).reshape(x.shape)
        return _softmax(x, (2, 3) if self.over == "places" else (1,))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        if self.over == "channels":
            return g.add("Softmax", *inputs, axis=1)
        parts = g.integers(0, self.groups, -1) if self.over == "groups" else g.integers(0, 0, -1)
        shares = g.add("Softmax", g.add("Reshape", *inputs, parts), axis=1 if self.over == "groups" else 2)
        return g.add("Reshape", shares, g.integers(0, *g.node.shape))


def _softmax(x: Array, axes: tuple[int, ...]) -> Array:
    powers = np.exp(x - x.max(axis=axes, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axes, keepdims=True))


def softmax(x: Value, over: Over = "channels", groups: int = 1, *, name: str | None = None) -> Value:
    """Turn the channels, groups of channels or places of a map, or a vector, into positive numbers of sum 1."""
    return apply(Softmax(over, groups), x, name=name)
