"""Gaussian error linear unit, written out: Keras's own rounds its constants to float32 even in float64."""

from __future__ import annotations

from typing import Any

from ...common.form import Form, Make
from ...common.ops.gelu import Gelu
from ...common.spec import Shape


def gelu_exact(x: Any) -> Any:
    """x * Phi(x)."""
    from keras import ops

    return 0.5 * x * (1 + ops.erf(x * 0.5**0.5))


def gelu_tanh(x: Any) -> Any:
    """x * Phi(x), with Phi approximated by a tanh of a cubic; 0.797... is sqrt(2 / pi)."""
    from keras import ops

    return 0.5 * x * (1 + ops.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))


def gelu(op: Gelu, x: Shape) -> Form:
    """The exact form with ops.erf, or the approximate one with ops.tanh."""
    helper = gelu_tanh if op.approximate else gelu_exact
    make = Make(helper.__name__, layer=False)
    return Form((make,), function=f"{helper.__name__}({{0}})", helpers=(helper,))
