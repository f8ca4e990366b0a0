"""What activations and their like share: the shape stays, and the result may overwrite the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..spec import Op, Shape


@dataclass(frozen=True)
class Elementwise(Op):
    """An op that treats each number by itself, on a map or on a vector."""

    elementwise: ClassVar[bool] = True
    inplace: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]
