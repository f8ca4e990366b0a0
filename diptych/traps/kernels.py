"""Kernels of convolutions: the order of their axes, and transposed and separable ones."""

from __future__ import annotations

from ..common.ops.conv import Conv
from ..common.ops.conv_transpose import ConvTranspose
from ..common.spec import Node
from .trap import of, trap

SECTION = "Convolution and padding"


def _depthwise(node: Node) -> bool:
    return isinstance(node.op, Conv) and node.op.depthwise(node.in_shapes[0])


@trap(
    section=SECTION,
    title="The axes of a convolution kernel",
    torch="(O, I, H, W).",
    keras="(H, W, I, O).",
    rule="transpose(2, 3, 1, 0); never reshape.",
    wrong=25.0,
    right=0.0,
    thread="https://github.com/voxelmorph/voxelmorph/issues/425",
    meets=of("conv"),
)
def kernel_axes() -> tuple[float, float]:
    """A kernel is transposed; a reshape gives an array of the right shape with the numbers in the wrong places."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 4, 8, 10)).astype("float32"), rng.normal(size=(6, 4, 3, 3)).astype("float32")
    truth = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w))
    image = np.einsum("nchw->nhwc", x)
    naive = keras.ops.conv(image, w.reshape(3, 3, 4, 6))
    faithful = keras.ops.conv(image, np.einsum("oihw->hwio", w))  # w.transpose(2, 3, 1, 0)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="The axes of a grouped kernel",
    torch="(O, I / groups, H, W); the first O / groups outputs are those of the first group.",
    keras="(H, W, I / groups, O), with the outputs in the same order.",
    rule="The transpose of an ordinary kernel, and no shuffle of the outputs.",
    wrong=21.0,
    right=1.9e-06,
    meets=lambda node: isinstance(node.op, Conv) and node.op.groups > 1 and not _depthwise(node),
)
def grouped_kernel_axes() -> tuple[float, float]:
    """With groups the input axis is I / groups, and the outputs are group after group in both: no interleaving."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 4, 8, 10)).astype("float32"), rng.normal(size=(6, 2, 3, 3)).astype("float32")
    truth = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w), groups=2)
    layer = keras.layers.Conv2D(6, 3, groups=2, use_bias=False)
    layer.build((None, 8, 10, 4))
    kernel, differences = np.einsum("oihw->hwio", w), []
    for order in ([0, 3, 1, 4, 2, 5], [0, 1, 2, 3, 4, 5]):
        layer.kernel.assign(kernel[..., order])
        y = layer(np.einsum("nchw->nhwc", x))
        differences.append(float(np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max()))
    return differences[0], differences[1]


@trap(
    section=SECTION,
    title="The axes of a depthwise kernel",
    torch="Conv2d(groups=C) keeps (C * M, 1, H, W), with the M filters of a channel next to each other.",
    keras="DepthwiseConv2D keeps (H, W, C, M), and its output channel is c * M + m as well.",
    rule="Transpose to (H, W, 1, C * M), then reshape to (H, W, C, M): the channel is the slower index.",
    wrong=14.0,
    right=0.0,
    thread="https://www.tensorflow.org/api_docs/python/tf/keras/layers/DepthwiseConv2D",
    meets=_depthwise,
)
def depthwise_kernel_axes() -> tuple[float, float]:
    """Output channel c * M + m is the m-th filter of channel c in both; m * C + c has the same shape."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 4, 8, 10)).astype("float32"), rng.normal(size=(4 * 3, 1, 3, 3)).astype("float32")
    truth = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w), groups=4)
    image = np.einsum("nchw->nhwc", x)
    naive = keras.ops.depthwise_conv(image, np.einsum("mchw->hwcm", w.reshape(3, 4, 3, 3)))
    faithful = keras.ops.depthwise_conv(image, np.einsum("cmhw->hwcm", w.reshape(4, 3, 3, 3)))
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="SeparableConv2D has nothing between its two parts",
    torch="Two modules, a depthwise and a 1 x 1 convolution, between which MobileNet puts normalisation and ReLU.",
    keras="One layer: a depthwise_kernel (H, W, C, M), a pointwise_kernel (1, 1, C * M, O), nothing between.",
    rule="Two torch convolutions into one SeparableConv2D only where they touch, as in Xception.",
    wrong=28.0,
    right=0.0,
)
def separable_has_nothing_between() -> tuple[float, float]:
    """SeparableConv2D is a depthwise and a 1 x 1 convolution with nothing between them, as in Xception."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4, 8, 10)).astype("float32")
    depth, point = rng.normal(size=(8, 1, 3, 3)).astype("float32"), rng.normal(size=(6, 8, 1, 1)).astype("float32")
    kernels = np.einsum("cmhw->hwcm", depth.reshape(4, 2, 3, 3)), np.einsum("oihw->hwio", point)
    y = keras.ops.separable_conv(np.einsum("nchw->nhwc", x), *kernels)
    inside = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(depth), groups=4)
    pairs = [torch.nn.functional.conv2d(t, torch.tensor(point)).numpy() for t in (inside.relu(), inside)]
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - t).max() for t in pairs)
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="A stride with a dilation",
    torch="nn.Conv2d takes both.",
    keras="A Conv2D with both is refused; with one of them alone it is another function, of another size.",
    rule="Every other row and column of the padded map first, where both are 2, and a convolution with neither.",
    wrong=14.0,
    right=2.9e-06,
    thread="https://github.com/keras-team/keras/issues/23028",
    meets=lambda node: isinstance(node.op, Conv) and node.op.skips,
)
def stride_with_dilation() -> tuple[float, float]:
    """k 3, s 2, dilation 2: the dilation left out for the stride's sake, and both taken off the input."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 4, 9, 11)).astype("float32"), rng.normal(size=(3, 4, 3, 3)).astype("float32")
    truth = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w), stride=2, dilation=2).numpy()
    image, kernel = np.einsum("nchw->nhwc", x), np.einsum("oihw->hwio", w)
    naive = keras.ops.conv(image, kernel, strides=2)[:, : truth.shape[2], : truth.shape[3]]
    faithful = keras.ops.conv(image[:, ::2, ::2], kernel)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="The axes of a transposed convolution's kernel",
    torch="ConvTranspose2d keeps (I, O / groups, H, W): inputs first.",
    keras="Conv2DTranspose keeps (H, W, O, I): outputs before inputs.",
    rule="transpose(2, 3, 1, 0), which is that of an ordinary kernel although the axes mean something else.",
    wrong=12.0,
    right=0.0,
    thread="https://github.com/apache/tvm/pull/9336",
    meets=of("conv_transpose"),
)
def transposed_kernel_axes() -> tuple[float, float]:
    """ConvTranspose2d keeps (I, O, H, W) and Conv2DTranspose (H, W, O, I): with I = O a slip raises no error."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 4, 5, 6)).astype("float32"), rng.normal(size=(4, 4, 2, 2)).astype("float32")
    truth = torch.nn.functional.conv_transpose2d(torch.tensor(x), torch.tensor(w), stride=2)
    image = np.einsum("nchw->nhwc", x)
    naive = keras.ops.conv_transpose(image, np.einsum("oihw->hwoi", w), strides=2)
    faithful = keras.ops.conv_transpose(image, np.einsum("iohw->hwoi", w), strides=2)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="SAME of a transposed convolution crops otherwise",
    torch="The whole output, extended by output_padding after, loses `padding` rows and columns on each side.",
    keras="padding='same' crops to s * n, the odd one after; it is torch's only where that crop is symmetric (k 4 s 2 "
    "p 1; k 2 s 2 p 0).",
    rule="'valid', then zeros for output_padding at the end, then the crop [p : p + height].",
    wrong=20.0,
    right=9.5e-07,
    thread="https://github.com/Samsung/TICO/issues/420",
    meets=lambda node: isinstance(node.op, ConvTranspose) and any(node.op.extra),
)
def transposed_same_crops_otherwise() -> tuple[float, float]:
    """k 3, s 2, padding 1, output_padding 1: SAME has that output's size and crops another row and column."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 4, 5, 6)).astype("float32"), rng.normal(size=(4, 3, 3, 3)).astype("float32")
    tensors = torch.tensor(x), torch.tensor(w)
    truth = torch.nn.functional.conv_transpose2d(*tensors, stride=2, padding=1, output_padding=1)
    image, kernel = np.einsum("nchw->nhwc", x), np.einsum("iohw->hwoi", w)
    naive = keras.ops.conv_transpose(image, kernel, strides=2, padding="same")
    whole = keras.ops.conv_transpose(image, kernel, strides=2, padding="valid")
    faithful = np.pad(whole, [(0, 0), (0, 1), (0, 1), (0, 0)])[:, 1:11, 1:13]
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)
