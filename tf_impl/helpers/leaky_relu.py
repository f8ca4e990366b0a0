"""Leaky rectified linear unit: layers.LeakyReLU rounds its slope to float32 even in float64.

See `diptych traps`: `leaky_relu_in_float64`.
"""

from keras import ops


def leaky_relu(x, slope):
    """Negative numbers times the slope; Keras's own rounds the slope to float32."""
    return ops.relu(x) - slope * ops.relu(-x)
