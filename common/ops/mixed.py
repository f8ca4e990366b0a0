"""The sum of what several candidates make of one map, in a network that is searched for (Wu et al. 2018, FBNet).

Of section 3.2 there: every candidate of a layer runs, and its share of the sum is relaxed by Gumbel-softmax
(equation 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape, Weight
from ..trace import Value, apply
from ..traits import Example, Role


@dataclass(frozen=True)
class Mixed(Op):
    """y = sum over i of m[i] * x[i], with m = softmax((theta + gumbel) / temperature).

    `theta` is trained. The draw `gumbel` and the `temperature` are given before each step; without any they are 0 and
    1, so that m = softmax(theta).
    """

    kind: ClassVar[str] = "mixed"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.mixed([op.tanh(x), x]),
        lambda x, op: op.mixed([op.conv(x, x.channels, 3, pad=1), op.relu(x), x, op.tanh(x)]),
    )
    title: ClassVar[str] = "mix"
    role: ClassVar[Role] = "join"

    def shape(self, *inputs: Shape) -> Shape:
        shapes = [tuple(map(int, shape)) for shape in inputs]
        if len(shapes) < 2 or len(set(shapes)) != 1 or len(shapes[0]) != 3:
            got = ", ".join(map(str, shapes)) or "nothing"
            raise SpecError(f"candidates are mixed where at least two make maps (C, H, W) of one shape, not {got}")
        return inputs[0]

    def class_key(self, *inputs: Shape) -> tuple[int]:
        return (len(inputs),)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        count = (len(inputs),)
        warmth = Weight("temperature", (1,), "C", kind="buffer", init="ones")
        return Weight("theta", count, "C"), Weight("gumbel", count, "C", kind="buffer"), warmth

    def flattened(self, *orders: Shape | None) -> None:
        return None

    def run(self, *arrays: Array, **weights: Array) -> Array:
        warm = (weights["theta"] + weights["gumbel"]) / weights["temperature"]
        shares = np.exp(warm - warm.max())
        return np.asarray(sum(x * share for x, share in zip(arrays, shares / shares.sum(), strict=True)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        warm = g.add("Div", g.add("Add", weights["theta"], weights["gumbel"]), weights["temperature"])
        shares = g.add("Softmax", warm, axis=0)
        return g.add(
            "Sum", *(g.add("Mul", x, g.add("Gather", shares, g.integers(i), axis=0)) for i, x in enumerate(inputs))
        )


def mixed(values: list[Value], *, name: str | None = None, owner: str = "") -> Value:
    """Add up what candidates make of one map, each with the share that it has in the search."""
    return apply(Mixed(), *values, name=name, owner=owner)
