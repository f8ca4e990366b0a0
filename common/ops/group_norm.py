"""Group normalisation (Wu & He 2018, section 3.1); with a group for each channel it is instance normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Shape, Weight
from ..trace import Value, apply
from ..traits import Example
from ._normal import Normal, check_eps, onnx_affine, onnx_standardised, standardised, wide


@dataclass(frozen=True)
class GroupNorm(Normal):
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, over neighbouring channels and all places of each image.

    Channels g * C / groups ... (g + 1) * C / groups - 1 are group g. Without `affine` there is no weight and no bias.
    """

    kind: ClassVar[str] = "group_norm"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.group_norm(x, 2),
        lambda x, op: op.group_norm(x, 1, eps=0.01),
        lambda x, op: op.group_norm(x, 4, affine=False),
    )
    title: ClassVar[str] = "group norm"
    groups: int
    eps: float = 1e-5
    affine: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        check_eps(self.eps)
        if len(x) != 3:
            raise SpecError(f"group normalisation takes a map (C, H, W), not a vector of {int(x[0])}")
        if self.groups < 1 or x[0] % self.groups:
            raise SpecError(f"{int(x[0])} channels do not split into {int(self.groups)} equal groups")
        return x

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        channels = inputs[0][:1]
        return (Weight("weight", channels, "C", init="ones"), Weight("bias", channels, "C")) if self.affine else ()

    def window(self, *inputs: Shape) -> None:
        return None

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        y = standardised(x.reshape(len(x), self.groups, -1), (2,), self.eps).reshape(x.shape)
        return y * wide(weights["weight"], x) + wide(weights["bias"], x) if self.affine else y

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        split = g.add("Reshape", *inputs, g.integers(0, self.groups, -1))
        apart = onnx_standardised(g, split, (2,), self.eps)
        y = g.add("Reshape", apart, g.integers(0, *g.node.shape))
        return onnx_affine(g, y, weights, (1, 2))


def group_norm(
    x: Value, groups: int, *, eps: float = 1e-5, affine: bool = True, name: str | None = None, owner: str = ""
) -> Value:
    """Normalise groups of neighbouring channels of a map; as many groups as channels are instance normalisation."""
    return apply(GroupNorm(groups, eps, affine), x, name=name, owner=owner)
