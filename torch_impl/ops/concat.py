"""Concatenation along the channels."""

from __future__ import annotations

from ...common.form import Form
from ...common.ops.concat import Concat
from ...common.spec import Shape


def concat(op: Concat, *shapes: Shape) -> Form:
    """torch.cat(values, 1)."""
    values = ", ".join(f"{{{i}}}" for i in range(len(shapes)))
    return Form((), function=f"torch.cat(({values}), 1)")
