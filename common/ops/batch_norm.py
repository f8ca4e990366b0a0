"""Batch normalisation (Ioffe & Szegedy 2015, algorithm 1), with running statistics for evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape, Weight
from ..trace import Value, apply
from ..traits import Example, Role, of_vector


@dataclass(frozen=True)
class BatchNorm(Op):
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, per channel; `scale` says whether there is a weight.

    `momentum` is torch's: running = (1 - momentum) * running + momentum * batch; Keras's is its complement.
    """

    kind: ClassVar[str] = "batch_norm"
    class_note: ClassVar[str] = "PyTorch has one layer for maps and one for vectors"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.batch_norm(x),
        lambda x, op: op.batch_norm(x, eps=0.001, momentum=0.01),
        lambda x, op: op.batch_norm(x, scale=False),
        of_vector(lambda x, op: op.batch_norm(x, eps=0.001)),
    )
    role: ClassVar[Role] = "follower"
    overwritable: ClassVar[bool] = True
    normalises: ClassVar[bool] = True
    rewritable: ClassVar[tuple[str, ...]] = ("eps", "momentum", "scale")
    eps: float = 1e-5
    momentum: float = 0.1
    scale: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) == 1 and not self.scale:
            raise SpecError(f"batch normalisation of a vector, here of {int(x[0])}, always has a scale")
        return x

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("a flattened map has another order in each framework; normalise the map, then flatten")

    def class_key(self, *inputs: Shape) -> tuple[bool]:
        # PyTorch has a layer for maps and one for vectors.
        return (len(inputs[0]) == 1,)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        channels = (inputs[0][0],)
        gamma = (Weight("weight", channels, "C", init="ones"),) if self.scale else ()
        return (
            *gamma,
            Weight("bias", channels, "C"),
            Weight("running_mean", channels, "C", kind="statistic"),
            Weight("running_var", channels, "C", kind="statistic", init="ones"),
        )

    def summands(self, *inputs: int) -> int:
        return 1

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        wide = {name: weight.reshape(-1, *[1] * (x.ndim - 2)) for name, weight in weights.items()}
        y = (x - wide["running_mean"]) / np.sqrt(wide["running_var"] + self.eps)
        scaled = y * wide["weight"] if self.scale else y
        return np.asarray(scaled + wide["bias"])

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        ones = () if self.scale else (g.constant(np.ones(g.node.in_shapes[0][0])),)
        *others, variance = weights.values()
        epsilon = float(np.float32(self.eps))
        if g.double:
            # The attribute is a float32: what it lacks is added to the variance.
            variance = g.add("Add", variance, g.constant(self.eps - epsilon))
        return g.add(
            "BatchNormalization", *inputs, *ones, *others, variance, epsilon=self.eps, momentum=1 - self.momentum
        )


def batch_norm(
    x: Value,
    *,
    eps: float = 1e-5,
    momentum: float = 0.1,
    scale: bool = True,
    name: str | None = None,
    owner: str = "",
) -> Value:
    """Normalise each channel of a map (C, H, W), or each number of a vector (F,)."""
    return apply(BatchNorm(eps, momentum, scale), x, name=name, owner=owner)
