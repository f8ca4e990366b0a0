"""Piecewise linear sigmoid, relu6(x + 3) / 6, written out.

The gradient of nn.Hardsigmoid is a float32 sixth at any dtype, 3e-8 off, which would make an exception to the
tolerance of every gate. For a module that diptych has not built the gate allows it.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.hard_sigmoid import HardSigmoid
from ...common.spec import Shape


def hard_sigmoid(op: HardSigmoid, x: Shape) -> Lowering:
    """HardSigmoid(), since nn.Hardsigmoid rounds its gradient to float32."""
    return Lowering((Make("HardSigmoid"),), helpers=("hard_sigmoid",))
