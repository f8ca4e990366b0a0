"""Average pooling: what a mean divides by."""

from __future__ import annotations

from ..common.ops.avg_pool import AvgPool
from .pooling import SECTION, padded
from .trap import trap


@trap(
    section=SECTION,
    title="An average pool counts its padding in torch",
    torch="count_include_pad=True is the default: the zeros belong to the mean.",
    keras="padding='same' divides by the pixels inside the image.",
    rule="ZeroPadding2D, then 'valid'.",
    wrong=1.9,
    right=0.0,
    thread="https://github.com/tensorflow/tensorflow/issues/45579",
    meets=lambda node: isinstance(node.op, AvgPool) and padded(node) and node.op.count_include_pad,
)
def average_pool_counts_padding() -> tuple[float, float]:
    """At the border torch divides by the whole window, SAME by the pixels inside the image."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 8, 10)).astype("float32") + 3
    truth = torch.nn.functional.avg_pool2d(torch.tensor(x), 3, stride=1, padding=1)
    image = np.einsum("nchw->nhwc", x)
    naive = keras.ops.average_pool(image, 3, strides=1, padding="same")
    framed = np.pad(image, [(0, 0), (1, 1), (1, 1), (0, 0)])  # zeros, which count
    faithful = keras.ops.average_pool(framed, 3, strides=1)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="An average pool that leaves its padding out",
    torch="count_include_pad=False divides by the pixels inside the image.",
    keras="padding='same' does so too, and equals it wherever SAME means the same pads.",
    rule="'same' at stride 1; elsewhere divide by the pooled map of ones.",
    wrong=1.9,
    right=0.0,
    thread="https://github.com/apache/tvm/issues/1144",
    meets=lambda node: isinstance(node.op, AvgPool) and padded(node) and not node.op.count_include_pad,
)
def average_pool_leaves_padding_out() -> tuple[float, float]:
    """With count_include_pad=False torch is SAME at stride 1: framing the image with zeros is then the mistake."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 8, 10)).astype("float32") + 3
    truth = torch.nn.functional.avg_pool2d(torch.tensor(x), 3, stride=1, padding=1, count_include_pad=False)
    image = np.einsum("nchw->nhwc", x)
    naive = keras.ops.average_pool(np.pad(image, [(0, 0), (1, 1), (1, 1), (0, 0)]), 3, strides=1)
    faithful = keras.ops.average_pool(image, 3, strides=1, padding="same")
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="What an average pool in ceil mode divides by",
    torch="The part of the window within the padded image: what hangs over is never counted.",
    keras="Zeros put at the end are counted: (7 + 8) / 3 where torch has (7 + 8) / 2.",
    rule="Divide the pooled map by the pooled map of ones.",
    wrong=4.2,
    right=0.0,
    thread="https://github.com/apple/coremltools/pull/2844",
    meets=lambda node: (
        isinstance(node.op, AvgPool)
        and node.op.pads != "same"
        and node.op.explicit((node.in_shapes[0][1], node.in_shapes[0][2])) != node.op.pads
    ),
)
def average_pool_ceil_mode_divisor() -> tuple[float, float]:
    """Row 1 ... 8, windows of 3 at stride 2, ceil mode: the last is (7 + 8) / 2 in torch, 15 / 3 after padding."""
    import keras
    import numpy as np
    import torch

    x = np.arange(1, 9, dtype="float32")[None, None, None] * np.ones((2, 1, 8, 1), "float32")
    truth = torch.nn.functional.avg_pool2d(torch.tensor(x), 3, stride=2, ceil_mode=True)
    image, sides = np.einsum("nchw->nhwc", x), [(0, 0), (0, 1), (0, 1), (0, 0)]
    naive = keras.ops.average_pool(np.pad(image, sides), 3, strides=2)
    share = keras.ops.average_pool(np.pad(np.ones_like(image), sides), 3, strides=2)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, naive / share))
    return float(wrong), float(right)
