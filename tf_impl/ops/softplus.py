"""Softplus, written out with the beta and the threshold that Keras's own does not know."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.softplus import Softplus
from ...common.spec import Shape


def softplus(op: Softplus, x: Shape) -> Lowering:
    """log(1 + exp(beta * x)) / beta up to the threshold, x above it."""
    args = (op.beta, op.threshold)
    make = Make("softplus", args, layer=False)
    return Lowering((make,), function=Function("softplus", (X, *args)), helpers=("softplus",))
