"""The mean of each channel over the whole map."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.global_avg_pool import GlobalAvgPool
from ...common.spec import Shape


def global_avg_pool(op: GlobalAvgPool, x: Shape) -> Form:
    """torch.mean over height and width; GlobalAvgPool2d() in a chain."""
    return Form((Make("GlobalAvgPool2d"),), function="torch.mean({0}, (2, 3))", helpers=("global_avg_pool2d",))
