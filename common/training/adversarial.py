"""Self-adversarial training, YOLOv4's SAT as Darknet has it, in NumPy; mirrored, and `attack` makes the step.

One time in two, once the burn-in is over, a picture is changed before the network learns from it, so that nothing would
be found: by the gradient of `absent`, with the weights as they are and running statistics. The rate of that change is
`growing.grown`. Then the network learns from the changed picture with its true boxes.
"""

from __future__ import annotations

import numpy as np

from ..spec import Array
from .regular import require_logits

THRESHOLD = 0.25


def absent(objects: Array, classes: Array, sizes: Array, threshold: float = THRESHOLD) -> Array:
    """How far the boxes are from nothing at all: a scalar.

    objects (...) and classes (..., C) are logits, sizes (..., 2) widths and heights, in shares of the picture. Each box
    counts with the root of its area: the cross-entropy of its object with 0, and of each class whose score, object
    times class, is above the threshold. Neither root nor threshold has a gradient. In Darknet the deltas, -root times p
    on a logit of probability p, are the same.

    >>> round(float(absent(np.zeros(1), np.array([[3.0, -3.0]]), np.full((1, 2), 0.5))), 9)
    1.870867266
    """
    require_logits(objects.shape, classes.shape, sizes.shape)
    weight = np.sqrt(sizes[..., 0] * sizes[..., 1])
    score = _sigmoid(objects)[..., None] * _sigmoid(classes)
    counted = np.where(score > threshold, np.logaddexp(classes, 0), 0)
    total: Array = (weight * (np.logaddexp(objects, 0) + counted.sum(-1))).sum()
    return total


def attacked(images: Array, gradient: Array, rate: float) -> Array:
    """The pictures, from 0 to 1, moved down a gradient and cut to 0 to 1."""
    moved = images - rate * gradient
    return np.clip(moved, 0, 1)


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))
