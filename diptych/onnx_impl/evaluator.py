"""Operators that onnx's reference evaluator computes otherwise than ONNX says (onnx 1.23), put right.

The evaluator judges both frameworks: what it has wrong would look like their mistake. A test fails once it is right.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from onnx.reference.op_run import OpRun
from onnx.reference.ops.op_average_pool import AveragePool_19
from onnx.reference.ops.op_conv_transpose import ConvTranspose as ItsConvTranspose
from onnx.reference.ops.op_max_pool import MaxPool as ItsMaxPool

from ..common.spec import Array

NO_PADS = (0, 0, 0, 0)


class AveragePool(AveragePool_19):
    """Where windows hang over the end by two or more, half of that is put before the image, which moves them all."""

    op_domain = ""
    _pooled: ClassVar[Any] = AveragePool_19._run

    def _run(self, *inputs: Any, **attributes: Any) -> Any:
        (x,) = inputs
        if not attributes["ceil_mode"]:
            return self._pooled(x, **attributes)
        top, left, bottom, right = attributes["pads"] or NO_PADS
        # What is not counted is NaN, which the evaluator leaves out of means that do not count padding.
        around = 0.0 if attributes["count_include_pad"] else np.nan
        padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=around)
        rows, columns = attributes["strides"]
        beyond = np.pad(padded, ((0, 0), (0, 0), (0, rows - 1), (0, columns - 1)), constant_values=np.nan)
        (y,) = self._pooled(beyond, **attributes | {"ceil_mode": 0, "count_include_pad": 0, "pads": list(NO_PADS)})
        # A window that would start after the image and the padding before it is none.
        return (y[:, :, : -(-(x.shape[2] + top) // rows), : -(-(x.shape[3] + left) // columns)],)


class ConvTranspose(ItsConvTranspose):
    """It cuts the kernels of groups by output channels, where their first axis is that of the input, and no bias."""

    op_domain = ""
    _whole: ClassVar[Any] = ItsConvTranspose._run

    def _run(self, *inputs: Any, **attributes: Any) -> Any:
        (x, kernel, bias), groups = (*inputs, None)[:3], attributes["group"] or 1
        offsets = [None] * groups if bias is None else np.split(bias, groups)
        parts = zip(np.split(x, groups, 1), np.split(kernel, groups), offsets, strict=True)
        alone = attributes | {"group": 1}
        return (np.concatenate([self._whole(*part, **alone)[0] for part in parts], 1),)


class Erf(OpRun):
    """It rounds to float32 whatever the numbers are."""

    op_domain = ""

    def _run(self, x: Array) -> tuple[Array]:
        return (np.asarray(np.frompyfunc(math.erf, 1, 1)(x), x.dtype),)


class LRN(OpRun):
    """It counts channels by the size of the batch, and divides those that are left by the bias alone."""

    op_domain = ""

    def _run(self, x: Array, alpha: float, beta: float, bias: float, size: int) -> tuple[Array]:
        before, after = (size - 1) // 2, size // 2
        squares = np.pad(x**2, ((0, 0), (before, after), (0, 0), (0, 0)))
        total = sum(squares[:, i : i + x.shape[1]] for i in range(size))
        return ((x / (bias + alpha / size * total) ** beta).astype(x.dtype),)


class LogSoftmax(OpRun):
    """It takes the logarithm of the softmax, which is rounded to zero where one number is far above the others."""

    op_domain = ""

    def _run(self, x: Array, axis: int) -> tuple[Array]:
        apart = x - x.max(axis=axis, keepdims=True)
        return ((apart - np.log(np.exp(apart).sum(axis=axis, keepdims=True))).astype(x.dtype),)


class MaxPool(ItsMaxPool):
    """At stride 1 it takes the pads for top, bottom, left, right, where they are top, left, bottom, right."""

    op_domain = ""
    _run: ClassVar[Any] = ItsMaxPool._max_pool  # which it has for other strides


CORRECTED_OPS = [AveragePool, ConvTranspose, Erf, LRN, LogSoftmax, MaxPool]
"""Given to the evaluator as operators of its own."""
