"""Batch normalisation (Ioffe & Szegedy 2015, algorithm 1), with running statistics for evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..spec import Array, Op, Shape, Weight
from ..trace import Value, apply


@dataclass(frozen=True)
class BatchNorm(Op):
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, per channel; `scale` says whether there is a weight.

    `momentum` is torch's: running = (1 - momentum) * running + momentum * batch; Keras's is its complement.
    """

    kind: ClassVar[str] = "batch_norm"
    eps: float = 1e-5
    momentum: float = 0.1
    scale: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"batch normalisation takes a map (C, H, W), not a vector of {int(x[0])}")
        return x

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        channels = (inputs[0][0],)
        gamma = (Weight("weight", channels, "C", init="ones"),) if self.scale else ()
        return (
            *gamma,
            Weight("bias", channels, "C"),
            Weight("running_mean", channels, "C", kind="statistic"),
            Weight("running_var", channels, "C", kind="statistic", init="ones"),
        )

    def run(self, *arrays: Array, **weights: Array) -> Array:
        mean, variance = (weights[name][:, None, None] for name in ("running_mean", "running_var"))
        y = (arrays[0] - mean) / np.sqrt(variance + self.eps)
        scaled = y * weights["weight"][:, None, None] if self.scale else y
        return np.asarray(scaled + weights["bias"][:, None, None])


def batch_norm(
    x: Value,
    *,
    eps: float = 1e-5,
    momentum: float = 0.1,
    scale: bool = True,
    name: str | None = None,
    owner: str = "",
) -> Value:
    """Normalise each channel of a map (C, H, W)."""
    return apply(BatchNorm(eps, momentum, scale), x, name=name, owner=owner)
