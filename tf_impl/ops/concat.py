"""Concatenation along the channels."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.concat import Concat
from ...common.spec import Shape


def concat(op: Concat, *shapes: Shape) -> Lowering:
    """layers.Concatenate() in a functional model, ops.concatenate elsewhere."""
    values = ", ".join(f"{{{i}}}" for i in range(len(shapes)))
    return Lowering((Make("layers.Concatenate"),), function=f"ops.concatenate(({values}), -1)")
