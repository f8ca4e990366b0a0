"""Rectified linear unit."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.relu import Relu
from ...common.spec import Shape


def relu(op: Relu, x: Shape) -> Lowering:
    """nn.ReLU() in a chain, torch.relu elsewhere."""
    return Lowering((Make("nn.ReLU"),), function=Function("torch.relu", (X,)))
