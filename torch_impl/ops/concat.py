"""Concatenation along the channels."""

from __future__ import annotations

from ...common.lowering import Lowering
from ...common.ops.concat import Concat
from ...common.spec import Shape


def concat(op: Concat, *shapes: Shape) -> Lowering:
    """torch.cat(values, 1)."""
    values = ", ".join(f"{{{i}}}" for i in range(len(shapes)))
    return Lowering((), function=f"torch.cat(({values}), 1)")
