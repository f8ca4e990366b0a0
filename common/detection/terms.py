"""What the losses of detectors are made of; the twins stand in the folders of the same name.

No minimum or maximum of a library stands where a gradient passes: they share the gradient of a tie in different ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spec import Array
from .boxes import ciou, diou, giou, iou
from .learning import Overlap

Whole = NDArray[Any]


def flattened(cells: Sequence[Array]) -> Array:
    """The cells (N, H, W, A, K) of all levels as (N, M, K), in the order level, row, column, anchor."""
    return np.concatenate([part.reshape(len(part), -1, part.shape[-1]) for part in cells], 1)


def constant(values: Array, like: Array) -> Array:
    """Numbers of a detector in the dtype of an array."""
    return values.astype(like.dtype)


def detached(x: Array) -> Array:
    """Numbers through which no gradient passes."""
    return x


def kept(wanted: Whole, x: Array) -> Array:
    """The numbers that are wanted, 0 in place of the others, NaN too."""
    return np.where(wanted, x, np.zeros_like(x))


def log_sigmoid(x: Array) -> Array:
    """The logarithm of a sigmoid."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def cross_entropy(logits: Array, targets: Array) -> Array:
    """Binary cross-entropy of every logit with its target from 0 to 1."""
    return -targets * log_sigmoid(logits) - (1 - targets) * log_sigmoid(-logits)


def focal(logits: Array, targets: Array, alpha: float, gamma: float, smoothing: float) -> Array:
    """Focal loss of every logit: cross-entropy times `(1 - p)**gamma`, and alpha for 1 or 1 - alpha for 0.

    p is the probability of the target, which is 0 or 1. The smoothing a of the cross-entropy makes y (1 - a) + a / 2 of
    a target y, and leaves the two factors as they are.
    """
    factor = targets * alpha + (1 - targets) * (1 - alpha)
    # A power of 0 has no gradient in one framework and NaN in the other.
    modulator = np.exp(gamma * (targets * log_sigmoid(-logits) + (1 - targets) * log_sigmoid(logits)))
    return factor * modulator * cross_entropy(logits, targets * (1 - smoothing) + smoothing / 2)


def huber(errors: Array, delta: float) -> Array:
    """Half of the square of each error up to delta, then delta times the error less half of delta."""
    size = np.abs(errors)
    return np.where(size <= delta, errors * errors / 2, delta * (size - delta / 2))


def one_hot(classes: Array, count: int) -> Array:
    """Class numbers (...), as numbers of any dtype, as (..., count) of that dtype: nothing but 0 of class -1."""
    answer: Array = (classes[..., None] == np.arange(count)).astype(classes.dtype)
    return answer


def first(found: Whole, axis: int) -> Whole:
    """The place of the first that is true along an axis; 0 where none is."""
    size = found.shape[axis]
    index = np.arange(size).reshape([size if place == axis else 1 for place in range(found.ndim)])
    least: Whole = np.where(found, index, size).min(axis) % size
    return least


def best(x: Array, most: int) -> tuple[Array, Whole]:
    """The largest values along the last axis and their places, largest first, of equal ones the lower place first."""
    order = np.argsort(-x, axis=-1, kind="stable")[..., :most]
    return np.take_along_axis(x, order, -1), order


def last(places: Whole, wanted: Whole, count: int) -> Whole:
    """Which of the rows (N, R) that are wanted is the last one at each of `count` places, (N, count); -1 where none is.

    `places` (N, R) are from 0 to count - 1; those of other rows do not matter.
    """
    own: Whole = np.where(wanted, places, 0)
    number = np.broadcast_to(np.where(wanted, np.arange(places.shape[1]), -1), places.shape)
    found = np.full((len(places), count), -1)
    np.maximum.at(found, (np.arange(len(places))[:, None], own), number)
    return found


def overlap_of(name: Overlap, first: Array, second: Array, eps: float, alpha_eps: float | None = None) -> Array:
    """The overlap of a name, of boxes as corners; `alpha_eps` is of "ciou" alone."""
    if name == "ciou":
        return ciou(first, second, eps, alpha_eps)
    return {"iou": iou, "giou": giou, "diou": diou}[name](first, second, eps)
