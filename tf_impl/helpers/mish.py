"""Mish: Keras's own is no layer and takes no tensor without numbers, so that a model could not be built for a shape."""

from keras import ops


def mish(x):
    """x * tanh(softplus(x)) (Misra 2019); Keras's own needs numbers, which a shape has not."""
    return x * ops.tanh(ops.softplus(x))
