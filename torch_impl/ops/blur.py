"""A fixed kernel for every channel, written out."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.blur import Blur
from ...common.spec import Shape


def blur(op: Blur, x: Shape) -> Lowering:
    """Blur(kernel, stride=...)."""
    make = Make("Blur", op.kernel, given({"stride": (1, 1)}, stride=op.stride))
    return Lowering((make,), helpers=("blur",))
