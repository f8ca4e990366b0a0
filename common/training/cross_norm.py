"""Cross mini-batch normalisation, YOLOv4's CmBN as Darknet has it (`batch_normalize=2`), in NumPy; mirrored.

A batch goes through the network as several mini-batches, and its weights step once. The k-th is normalised with the
means over those so far: of the values, and of their squares,

    m_k = (mean of x + (k - 1) m_{k-1}) / k,    q_k likewise of max(sum of x^2 / (n - 1), (mean of x)^2)

and the variance is max(q_k - m_k^2, 0). What earlier ones gave is constant: no gradient goes there, and nothing makes
up for weights that have changed, as in Yao et al. 2020 (CBN), since they have not. After each mini-batch the running
statistics take in a hundredth of m and the variance (`averaged`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..spec import Array
from .regular import require_channels

EPS, RATE = 1e-5, 0.01


class Seen(NamedTuple):
    """What the mini-batches of a batch have given so far: how many they are, and m and q of the channels (C,)."""

    number: int = 0
    mean: Any = 0.0
    square: Any = 0.0


NOTHING = Seen()


def cross_norm(x: Array, scale: Array, shift: Array, seen: Seen = NOTHING, eps: float = EPS) -> tuple[Array, Seen]:
    """A mini-batch (n, C, H, W), normalised with scale and shift (C,), and what has been seen with it.

    Raises DiptychError for other shapes, and for a single number in a channel, which has no variance.
    """
    require_channels(x.shape, scale.shape, shift.shape, 1)
    count = x.size // x.shape[1]
    mean = x.mean((0, 2, 3))
    square = (x * x).sum((0, 2, 3)) / (count - 1)
    square = np.where(square > mean * mean, square, mean * mean)
    after = Seen(seen.number + 1, *(_joined(seen, *pair) for pair in ((seen.mean, mean), (seen.square, square))))
    factor = scale / np.sqrt(variance(after) + eps)
    y = (x - after.mean[:, None, None]) * factor[:, None, None] + shift[:, None, None]
    return y, after


def variance(seen: Seen) -> Array:
    """The variance (C,) that the last mini-batch was normalised with."""
    found = seen.square - seen.mean * seen.mean
    return np.where(found > 0, found, 0.0).astype(found.dtype)


def averaged(running: Array, value: Array, rate: float = RATE) -> Array:
    """Running statistics after a mini-batch."""
    return running * (1 - rate) + value * rate


def _joined(seen: Seen, before: Any, value: Array) -> Array:
    """The mean over the mini-batches before, which are constant, and this one."""
    share = 1 / (seen.number + 1)
    found: Array = value * share + before * (1 - share)
    return found
