"""Each channel convolved by one fixed kernel, as in anti-aliased downsampling (Zhang 2019, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..geometry import Pair, check_window, output_size, over, pair
from ..onnx_graph import Graph, attributes
from ..spec import Array, Op, Shape
from ..text import TIMES, shape_text
from ..trace import Value, apply
from ..traits import Example, Role
from ._windows import strided

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Blur(Op):
    """y[c] = the window of x[c] times `kernel`, rows of numbers that are the same for all channels and never trained.

    It does not pad: a blur pool reflects or repeats the edge before (op `pad`).
    """

    kind: ClassVar[str] = "blur"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.blur(x, ((0.25, 0.5), (0.1, 0.15)), 2),
        lambda x, op: op.blur(op.pad(x, 1, mode="reflect"), binomial(3), 2),
        lambda x, op: op.blur(x, ((0.5, -0.5, 0.1),), (2, 1)),
    )
    role: ClassVar[Role] = "pool"
    kernel: Rows
    stride: Pair = (1, 1)

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"blurring takes a map (C, H, W), not a vector of {int(x[0])}")
        if not self.kernel or len({len(row) for row in self.kernel}) != 1 or not self.kernel[0]:
            raise SpecError("the kernel of a blur is rows of numbers, of equal length")
        if not np.isfinite(self.kernel).all():
            raise SpecError("the kernel of a blur is made of finite numbers")
        check_window(self.extent, self.stride, (0, 0, 0, 0))
        (kh, kw), (sh, sw) = self.extent, self.stride
        return (x[0], output_size(x[1], kh, sh, 0, 0), output_size(x[2], kw, sw, 0, 0))

    @property
    def extent(self) -> Pair:
        """(height, width) of the kernel."""
        return len(self.kernel), len(self.kernel[0])

    def window(self, *inputs: Shape) -> tuple[Pair, tuple[float, float]]:
        return self.extent, (float(self.stride[0]), float(self.stride[1]))

    def words(self, x: Shape, y: Shape) -> tuple[str, int | None, str]:
        return f"{shape_text(self.extent, TIMES)} blur", None, over(self.stride)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        view = strided(x, self.extent, self.stride)
        return np.asarray(np.einsum("nchwij,ij->nchw", view, np.asarray(self.kernel, x.dtype)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        channels = g.node.shape[0]
        kernel = g.constant(np.tile(np.asarray(self.kernel), (channels, 1, 1, 1)))
        return g.add("Conv", *inputs, kernel, **attributes((0, 0, 0, 0), self.extent, self.stride), group=channels)


def binomial(size: int) -> Rows:
    """The kernel of a blur pool: products of binomial coefficients, of sum 1.

    >>> binomial(2)
    ((0.25, 0.25), (0.25, 0.25))
    """
    row = np.poly1d([0.5, 0.5]) ** (size - 1)
    return tuple(tuple(map(float, values)) for values in np.outer(row.coeffs, row.coeffs))


def blur(x: Value, kernel: Rows, stride: int | Pair = 1, *, name: str | None = None) -> Value:
    """Convolve each channel of a map by the same rows of numbers."""
    return apply(Blur(kernel, pair(stride)), x, name=name)
