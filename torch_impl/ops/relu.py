"""Rectified linear unit."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.relu import Relu
from ...common.spec import Shape


def relu(op: Relu, x: Shape) -> Form:
    """nn.ReLU() in a chain, torch.relu elsewhere."""
    return Form((Make("nn.ReLU"),), function="torch.relu({0})")
