"""DropBlock and stochastic depth, in NumPy, with what is dropped as an argument; mirrored in both frameworks.

DropBlock (Ghiasi, Lin & Le 2018) drops squares of a map; `drop_seeds` says where they begin. What is left is scaled up
by all / (eps + left), counted over the "batch" (the paper, torchvision with eps 1e-6) or over each "image" (Darknet,
eps 0). Stochastic depth (Huang et al. 2016) drops a branch for whole images.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..spec import Array
from .regular import require_rate, require_seeds

Over = Literal["batch", "image"]


def drop_block(x: Array, seeds: Array, block: int, over: Over = "batch", eps: float = 1e-6) -> Array:
    """Maps (N, C, H, W) without the blocks of seeds (N, C, H - b + 1, W - b + 1); where all is dropped, 0.

    >>> drop_block(np.ones((1, 1, 2, 3)), np.array([[[[0.0, 1]]]]), 2, eps=0)[0, 0].tolist()
    [[3.0, 0.0, 0.0], [3.0, 0.0, 0.0]]
    """
    require_seeds(x.shape, seeds.shape, (1, 2, 3), block)
    edge = (block - 1, block - 1)
    around = np.pad(seeds, ((0, 0), (0, 0), edge, edge))
    left = 1 - sliding_window_view(around, (block, block), (2, 3)).max((4, 5))
    axes = (0, 1, 2, 3) if over == "batch" else (1, 2, 3)
    total = left.sum(axes, keepdims=True)
    whole = left.size if over == "batch" else left[0].size
    scale = np.where(total == 0, 0.0, whole / np.where(total == 0, 1.0, total + eps))
    found: Array = (x * (left * scale)).astype(x.dtype)
    return found


def drop_path(x: Array, keep: Array, rate: float) -> Array:
    """A branch (N, ...) for the images that `keep` it, (N,) of 1 or 0, over 1 - rate; 0 for the others.

    >>> drop_path(np.ones((2, 1)), np.array([1.0, 0.0]), 0.5).tolist()
    [[2.0], [0.0]]
    """
    require_rate(x.shape, keep.shape, rate)
    return (x * (keep / (1 - rate)).reshape(-1, *(1 for _ in x.shape[1:]))).astype(x.dtype)
