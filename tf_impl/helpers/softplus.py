"""Softplus with a beta and a threshold."""

from keras import ops


def softplus(x, beta, threshold):
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x is above the threshold."""
    return ops.where(beta * x > threshold, x, ops.softplus(beta * x) / beta)
