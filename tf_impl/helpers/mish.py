"""Mish: keras.activations.mish takes no keras.Input, so that a model could not be built for a shape."""

from keras import ops


def mish(x):
    """x * tanh(softplus(x)) (Misra 2019); Keras's own takes no keras.Input."""
    return x * ops.tanh(ops.softplus(x))
