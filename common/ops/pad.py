"""A frame around a map: of one constant, or of the map's own numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from ..errors import SpecError
from ..geometry import Pads, Pair, padding
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example

Mode = Literal["constant", "reflect", "replicate", "circular"]
IN_NUMPY = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""What NumPy, and ONNX with it, calls a mode."""


@dataclass(frozen=True)
class Pad(Op):
    """`pads` are (top, bottom, left, right).

    A row a b c becomes, with a pad of 2 on either side: v v a b c v v with the constant v ("constant"),
    c b a b c b a ("reflect", without the edge itself), a a a b c c c ("replicate") or b c a b c a b ("circular").
    """

    kind: ClassVar[str] = "pad"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.pad(x, 1),
        lambda x, op: op.pad(x, (1, 0, 2, 3)),
        lambda x, op: op.pad(x, (1, 2), -1.5),
        lambda x, op: op.pad(x, (1, 2, 3, 0), mode="reflect"),
        lambda x, op: op.pad(x, (1, 2, 0, 3), mode="replicate"),
        lambda x, op: op.pad(x, (0, 2, 1, 1), mode="circular"),
    )
    pads: Pads
    value: float = 0.0
    mode: Mode = "constant"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"padding takes a map (C, H, W), not a vector of {int(x[0])}")
        if min(self.pads) < 0:
            raise SpecError(f"pads are not negative, as in {self.pads}")
        if self.mode not in get_args(Mode) or (self.value and self.mode != "constant"):
            got = f"{self.mode!r} with the value {self.value}"
            raise SpecError(f"a pad is 'constant', or without a value {', '.join(get_args(Mode)[1:])}, not {got}")
        top, bottom, left, right = self.pads
        most = {"reflect": -1, "circular": 0}.get(self.mode)
        if most is not None and (max(top, bottom) > x[1] + most or max(left, right) > x[2] + most):
            raise SpecError(f"a map of {int(x[1])} x {int(x[2])} is too small for {self.mode} pads of {self.pads}")
        return (x[0], x[1] + top + bottom, x[2] + left + right)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        top, bottom, left, right = self.pads
        how: Any = {"mode": IN_NUMPY[self.mode]}
        how |= {"constant_values": self.value} if self.mode == "constant" else {}
        return np.asarray(np.pad(arrays[0], ((0, 0), (0, 0), (top, bottom), (left, right)), **how))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        top, bottom, left, right = self.pads
        pads = g.integers(top, left, bottom, right)
        value = g.constant(self.value) if self.mode == "constant" else ""
        return g.add("Pad", *inputs, pads, value, g.integers(2, 3), mode=IN_NUMPY[self.mode])


def pad(
    x: Value, pads: int | Pair | Pads, value: float = 0.0, *, mode: Mode = "constant", name: str | None = None
) -> Value:
    """Surround a map with a constant, or with its own numbers.

    The pads are one number, (height, width) or (top, bottom, left, right).
    """
    explicit = padding(pads)
    if explicit == "same":
        raise SpecError("'same' belongs to an op with a kernel; pad takes numbers")
    return apply(Pad(explicit, value, mode), x, name=name)
