"""Resizing: layers.UpSampling2D where it is exact, else by index; TensorFlow's own bilinear is float32 at any dtype."""

from __future__ import annotations

from typing import Any

from ...common.form import Form, Make
from ...common.ops.resize import Resize
from ...common.spec import Shape


def resized_nearest(x: Any, size: tuple[int, int], half_pixel: bool) -> Any:
    """Nearest resizing to (height, width): pixel i of n reads pixel i * m // n of m, or the one under its middle."""
    from keras import ops

    for axis, n in ((1, size[0]), (2, size[1])):
        m = x.shape[axis]
        x = ops.take(x, [(2 * i + 1) * m // (2 * n) if half_pixel else i * m // n for i in range(n)], axis=axis)
    return x


def resized_bilinear(x: Any, size: tuple[int, int], align_corners: bool) -> Any:
    """Bilinear resizing to (height, width), one axis after the other."""
    import numpy as np
    from keras import ops

    for axis, n in ((1, size[0]), (2, size[1])):
        m, i = x.shape[axis], np.arange(n)
        u = i * (m - 1) / max(n - 1, 1) if align_corners else np.clip((i + 0.5) * m / n - 0.5, 0, m - 1)
        low = np.floor(u).astype("int32")
        part = ops.cast((u - low).reshape(-1, *[1] * (3 - axis)), x.dtype)
        after = ops.take(x, np.minimum(low + 1, m - 1), axis=axis)
        x = ops.take(x, low, axis=axis) * (1 - part) + after * part
    return x


def resize(op: Resize, x: Shape) -> Form:
    """layers.UpSampling2D(scale) for nearest at a whole factor; two gathers, or four and a mix, elsewhere."""
    if op.mode == "nearest" and op.size is None:
        return Form((Make("layers.UpSampling2D", (op.scale,)),))
    helper = resized_nearest if op.mode == "nearest" else resized_bilinear
    height, width = op.target((x[1], x[2]))
    flag = op.rule == ("half_pixel" if op.mode == "nearest" else "align_corners")
    make = Make(helper.__name__, ((int(height), int(width)), flag), layer=False)
    return Form((make,), function=f"{make.target}({{0}}, {make.args[0]}, {flag})", helpers=(helper,))
