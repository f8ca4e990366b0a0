"""Approximate Gaussian error linear unit: Keras's own rounds its constants to float32.

See `diptych traps`: `gelu_in_float64`.
"""

from keras import ops


def gelu_tanh(x):
    """x * Phi(x), with Phi approximated by a tanh of a cubic; 0.797... is sqrt(2 / pi)."""
    return 0.5 * x * (1 + ops.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))
