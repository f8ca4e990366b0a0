"""Local response normalisation in keras.ops: TensorFlow's own knows neither even sizes nor float64.

See `diptych traps`: `local_response_norm_in_float64`, `local_response_norm_of_even_size`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.local_response_norm import LocalResponseNorm
from ...common.spec import Shape


def local_response_norm(op: LocalResponseNorm, x: Shape) -> Lowering:
    """LocalResponseNorm(size, ...): squares, their sum over a window of channels, and a power."""
    rest = given({"alpha": 1e-4, "beta": 0.75, "k": 1.0}, alpha=op.alpha, beta=op.beta, k=op.k)
    return Lowering((Make("LocalResponseNorm", (op.size,), rest, layer=False),), helpers=("local_response_norm",))
