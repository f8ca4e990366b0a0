"""Handwritten digits that need no download: scikit-learn's, of the UCI repository."""

from __future__ import annotations

import numpy as np

from ..common.errors import DiptychError
from ..common.spec import Array


def digits() -> tuple[Array, Array, Array, Array]:
    """Images (N, 1, 32, 32) in [-1, 1] and labels to train on, then those that are held out.

    One in five is held out. Raises DiptychError where scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise DiptychError("the digits are scikit-learn's: pip install scikit-learn") from None
    found = load_digits()
    images = (np.kron(found.images, np.ones((4, 4)))[:, np.newaxis] / 8 - 1).astype(np.float64)
    order = np.random.default_rng(0).permutation(len(images))
    images, labels = images[order], found.target[order].astype(np.int64)
    held = len(images) // 5
    return images[held:], labels[held:], images[:held], labels[:held]
