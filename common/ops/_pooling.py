"""What max and average pooling share: the windows, and the pads that have a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..geometry import Padding, Pads, Pair, check_window, output_size, over, overhang, resolved, symmetric
from ..spec import Op, Shape
from ..text import TIMES, shape_text
from ..traits import Role


@dataclass(frozen=True)
class Pool(Op):
    """Windows over a map; ceil mode adds a partial window at the end, unless it would start in the padding."""

    role: ClassVar[Role] = "pool"
    class_note: ClassVar[str] = "Keras pads by as much as hangs over the edge of a map of this size"
    kernel: Pair
    stride: Pair
    pads: Padding = (0, 0, 0, 0)
    ceil_mode: bool = False

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"pooling takes a map (C, H, W), not a vector of {int(x[0])}")
        check_window(self.kernel, self.stride, self.pads)
        if self.pads == "same" and self.ceil_mode:
            raise SpecError("'same' has no ceil mode")
        if self.pads != "same" and (max(self.pads[:2]) >= self.kernel[0] or max(self.pads[2:]) >= self.kernel[1]):
            raise SpecError(f"the pads {self.pads} must be smaller than the kernel {self.kernel}")
        if self.ceil_mode and not self.plain:
            raise SpecError(f"ceil mode takes even pads of at most half the kernel {self.kernel}, not {self.pads}")
        return (x[0], *self.size((x[1], x[2])))

    def class_key(self, *inputs: Shape) -> tuple[Pads, ...]:
        # What hangs over at the end depends on the size of the map.
        return (self.explicit((inputs[0][1], inputs[0][2])),) if self.ceil_mode else ()

    @property
    def plain(self) -> bool:
        """Whether torch's own `padding` says the pads: even, and at most half the kernel."""
        if self.pads == "same" or not symmetric(self.pads):
            return False
        return 2 * self.pads[0] <= self.kernel[0] and 2 * self.pads[2] <= self.kernel[1]

    def size(self, size: Pair) -> Pair:
        """(height, width) of the output."""
        top, bottom, left, right = resolved(self.pads, size, self.kernel, self.stride)
        (kh, kw), (sh, sw) = self.kernel, self.stride
        return (
            output_size(size[0], kh, sh, top, bottom, ceil=self.ceil_mode),
            output_size(size[1], kw, sw, left, right, ceil=self.ceil_mode),
        )

    def explicit(self, size: Pair) -> Pads:
        """The four pads on an input of this size, with what ceil mode hangs over at the end."""
        top, bottom, left, right = resolved(self.pads, size, self.kernel, self.stride)
        (kh, kw), (sh, sw), (h, w) = self.kernel, self.stride, self.size(size)
        below = bottom + overhang(size[0], kh, sh, top, bottom, h)
        return top, below, left, right + overhang(size[1], kw, sw, left, right, w)

    def window(self, *inputs: Shape) -> tuple[Pair, tuple[float, float]]:
        return self.kernel, (float(self.stride[0]), float(self.stride[1]))

    def words(self, x: Shape, y: Shape) -> tuple[str, int | None, str]:
        name = self.title or self.kind.replace("_", " ")
        return f"{shape_text(self.kernel, TIMES)} {name}", None, over(self.stride)
