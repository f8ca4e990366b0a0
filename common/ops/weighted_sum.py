"""A normalised weighted sum of maps, as BiFPN fuses them (Tan et al. 2020, EfficientDet, section 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, Role

Mode = Literal["fast", "softmax", "sum"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True)
class WeightedSum(Op):
    """The sum of maps x[i], each times its share of the weights w.

    fast: x[i] * relu(w[i]) / (sum of relu(w) + eps), in this order; softmax: x[i] * softmax(w)[i]; sum: x[i], without
    weights. The weights are a vector, and the first input; they may be a parameter or be computed for each image.
    """

    kind: ClassVar[str] = "weighted_sum"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.weighted_sum([x, op.tanh(x)], op.linear(op.global_avg_pool(x), 2)),
        lambda x, op: op.weighted_sum([op.relu(x), x, op.tanh(x)], op.linear(op.global_avg_pool(x), 3), eps=0.5),
        lambda x, op: op.weighted_sum([op.relu(x), x, op.tanh(x)], op.linear(op.global_avg_pool(x), 3), mode="softmax"),
        lambda x, op: op.weighted_sum([op.relu(x), x, op.tanh(x)], mode="sum"),
    )
    takes_parameters: ClassVar[bool] = True
    role: ClassVar[Role] = "join"
    mode: Mode = "fast"
    eps: float = 1e-4

    def shape(self, *inputs: Shape) -> Shape:
        if self.mode not in MODES:
            raise SpecError(f"a weighted sum has one of the modes {', '.join(MODES)}, not {self.mode!r}")
        weights, values = (inputs[0], inputs[1:]) if self.weighted else (None, inputs)
        if len(values) < 2 or len({tuple(map(int, shape)) for shape in values}) != 1 or len(values[0]) != 3:
            got = ", ".join(str(tuple(map(int, shape))) for shape in values)
            raise SpecError(f"a weighted sum takes at least two maps (C, H, W) of equal shape, not {got}")
        if weights is not None and weights != (len(values),):
            got = f"not {tuple(map(int, weights))}"
            raise SpecError(f"a weighted sum of {len(values)} maps takes a vector of {len(values)} weights, {got}")
        return values[0]

    @property
    def weighted(self) -> bool:
        """Whether the first input is a vector of weights."""
        return self.mode != "sum"

    def flattened(self, *orders: Shape | None) -> None:
        if any(order is not None for order in orders):
            raise SpecError("a flattened map has another order in each framework; its numbers are no weights of a sum")

    def summands(self, *inputs: int) -> int:
        return max(inputs) if self.weighted else sum(inputs)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        if not self.weighted:
            return np.asarray(sum(arrays))
        w, *values = arrays
        w = np.maximum(w, 0) if self.mode == "fast" else np.exp(w - w.max(axis=1, keepdims=True))
        total = w.sum(axis=1)[:, None, None, None] + (self.eps if self.mode == "fast" else 0)
        return np.asarray(sum(x * w[:, i, None, None, None] / total for i, x in enumerate(values)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        if not self.weighted:
            return g.add("Sum", *inputs)
        w, *values = inputs
        w = g.add("Relu", w) if self.mode == "fast" else g.add("Softmax", w, axis=1)
        shares = g.add("Unsqueeze", w, g.integers(2, 3))
        parts = [g.add("Mul", x, g.add("Gather", shares, g.integers(i), axis=1)) for i, x in enumerate(values)]
        if self.mode == "fast":
            total = g.add("Add", g.add("ReduceSum", shares, g.integers(1), keepdims=1), g.constant(self.eps))
            parts = [g.add("Div", part, total) for part in parts]
        return g.add("Sum", *parts)


def weighted_sum(
    values: Sequence[Value],
    weights: Value | None = None,
    *,
    mode: Mode = "fast",
    eps: float = 1e-4,
    name: str | None = None,
) -> Value:
    """Fuse maps of equal shape by a vector of as many weights, which mode "sum" does without."""
    if (weights is None) != (mode == "sum"):
        raise SpecError(f"a weighted sum of mode {mode!r} takes {'no' if mode == 'sum' else 'a vector of'} weights")
    return apply(WeightedSum(mode, eps), *([] if weights is None else [weights]), *values, name=name)
