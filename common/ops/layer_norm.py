"""Layer normalisation (Ba et al. 2016, section 3): over the channels at each place, or over the whole map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Shape, Weight
from ..trace import Value, apply
from ..traits import Example, of_vector
from ._normal import Normal, check_eps, onnx_affine, onnx_standardised, standardised, wide

Over = Literal["channels", "map"]


@dataclass(frozen=True)
class LayerNorm(Normal):
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, with the mean and the biased variance of each image.

    "channels": at each place of a map, or of a vector, with a weight (C,), as ConvNeXt has it; "map": of all numbers,
    with a weight (C, H, W), as nn.LayerNorm((C, H, W)). `scale` and `bias` say whether there are a weight and a bias.
    """

    kind: ClassVar[str] = "layer_norm"
    class_note: ClassVar[str] = "PyTorch has a layer for vectors, and the weights of a whole map have its size"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.layer_norm(x, eps=1e-6),
        lambda x, op: op.layer_norm(x, "map", eps=0.01),
        lambda x, op: op.layer_norm(x, scale=False, bias=False),
        lambda x, op: op.layer_norm(x, "map", bias=False),
        of_vector(lambda x, op: op.layer_norm(x, bias=False)),
    )
    title: ClassVar[str] = "layer norm"
    over: Over = "channels"
    eps: float = 1e-5
    scale: bool = True
    bias: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        check_eps(self.eps)
        if self.over not in get_args(Over):
            raise SpecError(f"layer normalisation is over {' or '.join(get_args(Over))}, not {self.over!r}")
        if self.over == "map" and len(x) != 3:
            raise SpecError(f"there is no map to normalise in a vector of {int(x[0])}; normalise over its channels")
        if self.bias and not self.scale:
            raise SpecError("layer normalisation with a bias has a scale too: nn.LayerNorm has none without")
        return x

    def class_key(self, *inputs: Shape) -> tuple[Any, ...]:
        (x,) = inputs
        return x[1:] if self.over == "map" else (len(x) == 1,)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        shape, axes = (inputs[0], "C H W") if self.over == "map" else (inputs[0][:1], "C")
        weight = (Weight("weight", shape, axes, init="ones"),) if self.scale else ()
        return (*weight, Weight("bias", shape, axes)) if self.bias else weight

    def window(self, *inputs: Shape) -> tuple[tuple[int, int], tuple[float, float]] | None:
        return None if self.over == "map" else super().window(*inputs)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        y = standardised(x, (1,) if self.over == "channels" else (1, 2, 3), self.eps)
        own = [weight if self.over == "map" else wide(weight, x) for weight in weights.values()]
        for weight in own[:1]:
            y = y * weight
        return y + own[1] if self.bias else y

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        whole = self.over == "map"
        y = onnx_standardised(g, inputs[0], (1, 2, 3) if whole else (1,), self.eps)
        return onnx_affine(g, y, weights, () if whole or len(g.node.shape) == 1 else (1, 2))


def layer_norm(
    x: Value,
    over: Over = "channels",
    *,
    eps: float = 1e-5,
    scale: bool = True,
    bias: bool = True,
    name: str | None = None,
    owner: str = "",
) -> Value:
    """Normalise the channels at each place of a map, a vector, or a whole map."""
    return apply(LayerNorm(over, eps, scale, bias), x, name=name, owner=owner)
