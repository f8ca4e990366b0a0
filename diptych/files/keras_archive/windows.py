# ruff: noqa: D103 - each is the function of that name in keras.ops
"""What stands for the functions of keras.ops that move a window over a map."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.spec import Array
from .operations import is_symbolic, one
from .symbols import Dims, Tensor

FORMAT = "channels_last"


def conv(x: Tensor, kernel: Any, strides: Any = 1, padding: str = "valid", dilation_rate: Any = 1) -> Tensor:
    found = (*windows(x.shape, kernel.shape[:-2], strides, padding, dilation_rate), kernel.shape[-1])
    config = {"strides": strides, "padding": padding, "data_format": FORMAT, "dilation_rate": dilation_rate}
    return one("nn", "Conv", found, x.dtype, x, kernel, **config)


def depthwise_conv(x: Tensor, kernel: Any, strides: Any = 1, padding: str = "valid", dilation_rate: Any = 1) -> Tensor:
    found = (*windows(x.shape, kernel.shape[:-2], strides, padding, dilation_rate), kernel.shape[-2] * kernel.shape[-1])
    config = {"strides": strides, "padding": padding, "data_format": FORMAT, "dilation_rate": dilation_rate}
    return one("nn", "DepthwiseConv", found, x.dtype, x, kernel, **config)


def average_pool(x: Any, pool_size: Any, strides: Any = None, padding: str = "valid") -> Any:
    if not is_symbolic(x):
        return _averages(x, pair(pool_size), pair(strides))
    config = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": FORMAT}
    found = (*windows(x.shape, pair(pool_size), strides, padding, 1), x.shape[3])
    return one("nn", "AveragePool", found, x.dtype, x, **config)


def _averages(x: Array, size: tuple[int, int], strides: tuple[int, int]) -> Array:
    """The means of windows (H, W) of an array (N, H, W, C), of ones and zeros, whose sums are exact."""
    views = np.lib.stride_tricks.sliding_window_view(x, size, (1, 2))[:, :: strides[0], :: strides[1]]
    return np.asarray(views.sum((-2, -1), dtype=x.dtype) / x.dtype.type(size[0] * size[1]), x.dtype)


def windows(shape: Dims, size: Any, strides: Any, padding: str, dilation: Any) -> Dims:
    """(N, H, W) of what windows of a size give on a map (N, H, W, C); (N, W) for those of one axis."""
    lengths, found = shape[1:-1], [shape[0]]
    each = (
        value if isinstance(value, (tuple, list)) else (value,) * len(lengths) for value in (size, strides, dilation)
    )
    for n, k, s, d in zip(lengths, *each, strict=True):
        extent = (int(k) - 1) * d + 1
        found.append(-(-int(n or 0) // s) if padding == "same" else (int(n or 0) - extent) // s + 1)
    return tuple(found)


def pair(value: Any) -> tuple[int, int]:
    """Two numbers, of which one may stand for both."""
    if isinstance(value, (tuple, list)):
        return int(value[0]), int(value[1])
    return int(value), int(value)
