"""Resizing: layers.UpSampling2D where it is exact, else by index; TensorFlow's own bilinear is float32 at any dtype.

See `diptych traps`: `bilinear_in_float64`, `nearest_to_any_size`, `bilinear_align_corners`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.resize import Resize
from ...common.spec import Shape


def resize(op: Resize, x: Shape) -> Lowering:
    """layers.UpSampling2D(scale) for nearest at a whole factor; two gathers, or four and a mix, elsewhere."""
    if op.mode == "nearest" and op.size is None:
        return Lowering((Make("layers.UpSampling2D", (op.scale,)),))
    size = op.target((x[1], x[2]))
    if op.mode == "nearest":
        make = Make("NearestResize", (size, op.rule == "half_pixel"), layer=False)
        return Lowering((make,), helpers=("nearest_resize",))
    make = Make("BilinearResize", (size, op.rule == "align_corners"), layer=False)
    return Lowering((make,), helpers=("bilinear_resize",))
