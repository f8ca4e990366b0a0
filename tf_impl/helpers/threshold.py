"""Numbers above a threshold: layers.ReLU rounds its threshold to float32, and has zeros in the place of the rest."""

from keras import ops


def threshold(x, threshold, otherwise):
    """The numbers above a threshold, and another number in the place of the rest."""
    return ops.where(x > threshold, x, ops.full_like(x, otherwise))
