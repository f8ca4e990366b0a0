"""Multiplication by a constant and addition of another; layers.Rescaling rounds both to float32 even in float64."""

from __future__ import annotations

from ...common.form import Form, Make, literal
from ...common.ops.rescale import Rescale
from ...common.spec import Shape


def rescale(op: Rescale, x: Shape) -> Form:
    """ops.multiply, then ops.add where there is an offset."""
    product = f"{{0}} * {literal(op.factor)}"
    times = Make("ops.multiply", (op.factor,), layer=False)
    if not op.offset:
        return Form((times,), function=product)
    return Form((times, Make("ops.add", (op.offset,), layer=False)), function=f"{product} + {literal(op.offset)}")
