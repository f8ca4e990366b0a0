"""Pooling to a size, and pixels that become channels."""

from __future__ import annotations

from ..common.ops.adaptive_avg_pool import AdaptiveAvgPool
from ..common.ops.depth_to_space import DepthToSpace
from ..common.ops.space_to_depth import SpaceToDepth
from ..common.spec import Node
from .trap import trap

SECTION = "Pooling"


def _uneven(node: Node) -> bool:
    """Whether an adaptive pool goes to a size that does not divide its input."""
    op = node.op
    return isinstance(op, AdaptiveAvgPool) and any(
        n % size for n, size in zip(node.in_shapes[0][1:], op.size, strict=True)
    )


@trap(
    section=SECTION,
    title="Adaptive pooling to a size that does not divide",
    torch="Window i is rows floor(i n / size) ... ceil((i + 1) n / size) - 1: windows overlap and differ in size.",
    keras="AdaptiveAveragePooling2D (Keras 3.15) has the same windows; AveragePooling2D(n // size) has not.",
    rule="AdaptiveAveragePooling2D, or the windows by hand.",
    wrong=1.1,
    right=8.9e-08,
    thread="https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html",
    meets=_uneven,
)
def adaptive_pool_windows() -> tuple[float, float]:
    """From 7 rows to 3: torch's windows overlap (0-2, 2-4, 4-6); windows of 7 // 3 give the same shape."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 4, 7, 11)).astype("float32")
    truth = torch.nn.functional.adaptive_avg_pool2d(torch.tensor(x), (3, 5))
    image = np.einsum("nchw->nhwc", x)
    naive = keras.ops.average_pool(image, (7 // 3, 11 // 5))
    faithful = keras.layers.AdaptiveAveragePooling2D((3, 5))(image)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="keras.ops.adaptive_average_pool refuses a NumPy array",
    torch="Functions take tensors only, and say so.",
    keras="keras.ops converts NumPy arrays, but this op fails on one with AttributeError (Keras 3.15, TensorFlow).",
    rule="keras.ops.convert_to_tensor first, or the layer.",
    wrong=1.0,
    right=8.9e-08,
    measure="1 where an array is refused; max |a - b| with a tensor",
)
def adaptive_pool_refuses_arrays() -> tuple[float, float]:
    """keras.ops takes NumPy arrays, but adaptive_average_pool (Keras 3.15 on TensorFlow) wants a tensor."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 4, 7, 11)).astype("float32")
    truth = torch.nn.functional.adaptive_avg_pool2d(torch.tensor(x), (3, 5))
    image, wrong = np.einsum("nchw->nhwc", x), 0.0
    try:
        keras.ops.adaptive_average_pool(image, (3, 5))
    except AttributeError:
        wrong = 1.0
    faithful = keras.ops.adaptive_average_pool(keras.ops.convert_to_tensor(image), (3, 5))
    return wrong, float(np.abs(np.einsum("nhwc->nchw", faithful) - truth.numpy()).max())


def _in_torch_order(node: Node) -> bool:
    """Whether squares and channels change places in PyTorch's order, and there are several channels."""
    squares = isinstance(node.op, SpaceToDepth | DepthToSpace) and node.op.order == "torch"
    return squares and min(node.in_shapes[0][0], node.shape[0]) > 1


@trap(
    section=SECTION,
    title="Pixel shuffle is not depth_to_space",
    torch="PixelShuffle(b): the b * b numbers of a square are next to each other in the channels.",
    keras="tf.nn.depth_to_space: the C numbers of one pixel are next to each other. Equal only for C = 1.",
    rule="Reorder the channels before it, or permute the outputs of the convolution that makes them.",
    wrong=5.5,
    right=0.0,
    thread="https://github.com/tensorflow/tensorflow/issues/53291",
    meets=lambda node: _in_torch_order(node),
)
def pixel_shuffle_channels() -> tuple[float, float]:
    """pixel_shuffle reads channel c * b * b + i * b + j, depth_to_space channel (i * b + j) * C + c."""
    import numpy as np
    import tensorflow as tf
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3 * 2 * 2, 4, 5)).astype("float32")
    truth = torch.nn.functional.pixel_shuffle(torch.tensor(x), 2)
    naive = tf.nn.depth_to_space(np.einsum("nchw->nhwc", x), 2)
    reordered = np.einsum("ncijhw->nhwijc", x.reshape(2, 3, 2, 2, 4, 5)).reshape(2, 4, 5, 12)
    faithful = tf.nn.depth_to_space(reordered, 2)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="YOLOv5's Focus is not space_to_depth",
    torch="Focus concatenates the pixels (0, 0), (1, 0), (0, 1), (1, 1) of each square (row, column).",
    keras="tf.nn.space_to_depth takes them as (0, 0), (0, 1), (1, 0), (1, 1).",
    rule="Exchange the two middle groups of channels, or the same inputs of the kernel that follows.",
    wrong=5.0,
    right=0.0,
    thread="https://github.com/ultralytics/yolov5/issues/413",
    meets=lambda node: isinstance(node.op, SpaceToDepth) and node.op.order == "focus",
)
def focus_channels() -> tuple[float, float]:
    """YOLOv5's Focus takes its four pixels column by column, space_to_depth row by row."""
    import numpy as np
    import tensorflow as tf
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 8, 10)).astype("float32")
    t = torch.tensor(x)
    parts = [t[:, :, ::2, ::2], t[:, :, 1::2, ::2], t[:, :, ::2, 1::2], t[:, :, 1::2, 1::2]]
    truth = torch.cat(parts, 1)
    naive = np.einsum("nhwc->nchw", tf.nn.space_to_depth(np.einsum("nchw->nhwc", x), 2))
    faithful = naive[:, [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11]]
    wrong, right = (np.abs(y - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)
