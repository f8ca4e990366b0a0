"""Average pooling as layers.AveragePooling2D; where a window divides by less than its area, it is written out."""

from __future__ import annotations

from typing import Any

from ...common.form import Form, Make
from ...common.geometry import is_same
from ...common.ops.avg_pool import AvgPool
from ...common.spec import Shape
from ..pads import zero_padding


def average_of_counted(
    x: Any, kernel: tuple[int, int], stride: tuple[int, int], pads: tuple[int, ...], ceil_mode: bool, include: bool
) -> Any:
    """Average pooling whose divisor counts the padding (top, bottom, left, right) or not, and never what hangs over."""
    import numpy as np
    from keras import ops

    around = [(0, 0), pads[:2], pads[2:], (0, 0)]
    beyond = [(0, 0)] * 4
    for axis in (1, 2) if ceil_mode else ():
        size, (before, after), k, s = x.shape[axis], around[axis], kernel[axis - 1], stride[axis - 1]
        count = -(-(size + before + after - k) // s) + 1
        count -= (count - 1) * s >= size + before
        beyond[axis] = (0, max((count - 1) * s + k - (size + before + after), 0))
    inside = np.pad(np.ones((1, *x.shape[1:3], 1)), around, constant_values=float(include))
    share = ops.convert_to_numpy(ops.average_pool(np.pad(inside, beyond), kernel, stride))
    padded = [(b, a + c) for (b, a), (_, c) in zip(around, beyond, strict=True)]
    return ops.average_pool(ops.pad(x, padded), kernel, stride) / ops.cast(share, x.dtype)


def avg_pool(op: AvgPool, x: Shape) -> Form:
    """layers.AveragePooling2D(kernel, stride, ...); its own padding="same" leaves the padding out of the mean."""
    flat = op.pads == (0, 0, 0, 0)
    if op.pads == "same" or (not flat and not op.count_include_pad and is_same(op.pads, op.kernel, op.stride)):
        return Form((Make("layers.AveragePooling2D", (op.kernel, op.stride), {"padding": "same"}),))
    if not op.ceil_mode and (flat or op.count_include_pad):
        return Form((*zero_padding(op.pads), Make("layers.AveragePooling2D", (op.kernel, op.stride))))
    kernel, stride, pads = (tuple(map(int, values)) for values in (op.kernel, op.stride, op.pads))
    make = Make("average_of_counted", (kernel, stride, pads, op.ceil_mode, op.count_include_pad), layer=False)
    return Form((make,), function=_call(make), helpers=(average_of_counted,))


def _call(make: Make) -> str:
    return f"{make.target}({{0}}, {', '.join(map(repr, make.args))})"
