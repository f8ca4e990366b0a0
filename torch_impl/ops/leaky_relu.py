"""Leaky rectified linear unit."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.leaky_relu import LeakyRelu
from ...common.spec import Shape


def leaky_relu(op: LeakyRelu, x: Shape) -> Lowering:
    """nn.LeakyReLU(slope) in a chain, nn.functional.leaky_relu elsewhere."""
    function = Function("nn.functional.leaky_relu", (X, op.slope))
    return Lowering((Make("nn.LeakyReLU", (op.slope,)),), function=function)
