"""Gaussian error linear unit: Keras's own rounds its constants to float32 even in float64.

See `diptych traps`: `gelu_in_float64`.
"""

from keras import ops


def gelu_exact(x):
    """x * Phi(x); Keras's own rounds its constants to float32."""
    return 0.5 * x * (1 + ops.erf(x * 0.5**0.5))
