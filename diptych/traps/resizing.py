"""Resizing: which input coordinate an output pixel reads, and what is mixed there."""

from __future__ import annotations

from ..common.ops.resize import Resize
from ..common.spec import Node
from .trap import trap

SECTION = "Resizing"


def _resizes(node: Node, mode: str, rule: str) -> bool:
    return isinstance(node.op, Resize) and (node.op.mode, node.op.rule) == (mode, rule)


def _whole(node: Node) -> bool:
    """Whether a node enlarges both axes by a whole factor."""
    return not any(n % m for n, m in zip(node.shape[1:], node.in_shapes[0][1:], strict=True))


@trap(
    section=SECTION,
    title="Nearest and bilinear by a whole factor are free",
    torch="interpolate(scale_factor=2, mode='nearest' or 'bilinear') with align_corners=False, the default.",
    keras="UpSampling2D(2, interpolation=...) is the same function, in float32.",
    rule="Either layer as it stands.",
    wrong=0.0,
    right=2.4e-07,
    thread="https://github.com/pytorch/pytorch/issues/10604",
    meets=lambda node: isinstance(node.op, Resize) and node.op.rule != "align_corners" and _whole(node),
    measure="max |a - b|: nearest, bilinear",
    note="The frameworks agree here: both numbers are rounding.",
)
def resize_by_a_whole_factor() -> tuple[float, float]:
    """Twice as large: nearest and bilinear (align_corners=False) are the same in both frameworks."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 5, 6)).astype("float32")
    image, differences = np.einsum("nchw->nhwc", x), []
    for mode in ("nearest", "bilinear"):
        truth = torch.nn.functional.interpolate(torch.tensor(x), scale_factor=2, mode=mode)
        y = keras.layers.UpSampling2D(2, interpolation=mode)(image)
        differences.append(float(np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max()))
    return differences[0], differences[1]


@trap(
    section=SECTION,
    title="Nearest to a size that is no multiple",
    torch="'nearest' reads pixel floor(i * m / n); 'nearest-exact' reads the pixel under the middle of pixel i.",
    keras="'nearest' reads the pixel under the middle, floor((i + 1/2) * m / n).",
    rule="'nearest-exact' in torch for a network from TensorFlow; a gather by index in Keras for one from torch.",
    wrong=3.9,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/pull/64501",
    meets=lambda node: _resizes(node, "nearest", "asymmetric") and not _whole(node),
)
def nearest_to_any_size() -> tuple[float, float]:
    """From 5 to 7 rows: torch's nearest reads floor(i * 5 / 7), TensorFlow's the pixel under the middle."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 5, 8)).astype("float32")
    y = keras.ops.image.resize(np.einsum("nchw->nhwc", x), (7, 11), interpolation="nearest")
    naive, faithful = (
        torch.nn.functional.interpolate(torch.tensor(x), size=(7, 11), mode=mode)
        for mode in ("nearest", "nearest-exact")
    )
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - t.numpy()).max() for t in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="align_corners has no equivalent in Keras",
    torch="align_corners=True reads at i * (m - 1) / (n - 1), so that the corner pixels stay.",
    keras="Resizing and tf.image.resize of TF2 always read at (i + 1/2) * m / n - 1/2.",
    rule="Write the interpolation out.",
    wrong=0.73,
    right=4.8e-07,
    thread="https://github.com/tensorflow/tensorflow/issues/40812",
    meets=lambda node: _resizes(node, "bilinear", "align_corners"),
)
def bilinear_align_corners() -> tuple[float, float]:
    """With align_corners output i of n reads i * (m - 1) / (n - 1): written out as two matrices of weights."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 5, 6)).astype("float32")
    truth = torch.nn.functional.interpolate(torch.tensor(x), size=(10, 12), mode="bilinear", align_corners=True)
    image = np.einsum("nchw->nhwc", x)
    naive = keras.ops.image.resize(image, (10, 12), interpolation="bilinear")
    rows, columns = (
        np.maximum(1 - np.abs(np.arange(n)[:, None] * (m - 1) / (n - 1) - np.arange(m)), 0).astype("float32")
        for n, m in ((10, 5), (12, 6))
    )
    faithful = keras.ops.einsum("ah,nhwc,bw->nabc", rows, image, columns)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="Antialiasing when an image becomes smaller",
    torch="interpolate(antialias=False) is the default; torchvision's transforms have antialias=True.",
    keras="keras.ops.image.resize(antialias=False) is the default, and so it is in tf.image.resize.",
    rule="Say it on both sides: with antialiasing on both they are equal.",
    wrong=2.4,
    right=1.2e-07,
    thread="https://github.com/pytorch/vision/issues/2950",
)
def bilinear_antialias() -> tuple[float, float]:
    """Half as large: both frameworks leave antialiasing off by default, and agree when both have it on."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 21, 24)).astype("float32")
    truth = torch.nn.functional.interpolate(torch.tensor(x), size=(7, 9), mode="bilinear", antialias=True)
    image = np.einsum("nchw->nhwc", x)
    naive, faithful = (keras.ops.image.resize(image, (7, 9), antialias=smooth) for smooth in (False, True))
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="Bilinear resizing in float64",
    torch="float64 in, float64 out.",
    keras="TensorFlow's kernel returns float32, whatever the dtype of the layer.",
    rule="Write it out for parity in float64.",
    wrong=2.5e-07,
    right=2.2e-16,
    meets=lambda node: isinstance(node.op, Resize) and node.op.mode == "bilinear",
    measure="max |a - b| in float64",
)
def bilinear_in_float64() -> tuple[float, float]:
    """TensorFlow's bilinear resizing returns float32 whatever the dtype; two matrices of weights do not."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 5, 6))
    truth = torch.nn.functional.interpolate(torch.tensor(x), size=(10, 12), mode="bilinear")
    image = np.einsum("nchw->nhwc", x)
    naive = np.array(keras.ops.image.resize(image, (10, 12), interpolation="bilinear"), "float64")
    places = [np.clip((np.arange(n) + 0.5) * m / n - 0.5, 0, m - 1) for n, m in ((10, 5), (12, 6))]
    rows, columns = (np.maximum(1 - np.abs(u[:, None] - np.arange(m)), 0) for u, m in zip(places, (5, 6), strict=True))
    faithful = keras.ops.einsum("ah,nhwc,bw->nabc", rows, image, columns)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="Bicubic resizing has another kernel",
    torch="The cubic with a = -0.75, as OpenCV's, and the border pixels repeated.",
    keras="The cubic with a = -0.5.",
    rule="Write the weights out, or avoid bicubic resizing in a network.",
    wrong=0.21,
    right=4.8e-07,
    thread="https://github.com/pytorch/pytorch/issues/19650",
    meets=lambda node: isinstance(node.op, Resize) and node.op.mode == "bicubic",
)
def bicubic_kernel() -> tuple[float, float]:
    """The cubic has a = -0.75 in torch and a = -0.5 in TensorFlow and Keras: torch's, written out for both axes."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 3, 5, 6)).astype("float32")
    truth = torch.nn.functional.interpolate(torch.tensor(x), size=(10, 12), mode="bicubic")
    image, matrices = np.einsum("nchw->nhwc", x), []
    naive = keras.ops.image.resize(image, (10, 12), interpolation="bicubic")
    for n, m in ((10, 5), (12, 6)):
        u, taps = ((np.arange(n) + 0.5) * m / n - 0.5)[:, None], np.arange(-2, m + 2)
        d, a = np.abs(u - taps), -0.75
        cubic = np.where(d < 1, (a + 2) * d**3 - (a + 3) * d**2 + 1, a * (d**3 - 5 * d**2 + 8 * d - 4)) * (d < 2)
        matrices.append((cubic @ np.eye(m)[np.clip(taps, 0, m - 1)]).astype("float32"))
    faithful = keras.ops.einsum("ah,nhwc,bw->nabc", matrices[0], image, matrices[1])
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.numpy()).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="The resize before the network",
    torch="torchvision resizes bytes with antialiasing, as PIL does.",
    keras="tf.image.resize returns float32, without antialiasing.",
    rule="Test the network on the same pixels in both, and the preprocessing by itself.",
    wrong=100.0,
    right=1.0,
    thread="https://github.com/huggingface/transformers/issues/27601",
    measure="grey levels of 255: as it stands, with antialias=True",
    note="Right is a rounding of bytes: torch rounds after each axis.",
)
def image_preprocessing() -> tuple[float, float]:
    """A photograph's resize: tf.image.resize as it stands against torch's antialiased one of bytes, in grey levels."""
    import numpy as np
    import tensorflow as tf
    import torch

    x = np.random.default_rng(0).integers(0, 256, size=(2, 3, 64, 80), dtype=np.uint8)
    truth = torch.nn.functional.interpolate(torch.tensor(x), size=(24, 32), mode="bilinear", antialias=True).numpy()
    image = np.einsum("nchw->nhwc", x)
    naive, faithful = (tf.round(tf.image.resize(image, (24, 32), antialias=smooth)) for smooth in (False, True))
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth.astype("float32")).max() for y in (naive, faithful))
    return float(wrong), float(right)
