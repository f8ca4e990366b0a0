"""Strided window views in NumPy, the base of every convolution and pool of the reference."""

from __future__ import annotations

import numpy as np

from ..geometry import Pair
from ..spec import Array


def strided(x: Array, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Array:
    """All windows of an already padded batch, as a view of shape (N, C, H', W', kernel height, kernel width)."""
    extent = ((kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1)
    view = np.lib.stride_tricks.sliding_window_view(x, extent, axis=(2, 3))
    return view[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]
