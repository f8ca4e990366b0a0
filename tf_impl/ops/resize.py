"""Resizing: layers.UpSampling2D where it is exact, else by index; TensorFlow's own bilinear is float32 at any dtype.

See `diptych traps`: `bilinear_in_float64`, `nearest_to_any_size`, `bilinear_align_corners`, `bicubic_kernel`.
"""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X, Y
from ...common.ops.resize import Resize
from ...common.spec import Shape


def resize(op: Resize, x: Shape, *like: Shape) -> Lowering:
    """layers.UpSampling2D(scale) for nearest at a whole factor; two gathers, or four and a mix, elsewhere."""
    if op.mode == "bicubic":
        return _bicubic(op, x, *like)
    flag = op.rule == ("half_pixel" if op.mode == "nearest" else "align_corners")
    if like:
        helper = f"{op.mode}_resize_like"
        make = Make(helper, (flag,), layer=False)
        return Lowering((make,), function=Function(helper, (X, Y, flag)), helpers=(helper,))
    if op.mode == "nearest" and op.size is None:
        return Lowering((Make("layers.UpSampling2D", (op.scale,)),))
    if op.mode == "nearest":
        return Lowering((Make("NearestResize", (op.target(x), flag), layer=False),), helpers=("nearest_resize",))
    return Lowering((Make("BilinearResize", (op.target(x), flag), layer=False),), helpers=("bilinear_resize",))


def _bicubic(op: Resize, x: Shape, *like: Shape) -> Lowering:
    """Two products with matrices of weights, one for each axis."""
    flag = op.rule == "align_corners"
    if like:
        make = Make("bicubic_resize_like", (flag,), layer=False)
        return Lowering((make,), function=Function("bicubic_resize_like", (X, Y, flag)), helpers=("bicubic_resize",))
    return Lowering((Make("BicubicResize", (op.target(x), flag), layer=False),), helpers=("bicubic_resize",))
