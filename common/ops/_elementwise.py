"""What activations and their like share: the shape stays, and the result may overwrite the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..spec import Op, Shape
from ..traits import Role


@dataclass(frozen=True)
class Elementwise(Op):
    """An op that treats each number by itself, on a map or on a vector."""

    elementwise: ClassVar[bool] = True
    takes_parameters: ClassVar[bool] = True
    role: ClassVar[Role] = "follower"
    inplace: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]
