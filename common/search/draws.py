"""The random numbers of a search, drawn in NumPy from a seed and given to both frameworks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..spec import Array


def gumbel(counts: Sequence[int], seed: int, step: int) -> list[Array]:
    """One Gumbel draw for each candidate of each layer: -ln(-ln U), the same numbers for a seed and a step.

    >>> [draw.shape for draw in gumbel((9, 8), 0, 0)]
    [(9,), (8,)]
    """
    random = np.random.default_rng([seed, step])
    return [-np.log(random.exponential(size=count)) for count in counts]


def softmax(theta: Array) -> Array:
    """The probabilities of the candidates of a layer."""
    warm = np.exp(theta - np.max(theta))
    return np.asarray(warm / warm.sum())
