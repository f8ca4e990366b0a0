"""What normalisations without running statistics share: refusals, and moments in NumPy and in ONNX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..traits import Role


@dataclass(frozen=True)
class Normal(Op):
    """An op that divides by what it measures on the value itself, in training and in evaluation alike."""

    role: ClassVar[Role] = "follower"

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("a flattened map has another order in each framework; normalise the map, then flatten")

    def summands(self, *inputs: int) -> int:
        return 1


def check_eps(eps: float) -> None:
    """Raise SpecError for an epsilon that is no number from zero upwards."""
    if not 0 <= eps < float("inf"):
        raise SpecError(f"an epsilon is a number from zero upwards, not {eps}")


def wide(weight: Array, x: Array) -> Array:
    """A weight per channel, spread over the batch `x`."""
    return weight.reshape(-1, *[1] * (x.ndim - 2))


def standardised(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    """(x - mean) / sqrt(variance + eps), with the biased variance over these axes."""
    apart = x - x.mean(axis=axes, keepdims=True)
    return np.asarray(apart / np.sqrt((apart * apart).mean(axis=axes, keepdims=True) + eps))


def onnx_root_mean_square(g: Graph, x: str, axes: tuple[int, ...], eps: float) -> str:
    """The name of sqrt(mean(x**2) + eps); ONNX's own normalisations round eps to float32, and take the last axes."""
    square = g.add("ReduceMean", g.add("Mul", x, x), g.integers(*axes), keepdims=1)
    return g.add("Sqrt", g.add("Add", square, g.constant(eps)))


def onnx_standardised(g: Graph, x: str, axes: tuple[int, ...], eps: float) -> str:
    """The name of (x - mean) / sqrt(variance + eps)."""
    apart = g.add("Sub", x, g.add("ReduceMean", x, g.integers(*axes), keepdims=1))
    return g.add("Div", apart, onnx_root_mean_square(g, apart, axes, eps))


def onnx_affine(g: Graph, x: str, own: dict[str, str], axes: tuple[int, ...] = ()) -> str:
    """The name of x * weight + bias, as far as there are such, with these axes of length 1 added to both."""
    for name, kind in (("weight", "Mul"), ("bias", "Add")):
        if name in own:
            value = g.add("Unsqueeze", own[name], g.integers(*axes)) if axes else own[name]
            x = g.add(kind, x, value)
    return x
