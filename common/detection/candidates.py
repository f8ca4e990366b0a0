"""Which boxes and classes come to non-maximum suppression, and in which order.

The meaning in NumPy; `torch_impl` and `tf_impl` have the same functions for tensors.

* A candidate is a box with a class whose score is above a threshold: NaN never is.
* Candidates go by score, equal ones by the place of the box, then by class. The best of an image stay.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spec import Array

NEVER = -float("inf")


def candidates(scores: Array, score: float, most: int, least: int, best_only: bool) -> tuple[Array, Array, Array]:
    """The best scores (N, K) of (N, M, classes), their boxes and their classes, in order.

    K is `most`, or less where there are no more scores, but `least` or more. Where an image has fewer candidates, the
    score is minus infinity and the box M. With `best_only` each box has its best class alone, the first of equal ones.
    """
    number, classes = scores.shape[1:]
    never = np.full_like(scores, NEVER)
    scores = np.where(scores > score, scores, never)
    if best_only:
        best = scores.argmax(2)[..., None]
        scores = np.where(np.arange(classes) == best, scores, never)
    flat = scores.reshape(len(scores), number * classes)
    flat = np.pad(flat, ((0, 0), (0, max(least - number * classes, 0))), constant_values=NEVER)
    order = np.argsort(-flat, axis=1, kind="stable")[:, :most]
    found = take(flat, order)
    return found, np.where(found > NEVER, order // classes, number), order % classes


def take(x: NDArray[Any], places: NDArray[Any]) -> NDArray[Any]:
    """x (N, M, ...) at the places (N, K) of each image."""
    found: NDArray[Any] = x[np.arange(len(x))[:, None], places]
    return found
