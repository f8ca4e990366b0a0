"""Batch normalisation: constants that a weight file does not hold, and what training writes."""

from __future__ import annotations

from ..common.ops.batch_norm import BatchNorm
from .trap import of, trap

SECTION = "Normalisation"


@trap(
    section=SECTION,
    title="The epsilon of batch normalisation",
    torch="BatchNorm2d(eps=1e-5).",
    keras="BatchNormalization(epsilon=1e-3).",
    rule="Write the epsilon of the source network on both sides, always.",
    wrong=0.14,
    right=0.0,
    thread="https://github.com/qqwweee/keras-yolo3/issues/451",
    meets=lambda node: isinstance(node.op, BatchNorm) and node.op.eps != 1e-3,
)
def batch_norm_epsilon_default() -> tuple[float, float]:
    """torch adds 1e-5 to the variance by default, Keras 1e-3: it shows where variances are small."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, variance = rng.normal(size=(2, 4, 5, 6)).astype("float32") / 10, np.full(4, 0.01, "float32")
    truth = torch.nn.BatchNorm2d(4).eval()
    truth.state_dict()["running_var"].copy_(torch.tensor(variance))
    differences = []
    for layer in (keras.layers.BatchNormalization(), keras.layers.BatchNormalization(epsilon=1e-5)):
        layer.build((None, None, None, 4))
        layer.moving_variance.assign(variance)
        y = np.einsum("nhwc->nchw", layer(np.einsum("nchw->nhwc", x), training=False))
        differences.append(float(np.abs(y - truth(torch.tensor(x)).detach().numpy()).max()))
    return differences[0], differences[1]


@trap(
    section=SECTION,
    title="No weight file holds the epsilon",
    torch="Networks from TensorFlow keep 1e-3 (torchvision's GoogLeNet, Inception v3, MobileNetV3, EfficientNet B5-B7 "
    "and V2), as does YOLOv5; a state_dict loads into a layer with 1e-5 without an error.",
    keras="A .keras file holds the epsilon in its configuration; a .weights.h5 file does not.",
    rule="Take the epsilon from the code of the source network, and check outputs rather than weights.",
    wrong=0.14,
    right=0.0,
    thread="https://github.com/wang-xinyu/tensorrtx/issues/209",
    meets=lambda node: isinstance(node.op, BatchNorm) and node.op.eps != 1e-5,
    measure="max |a - b| between two torch layers of equal weights",
)
def batch_norm_epsilon_is_not_saved() -> tuple[float, float]:
    """Weights trained with eps 1e-3 load into a default layer without an error, and mean something else."""
    import numpy as np
    import torch

    trained = torch.nn.BatchNorm2d(4).eval()
    trained.eps = 1e-3  # as YOLOv5 sets it after construction
    trained.state_dict()["running_var"].fill_(0.01)
    x = torch.tensor(np.random.default_rng(0).normal(size=(2, 4, 5, 6)) / 10, dtype=torch.float32)
    differences = []
    for copy in (torch.nn.BatchNorm2d(4), torch.nn.BatchNorm2d(4, eps=1e-3)):
        copy.eval().load_state_dict(trained.state_dict())
        differences.append((copy(x) - trained(x)).abs().max().item())
    return differences[0], differences[1]


@trap(
    section=SECTION,
    title="1.001e-5 is not 1e-5",
    torch="torchvision's ResNet and DenseNet have 1e-5.",
    keras="keras.applications' ResNet and DenseNet have 1.001e-5.",
    rule="Compare in float64: in float32 the difference is below the rounding.",
    wrong=1.6e-08,
    right=0.0,
    meets=lambda node: isinstance(node.op, BatchNorm) and node.op.eps in (1e-5, 1.001e-5),
    measure="max |a - b| in float64",
)
def batch_norm_epsilon_below_float32() -> tuple[float, float]:
    """1.001e-5 in keras.applications, 1e-5 in torchvision: less than float32's rounding, and plain in float64."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 4, 5, 6))
    truth = torch.nn.BatchNorm2d(4).double().eval()(torch.tensor(x)).detach().numpy()
    differences = []
    for eps in (1.001e-5, 1e-5):
        layer = keras.layers.BatchNormalization(epsilon=eps, dtype="float64")
        y = np.einsum("nhwc->nchw", layer(np.einsum("nchw->nhwc", x), training=False))
        differences.append(float(np.abs(y - truth).max()))
    return differences[0], differences[1]


@trap(
    section=SECTION,
    title="The momentum of batch normalisation is the complement",
    torch="running = (1 - m) * running + m * batch.",
    keras="moving = m * moving + (1 - m) * batch.",
    rule="Keras's momentum is 1 - torch's.",
    wrong=2.5,
    right=6e-08,
    thread="https://github.com/lukemelas/EfficientNet-PyTorch/issues/3",
    meets=lambda node: isinstance(node.op, BatchNorm) and node.op.momentum != 0.5,
    measure="max |a - b| of the running means",
)
def batch_norm_momentum() -> tuple[float, float]:
    """After one step of training torch keeps 1 - m of the old mean and Keras m."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 4, 5, 6)).astype("float32") + 3
    truth = torch.nn.BatchNorm2d(4, momentum=0.1)
    truth(torch.tensor(x))
    differences = []
    for momentum in (0.1, 0.9):
        layer = keras.layers.BatchNormalization(momentum=momentum)
        layer(np.einsum("nchw->nhwc", x), training=True)
        differences.append(float(np.abs(layer.moving_mean.numpy() - truth.state_dict()["running_mean"].numpy()).max()))
    return differences[0], differences[1]


@trap(
    section=SECTION,
    title="The default momentum is another one",
    torch="0.1, which is 0.9 in Keras; torchvision's MobileNetV3 and EfficientNet B5-B7 have 0.01, MnasNet 0.0003.",
    keras="0.99, which is 0.01 in torch; keras.applications' MobileNets have 0.999.",
    rule="Write the momentum on both sides: ten batches take torch 65 % of the way to their mean, and Keras 10 %.",
    wrong=1.7,
    right=4.8e-07,
    thread="https://github.com/pytorch/examples/issues/289",
    meets=lambda node: isinstance(node.op, BatchNorm) and node.op.momentum != 0.01,
    measure="max |a - b| of the running means",
)
def batch_norm_momentum_default() -> tuple[float, float]:
    """After ten steps torch's default has moved 1 - 0.9**10 of the way to the batch mean, Keras's 1 - 0.99**10."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 4, 5, 6)).astype("float32") + 3
    truth, layers = torch.nn.BatchNorm2d(4), [keras.layers.BatchNormalization(momentum=m) for m in (0.99, 0.9)]
    for _ in range(10):
        truth(torch.tensor(x))
        for layer in layers:
            layer(np.einsum("nchw->nhwc", x), training=True)
    wrong, right = (
        np.abs(layer.moving_mean.numpy() - truth.state_dict()["running_mean"].numpy()).max() for layer in layers
    )
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="The variance that training writes",
    torch="Normalises by the biased variance of the batch, but writes the unbiased one: n / (n - 1) times it.",
    keras="Normalises by the biased variance and writes it, in eager mode, tf.function and XLA alike.",
    rule="Correct one side by n / (n - 1), or say that they differ: by 3 % at n = 32 values per channel.",
    wrong=0.12,
    right=4.8e-07,
    thread="https://github.com/pytorch/pytorch/issues/1410",
    meets=of("batch_norm"),
    measure="max |a - b| of the running variances",
)
def batch_norm_running_variance() -> tuple[float, float]:
    """torch writes the unbiased variance of a batch, Keras the biased one, in a compiled function as well."""
    import keras
    import numpy as np
    import tensorflow as tf
    import torch

    x = 2 * np.random.default_rng(0).normal(size=(2, 6, 4, 4)).astype("float32")
    truth = torch.nn.BatchNorm2d(6, momentum=1.0)
    truth(torch.tensor(x))
    layer = keras.layers.BatchNormalization(momentum=0.0)
    layer.build((2, 4, 4, 6))
    tf.function(lambda t: layer(t, training=True))(np.einsum("nchw->nhwc", x))
    biased, n = layer.moving_variance.numpy(), 2 * 4 * 4
    wrong, right = (np.abs(v - truth.state_dict()["running_var"].numpy()).max() for v in (biased, biased * n / (n - 1)))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="TensorFlow's fused batch norm writes torch's variance",
    torch="The unbiased variance.",
    keras="tf.compat.v1.nn.fused_batch_norm returns the unbiased one too: TF1 and slim agree with torch, Keras 3 "
    "does not.",
    rule="Know which of the two trained a checkpoint before correcting its statistics.",
    wrong=0.13,
    right=4.8e-07,
    thread="https://github.com/tensorflow/tensorflow/issues/55545",
    meets=of("batch_norm"),
    measure="max |a - b| of the variances: corrected as for Keras 3, as they are",
)
def fused_batch_norm_variance() -> tuple[float, float]:
    """TensorFlow's fused op, hence TF1, slim and older tf.keras, returns the unbiased variance, as torch does."""
    import numpy as np
    import tensorflow as tf
    import torch

    x = 2 * np.random.default_rng(0).normal(size=(2, 6, 4, 4)).astype("float32")
    truth = torch.nn.BatchNorm2d(6, momentum=1.0)
    truth(torch.tensor(x))
    image, ones = np.einsum("nchw->nhwc", x), np.ones(6, "float32")
    variance, n = tf.compat.v1.nn.fused_batch_norm(image, ones, 0 * ones, is_training=True)[2].numpy(), 2 * 4 * 4
    wrong, right = (
        np.abs(v - truth.state_dict()["running_var"].numpy()).max() for v in (variance * n / (n - 1), variance)
    )
    return float(wrong), float(right)
