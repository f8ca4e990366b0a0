"""Convolution: which pixels a kernel sees, and what stands beside it."""

from __future__ import annotations

from ..common.geometry import resolved
from ..common.ops.conv import Conv
from ..common.spec import Node
from .trap import of, trap

SECTION = "Convolution and padding"


def _symmetric(node: Node) -> bool:
    """Whether a convolution has explicit pads at a stride above 1."""
    op = node.op
    return isinstance(op, Conv) and op.pads not in ("same", (0, 0, 0, 0)) and max(op.stride) > 1


def _same_differs(node: Node) -> bool:
    """Whether SAME would put other pads on this very input."""
    op = node.op
    if not isinstance(op, Conv) or not _symmetric(node):
        return False
    _, height, width = node.in_shapes[0]
    return op.pads != resolved("same", (height, width), op.kernel, op.stride, op.dilation)


def _same_at_stride_1(node: Node) -> bool:
    """Whether SAME at stride 1 says the pads, with an odd kernel."""
    op = node.op
    if not isinstance(op, Conv) or op.stride != (1, 1) or max(op.kernel) == 1 or not all(k % 2 for k in op.kernel):
        return False
    return op.pads in ("same", resolved("same", (64, 64), op.kernel, op.stride, op.dilation))


@trap(
    section=SECTION,
    title="SAME at stride 2 is not padding=k // 2",
    torch="Conv2d(padding=p) puts p zeros on every side, whatever the size of the image.",
    keras="padding='same' puts max((ceil(n / s) - 1) * s + k - n, 0) zeros on each axis, the odd one after: on an even "
    "image (0, 1) for k = 3 and (2, 3) for k = 7.",
    rule="Never 'same' above stride 1 for a network that comes from torch: ZeroPadding2D(p), then 'valid'.",
    wrong=22.0,
    right=0.0,
    thread="https://github.com/taehoonlee/tensornets/issues/25",
    meets=_same_differs,
)
def same_padding_at_stride_2() -> tuple[float, float]:
    """Three pixels wide, stride 2, an even image: torch pads (1, 1), SAME pads (0, 1)."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 4, 8, 10)).astype("float32"), rng.normal(size=(6, 4, 3, 3)).astype("float32")
    truth = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w), stride=2, padding=1)
    image, kernel = np.einsum("nchw->nhwc", x), np.einsum("oihw->hwio", w)
    naive = keras.ops.conv(image, kernel, strides=2, padding="same")
    framed = np.pad(image, [(0, 0), (1, 1), (1, 1), (0, 0)])  # layers.ZeroPadding2D(1)
    faithful = keras.ops.conv(framed, kernel, strides=2, padding="valid")
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="An odd test image hides the padding trap",
    torch="padding=1 is (1, 1) on an image of 7 and on one of 8.",
    keras="SAME for k = 3 at stride 2 is (1, 1) on an image of 7 and (0, 1) on one of 8.",
    rule="Test even and odd sizes: at 7, 225 or 299 pixels the two are the same.",
    wrong=21.0,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/pull/45667",
    meets=lambda node: _symmetric(node) and not _same_differs(node),
    measure="max |a - b| of the naive twin: on an even image, on an odd image",
)
def odd_images_hide_same_padding() -> tuple[float, float]:
    """The same naive twin on an image of 8 x 10 (wrong) and on one of 7 x 9 (right): no difference at odd sizes."""
    import keras
    import numpy as np
    import torch

    def difference(height: int, width: int) -> float:
        x = np.random.default_rng(0).normal(size=(2, 4, height, width)).astype("float32")
        w = np.random.default_rng(1).normal(size=(6, 4, 3, 3)).astype("float32")
        truth = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w), stride=2, padding=1)
        image, kernel = np.einsum("nchw->nhwc", x), np.einsum("oihw->hwio", w)
        naive = keras.ops.conv(image, kernel, strides=2, padding="same")
        return float(np.abs(np.einsum("nhwc->nchw", naive) - truth.numpy()).max())

    return difference(8, 10), difference(7, 9)


@trap(
    section=SECTION,
    title="SAME at stride 1 with an odd kernel is free",
    torch="padding=d * (k // 2), or 'same'.",
    keras="padding='same' gives the same pads for every size of the image, with dilation d as well.",
    rule="'same' may be written at stride 1.",
    wrong=0.0,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/issues/3867",
    meets=_same_at_stride_1,
    measure="max |a - b| without dilation, with dilation 2",
    note="The frameworks agree here: both numbers are rounding.",
)
def same_padding_at_stride_1() -> tuple[float, float]:
    """At stride 1 an odd kernel gets k // 2 on each side in both; with dilation d it is d * (k // 2)."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 4, 8, 10)).astype("float32"), rng.normal(size=(6, 4, 3, 3)).astype("float32")
    image, kernel = np.einsum("nchw->nhwc", x), np.einsum("oihw->hwio", w)
    differences = []
    for dilation in (1, 2):
        truth = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w), padding=dilation, dilation=dilation)
        y = keras.ops.conv(image, kernel, padding="same", dilation_rate=dilation)
        differences.append(float(np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max()))
    return differences[0], differences[1]


@trap(
    section=SECTION,
    title="An even kernel at stride 1: the odd zero comes after",
    torch="padding='same' puts (k - 1) // 2 zeros before and the rest after.",
    keras="padding='same' does so too; padding by hand with k // 2 before shifts the map by a pixel.",
    rule="'same' in both, or the larger pad on the bottom and on the right.",
    wrong=41.0,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/issues/7549",
    meets=lambda node: isinstance(node.op, Conv) and not all(k % 2 for k in node.op.kernel),
)
def even_kernel_pads_after() -> tuple[float, float]:
    """A kernel of 4 at stride 1 needs 3 pixels: both frameworks put 1 before and 2 after, not 2 before and 1 after."""
    import warnings

    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 4, 8, 10)).astype("float32"), rng.normal(size=(6, 4, 4, 4)).astype("float32")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns that this may copy the image
        truth = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w), padding="same")
    image, kernel = np.einsum("nchw->nhwc", x), np.einsum("oihw->hwio", w)
    naive = keras.ops.conv(np.pad(image, [(0, 0), (2, 1), (2, 1), (0, 0)]), kernel)
    faithful = keras.ops.conv(image, kernel, padding="same")
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="torch refuses padding='same' above stride 1",
    torch="Conv2d(stride=2, padding='same') raises ValueError.",
    keras="Conv2D(strides=2, padding='same') computes its pads from the size of the image.",
    rule="For a network from TensorFlow: F.pad with SAME's four numbers, then a convolution without padding.",
    wrong=1.0,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/issues/67551",
    meets=lambda node: isinstance(node.op, Conv) and node.op.pads == "same" and max(node.op.stride) > 1,
    measure="1 where torch raises; max |a - b| with explicit pads",
)
def torch_refuses_same_at_stride_2() -> tuple[float, float]:
    """torch has no SAME above stride 1: it raises; pads computed from the size, put on before, say the same."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = (rng.normal(scale=0.1, size=size).astype("float32") for size in ((2, 4, 8, 11), (6, 4, 7, 7)))
    try:
        torch.nn.Conv2d(4, 6, 7, stride=2, padding="same")
        wrong = 0.0
    except ValueError:
        wrong = 1.0
    total = [max((-(-n // 2) - 1) * 2 + 7 - n, 0) for n in (8, 11)]
    (top, bottom), (left, right) = ((t // 2, t - t // 2) for t in total)
    padded = torch.nn.functional.pad(torch.tensor(x), (left, right, top, bottom))
    y = torch.nn.functional.conv2d(padded, torch.tensor(w), stride=2)
    truth = keras.ops.conv(np.einsum("nchw->nhwc", x), np.einsum("oihw->hwio", w), strides=2, padding="same")
    return wrong, float(np.abs(np.einsum("nhwc->nchw", truth) - y.numpy()).max())


@trap(
    section=SECTION,
    title="A bias before batch normalisation",
    torch="bias=True is the default, but torchvision and timm write bias=False before batch normalisation.",
    keras="use_bias=True is the default, and keras.applications.ResNet50 keeps it before batch normalisation.",
    rule="Read the flag from the source network; a bias that one side lacks is subtracted from the running mean.",
    wrong=1.8,
    right=1.9e-06,
    meets=lambda node: isinstance(node.op, Conv) and not node.op.bias,
)
def bias_before_batch_norm() -> tuple[float, float]:
    """A convolution with bias before batch norm, into one without: the bias belongs into the running mean."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 8, 10, 4)).astype("float32"), rng.normal(size=(3, 3, 4, 6)).astype("float32")
    bias, mean = rng.normal(size=(2, 6)).astype("float32")
    norm = keras.layers.BatchNormalization(epsilon=1e-5)
    norm.build((None, None, None, 6))
    norm.moving_mean.assign(mean)
    truth = norm(keras.ops.conv(x, w) + bias, training=False)
    y = torch.nn.functional.conv2d(torch.tensor(np.einsum("nhwc->nchw", x)), torch.tensor(np.einsum("hwio->oihw", w)))
    means = (torch.tensor(mean), torch.tensor(mean - bias))
    results = [torch.nn.functional.batch_norm(y, m, torch.ones(6), eps=1e-5).numpy() for m in means]
    wrong, right = (np.abs(np.einsum("nhwc->nchw", truth) - result).max() for result in results)
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="An NCHW array in an NHWC layer",
    torch="Images are (N, C, H, W).",
    keras="Images are (N, H, W, C) unless data_format='channels_first'.",
    rule="Transpose the image; an array whose last axis happens to equal the channels raises no error.",
    wrong=2.0,
    right=4.8e-07,
    thread="https://github.com/keras-team/keras/issues/20414",
    meets=of("conv"),
)
def channels_first_taken_for_last() -> tuple[float, float]:
    """An NCHW array of 8 channels and 8 columns fits a layer that takes 8 channels last: no error, another function."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 8, 10, 8)).astype("float32"), rng.normal(size=(6, 8, 3, 3)).astype("float32")
    truth = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w)).mean((2, 3))
    kernel = np.einsum("oihw->hwio", w)
    naive = keras.ops.mean(keras.ops.conv(x, kernel), (1, 2))
    faithful = keras.ops.mean(keras.ops.conv(np.einsum("nchw->nhwc", x), kernel), (1, 2))
    wrong, right = (np.abs(y - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="channels_first on a CPU depends on the dtype",
    torch="(N, C, H, W) everywhere.",
    keras="With data_format='channels_first' TensorFlow 2.21 on a CPU convolves float32 (through oneDNN), and raises "
    "UnimplementedError in float64 or with TF_ENABLE_ONEDNN_OPTS=0; pooling and depthwise convolution run.",
    rule="Keep the Keras twin channels last, and transpose at its input.",
    wrong=1.0,
    right=6.2e-15,
    thread="https://github.com/keras-team/keras/issues/23650",
    meets=of("conv"),
    measure="1 where float64 channels_first raises; max |a - b| channels last",
)
def channels_first_on_a_cpu() -> tuple[float, float]:
    """On a CPU oneDNN takes float32 channels first; in float64 TensorFlow has no such convolution and raises."""
    import keras
    import numpy as np
    import tensorflow as tf
    import torch

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 4, 8, 10)), rng.normal(size=(6, 4, 3, 3))
    truth = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w))
    kernel, wrong = np.einsum("oihw->hwio", w), 0.0
    try:
        keras.ops.conv(x, kernel, data_format="channels_first")
    except tf.errors.UnimplementedError:
        wrong = 1.0
    faithful = keras.ops.conv(np.einsum("nchw->nhwc", x), kernel)
    return wrong, float(np.abs(np.einsum("nhwc->nchw", faithful) - truth.numpy()).max())
