"""Normalisation by the root mean square of the channels (Zhang & Sennrich 2019, equation 4), with no mean taken off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..onnx_graph import Graph
from ..spec import Array, Shape, Weight
from ..trace import Value, apply
from ..traits import Example, of_vector
from ._normal import Normal, check_eps, onnx_affine, onnx_root_mean_square, wide


@dataclass(frozen=True)
class RmsNorm(Normal):
    """y = x / sqrt(mean(x**2) + eps) * weight, over the channels at each place of a map, or of a vector."""

    kind: ClassVar[str] = "rms_norm"
    class_note: ClassVar[str] = "PyTorch has a layer for vectors"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.rms_norm(x, eps=0.01),
        of_vector(lambda x, op: op.rms_norm(x)),
    )
    title: ClassVar[str] = "RMS norm"
    eps: float = 1e-6

    def shape(self, *inputs: Shape) -> Shape:
        check_eps(self.eps)
        return inputs[0]

    def class_key(self, *inputs: Shape) -> tuple[bool]:
        return (len(inputs[0]) == 1,)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return (Weight("weight", inputs[0][:1], "C", init="ones"),)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return np.asarray(x / np.sqrt((x * x).mean(axis=1, keepdims=True) + self.eps) * wide(weights["weight"], x))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        y = g.add("Div", *inputs, onnx_root_mean_square(g, inputs[0], (1,), self.eps))
        return onnx_affine(g, y, weights, () if len(g.node.shape) == 1 else (1, 2))


def rms_norm(x: Value, *, eps: float = 1e-6, name: str | None = None, owner: str = "") -> Value:
    """Divide the channels at each place of a map, or a vector, by their root mean square."""
    return apply(RmsNorm(eps), x, name=name, owner=owner)
