"""Average pooling to a given size, written out: layers.AdaptiveAveragePooling2D fails in a graph where a size is 1."""

from __future__ import annotations

from typing import Any

from ...common.form import Form, Make
from ...common.ops.adaptive_avg_pool import AdaptiveAvgPool
from ...common.spec import Shape


def averaged_to(x: Any, size: tuple[int, int]) -> Any:
    """The mean over rows i * m // n ... ceil((i + 1) * m / n) - 1 for each i of n, and so for columns."""
    import numpy as np
    from keras import ops

    for axis, equation in ((1, "nm,bmwc->bnwc"), (2, "nm,bhmc->bhnc")):
        (m, n), rows = (x.shape[axis], size[axis - 1]), np.arange(x.shape[axis])
        inside = [(rows >= i * m // n) & (rows < -(-(i + 1) * m // n)) for i in range(n)]
        shares = [row / row.sum() for row in inside]
        x = ops.einsum(equation, ops.cast(np.array(shares), x.dtype), x)
    return x


def adaptive_avg_pool(op: AdaptiveAvgPool, x: Shape) -> Form:
    """layers.GlobalAveragePooling2D(keepdims=True) at size 1, a matrix of shares for each axis elsewhere."""
    if op.size == (1, 1):
        return Form((Make("layers.GlobalAveragePooling2D", (), {"keepdims": True}),))
    make = Make("averaged_to", ((int(op.size[0]), int(op.size[1])),), layer=False)
    return Form((make,), function=f"averaged_to({{0}}, {make.args[0]})", helpers=(averaged_to,))
