"""Leaky rectified linear unit."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, literal
from ...common.ops.leaky_relu import LeakyRelu
from ...common.spec import Shape


def leaky_relu(op: LeakyRelu, x: Shape) -> Lowering:
    """nn.LeakyReLU(slope) in a chain, nn.functional.leaky_relu elsewhere."""
    return Lowering(
        (Make("nn.LeakyReLU", (op.slope,)),), function=f"nn.functional.leaky_relu({{0}}, {literal(op.slope)})"
    )
