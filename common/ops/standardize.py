"""Standardisation of an image by fixed statistics of its channels, as keras.applications has it inside a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape, Weight
from ..trace import Value, apply
from ..traits import Example, Role

FLOOR = 1e-7
"""The least standard deviation, which is Keras's `epsilon()`."""


@dataclass(frozen=True)
class Standardize(Op):
    """y[c] = (x[c] - mean[c]) / max(sqrt(variance[c]), 1e-7), where mean and variance are neither trained nor measured.

    Unlike `batch_norm` it does the same in training and adds nothing to the variance.
    """

    kind: ClassVar[str] = "standardize"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.standardize(x),
        lambda x, op: op.conv(op.standardize(op.rescale(x, 1 / 255)), 3, 3, pad=1),
    )
    takes_pixels: ClassVar[bool] = True
    role: ClassVar[Role] = "follower"
    inplace: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"standardisation takes a map (C, H, W), not a vector of {int(x[0])}")
        return x

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        channels = (inputs[0][0],)
        variance = Weight("variance", channels, "C", kind="buffer", init="ones")
        return Weight("mean", channels, "C", kind="buffer"), variance

    def run(self, *arrays: Array, **weights: Array) -> Array:
        deviation = np.maximum(np.sqrt(weights["variance"]), FLOOR)
        return np.asarray((arrays[0] - weights["mean"][:, None, None]) / deviation[:, None, None])

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        mean, variance = (g.add("Unsqueeze", name, g.integers(1, 2)) for name in weights.values())
        deviation = g.add("Max", g.add("Sqrt", variance), g.constant(FLOOR))
        return g.add("Div", g.add("Sub", *inputs, mean), deviation)


def standardize(x: Value, *, name: str | None = None, owner: str = "") -> Value:
    """Subtract a fixed mean from each channel of a map (C, H, W), and divide by a fixed standard deviation."""
    return apply(Standardize(), x, name=name, owner=owner)
