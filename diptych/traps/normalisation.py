"""Normalisation other than that of batches: layers, groups and neighbouring channels."""

from __future__ import annotations

from ..common.ops.local_response_norm import LocalResponseNorm
from .trap import of, trap

SECTION = "Normalisation"


@trap(
    section=SECTION,
    title="The epsilon of layer normalisation",
    torch="LayerNorm(eps=1e-5).",
    keras="LayerNormalization(epsilon=1e-3).",
    rule="Write it on both sides.",
    wrong=0.18,
    right=2.4e-07,
    meets=of("layer_norm"),
)
def layer_norm_epsilon() -> tuple[float, float]:
    """LayerNorm: 1e-5 in torch, 1e-3 in Keras; it shows where the numbers are small."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 5, 16)).astype("float32") / 10
    truth = torch.nn.LayerNorm(16)(torch.tensor(x)).detach().numpy()
    naive = keras.layers.LayerNormalization()(x)
    faithful = keras.layers.LayerNormalization(epsilon=1e-5)(x)
    wrong, right = (np.abs(np.array(y) - truth).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="Layer normalisation takes the last axes",
    torch="LayerNorm(n) normalises the last axis: the columns of a batch (N, C, H, W).",
    keras="LayerNormalization() normalises the last axis: the channels of a batch (N, H, W, C).",
    rule="In torch, move the channels to the end and back; over a whole map, axis=(1, 2, 3) in Keras.",
    wrong=2.6,
    right=4.8e-07,
    thread="https://github.com/pytorch/pytorch/issues/71465",
    meets=lambda node: node.kind in ("layer_norm", "rms_norm") and len(node.shape) == 3,
)
def layer_norm_axes() -> tuple[float, float]:
    """On a square map with as many channels as columns both run, over other axes."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 6, 6, 6)).astype("float32")
    layer, image = torch.nn.LayerNorm(6), torch.tensor(x)
    theirs = keras.layers.LayerNormalization(epsilon=1e-5)(np.einsum("nchw->nhwc", x))
    truth = np.einsum("nhwc->nchw", theirs)
    naive = layer(image).detach().numpy()
    faithful = layer(image.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).detach().numpy()
    wrong, right = (np.abs(y - truth).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="The epsilon of group normalisation",
    torch="GroupNorm(eps=1e-5).",
    keras="GroupNormalization(epsilon=1e-3).",
    rule="Write it on both sides.",
    wrong=0.2,
    right=4.8e-07,
    thread="https://github.com/tensorflow/swift-apis/pull/747",
    meets=of("group_norm"),
)
def group_norm_epsilon() -> tuple[float, float]:
    """GroupNorm: 1e-5 in torch, 1e-3 in Keras."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 8, 5, 6)).astype("float32") / 10
    truth = torch.nn.GroupNorm(4, 8)(torch.tensor(x)).detach().numpy()
    image = np.einsum("nchw->nhwc", x)
    naive = keras.layers.GroupNormalization(4)(image)
    faithful = keras.layers.GroupNormalization(4, epsilon=1e-5)(image)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="The alpha of local response normalisation",
    torch="x / (k + alpha / n * sum of squares) ** beta: alpha is divided by the window, as in Caffe.",
    keras="tf.nn.local_response_normalization does not divide, and calls k bias.",
    rule="alpha / n, and bias = k.",
    wrong=1.0,
    right=3.6e-07,
    thread="https://github.com/ethereon/caffe-tensorflow/issues/173",
    meets=of("local_response_norm"),
)
def local_response_norm_alpha() -> tuple[float, float]:
    """torch divides alpha by the window n; TensorFlow does not, and takes its radius (n - 1) / 2."""
    import numpy as np
    import tensorflow as tf
    import torch

    n, alpha, beta, k = 5, 0.5, 0.75, 2.0
    x = 3 * np.random.default_rng(0).normal(size=(2, 8, 5, 6)).astype("float32")
    truth = torch.nn.functional.local_response_norm(torch.tensor(x), n, alpha, beta, k).numpy()
    image, radius = np.einsum("nchw->nhwc", x), (n - 1) // 2
    naive = tf.nn.local_response_normalization(image, radius, k, alpha, beta)
    faithful = tf.nn.local_response_normalization(image, radius, k, alpha / n, beta)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="The window of local response normalisation",
    torch="size is the number n of channels.",
    keras="depth_radius is the number of channels on each side.",
    rule="depth_radius = (n - 1) / 2.",
    wrong=0.85,
    right=2.4e-07,
    thread="https://github.com/alibaba/MNN/pull/192",
    meets=of("local_response_norm"),
)
def local_response_norm_radius() -> tuple[float, float]:
    """A window of 5 channels is a radius of 2; the 5 handed on as a radius takes 11 channels."""
    import numpy as np
    import tensorflow as tf
    import torch

    n, alpha, beta, k = 5, 0.5, 0.75, 2.0
    x = 3 * np.random.default_rng(0).normal(size=(2, 16, 5, 6)).astype("float32")
    truth = torch.nn.functional.local_response_norm(torch.tensor(x), n, alpha, beta, k).numpy()
    image = np.einsum("nchw->nhwc", x)
    naive, faithful = (tf.nn.local_response_normalization(image, r, k, alpha / n, beta) for r in (n, (n - 1) // 2))
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="The defaults of local response normalisation",
    torch="alpha 1e-4, beta 0.75, k 1; the size must be given.",
    keras="depth_radius 5, bias 1, alpha 1, beta 0.5.",
    rule="Write all four.",
    wrong=11.0,
    right=9.5e-07,
    thread="https://www.tensorflow.org/api_docs/python/tf/nn/local_response_normalization",
    meets=of("local_response_norm"),
)
def local_response_norm_defaults() -> tuple[float, float]:
    """torch: alpha 1e-4, beta 0.75, k 1; TensorFlow: radius 5, bias 1, alpha 1, beta 0.5."""
    import numpy as np
    import tensorflow as tf
    import torch

    x = 3 * np.random.default_rng(0).normal(size=(2, 16, 5, 6)).astype("float32")
    truth = torch.nn.LocalResponseNorm(5)(torch.tensor(x)).numpy()
    image = np.einsum("nchw->nhwc", x)
    naive = tf.nn.local_response_normalization(image)
    faithful = tf.nn.local_response_normalization(image, 2, 1.0, 1e-4 / 5, 0.75)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="Local response normalisation over an even window",
    torch="Channels c - n / 2 ... c + n / 2 - 1.",
    keras="A window of 2 r + 1 channels is always odd.",
    rule="Write it out: squares, their sum over n channels, a power.",
    wrong=0.63,
    right=1.2e-07,
    meets=lambda node: isinstance(node.op, LocalResponseNorm) and node.op.size % 2 == 0,
)
def local_response_norm_of_even_size() -> tuple[float, float]:
    """A window of 4 is channels c - 2 ... c + 1 in torch; a radius of 2 is c - 2 ... c + 2."""
    import numpy as np
    import tensorflow as tf
    import torch

    n, alpha, beta, k = 4, 0.5, 0.75, 2.0
    x = 3 * np.random.default_rng(0).normal(size=(2, 8, 5, 6)).astype("float32")
    truth = torch.nn.functional.local_response_norm(torch.tensor(x), n, alpha, beta, k).numpy()
    image = np.einsum("nchw->nhwc", x)
    naive = np.einsum("nhwc->nchw", tf.nn.local_response_normalization(image, 2, k, alpha / n, beta))
    squares = np.pad(x * x, [(0, 0), (2, 1), (0, 0), (0, 0)])
    faithful = x / (k + alpha / n * sum(squares[:, i : i + 8] for i in range(n))) ** beta
    wrong, right = (np.abs(y - truth).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="Local response normalisation has no float64 in TensorFlow",
    torch="float64 in, float64 out.",
    keras="There is no float64 kernel: a tensor raises, a NumPy array is silently made float32.",
    rule="Write it out for parity in float64.",
    wrong=3.2e-07,
    right=4.4e-16,
    meets=of("local_response_norm"),
    measure="max |a - b| in float64",
)
def local_response_norm_in_float64() -> tuple[float, float]:
    """TensorFlow's op makes float32 of a float64 array without an error, and refuses a float64 tensor."""
    import numpy as np
    import tensorflow as tf
    import torch

    n, alpha, beta, k = 5, 0.5, 0.75, 2.0
    x = 3 * np.random.default_rng(0).normal(size=(2, 8, 5, 6))
    truth = torch.nn.functional.local_response_norm(torch.tensor(x), n, alpha, beta, k).numpy()
    image = np.einsum("nchw->nhwc", x)
    naive = tf.nn.local_response_normalization(image, 2, k, alpha / n, beta)
    squares = np.pad(image * image, [(0, 0), (0, 0), (0, 0), (2, 2)])
    faithful = image / (k + alpha / n * sum(squares[..., i : i + 8] for i in range(n))) ** beta
    wrong, right = (np.abs(np.einsum("nhwc->nchw", y) - truth).max() for y in (naive, faithful))
    return float(wrong), float(right)
