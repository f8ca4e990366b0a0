"""Batch normalisation as nn.BatchNorm2d; torch writes the unbiased variance n / (n - 1) to its running statistics."""

from __future__ import annotations

from typing import Any

from torch import nn

from ...common.form import Form, Make, given
from ...common.ops.batch_norm import BatchNorm
from ...common.spec import Shape


class BatchNorm2dUnscaled(nn.BatchNorm2d):
    """Batch normalisation with a bias but no weight, as TensorFlow's Inception models have it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register_parameter("weight", None)


def batch_norm(op: BatchNorm, x: Shape) -> Form:
    """nn.BatchNorm2d(channels, eps=..., momentum=...)."""
    rest = given({"eps": 1e-5, "momentum": 0.1}, eps=op.eps, momentum=op.momentum)
    if op.scale:
        return Form((Make("nn.BatchNorm2d", (x[0],), rest),))
    return Form((Make("BatchNorm2dUnscaled", (x[0],), rest),), helpers=(BatchNorm2dUnscaled,))
