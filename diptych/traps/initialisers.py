"""Section Dropout and initialisers: masks that cannot be matched, and start values of other spreads."""

from __future__ import annotations

from ..common.ops.conv import Conv
from ..common.spec import Node
from .trap import of, trap

SECTION = "Dropout and initialisers"


def _depthwise(node: Node) -> bool:
    return isinstance(node.op, Conv) and node.op.depthwise(node.in_shapes[0])


@trap(
    section=SECTION,
    title="No seed makes two dropouts drop the same numbers",
    torch="Zeros at the rate p, and the rest divided by 1 - p; the mask comes from torch's generator.",
    keras="The same scale and the same meaning of the rate; the mask comes from a stateless TensorFlow generator.",
    rule="Compare with the rate set to 0, or draw one mask and inject it into both.",
    wrong=4.4,
    right=8.9e-16,
    meets=of("dropout"),
)
def dropout_mask() -> tuple[float, float]:
    """Dropout in training with the same seed on both sides, and with one mask injected into both."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(64, 100))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        reference = torch.nn.functional.dropout(torch.tensor(x), 0.25).numpy()
    naive = keras.layers.Dropout(0.25, seed=1, dtype="float64")(x, training=True)
    faithful = x * (reference != 0) / (1 - 0.25)
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="Kernels start wider in Keras than in torch",
    torch="Conv2d and Linear start uniform within 1 / sqrt(fan_in), which the source calls kaiming_uniform(a=sqrt 5).",
    keras="Conv2D and Dense start Glorot uniform, within sqrt(6 / (fan_in + fan_out)).",
    rule="VarianceScaling(1/3, 'fan_in', 'uniform') is torch's default; best load one set of start values into both.",
    wrong=0.42,
    right=0.0034,
    measure="|ratio of the standard deviations - 1|",
    note="What is left in the second number is the chance of a finite sample.",
)
def kernel_default() -> tuple[float, float]:
    """The spread of a fresh 3 x 3 convolution from 64 to 128 channels."""
    import keras
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        spread = float(torch.nn.Conv2d(64, 128, 3).weight.detach().std())
    naive = keras.initializers.GlorotUniform(seed=0)
    faithful = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform", seed=0)
    ratios = [float(keras.ops.std(start((3, 3, 64, 128)))) / spread for start in (naive, faithful)]
    return abs(ratios[0] - 1), abs(ratios[1] - 1)


@trap(
    section=SECTION,
    title="Biases start random in torch and at zero in Keras",
    torch="The bias of Conv2d and Linear starts uniform within 1 / sqrt(fan_in), as the weight does.",
    keras="The bias starts at zero.",
    rule="Set one of them: nn.init.zeros_ on the bias, or RandomUniform within 1 / sqrt(fan_in).",
    wrong=1.0,
    right=0.009,
    measure="|ratio of the standard deviations - 1|",
    note="What is left in the second number is the chance of a finite sample.",
)
def bias_default() -> tuple[float, float]:
    """The spread of the biases of a fresh 3 x 3 convolution from 16 to 4096 channels."""
    import keras
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        bias = dict(torch.nn.Conv2d(16, 4096, 3).named_parameters())["bias"]
    spread, limit = float(bias.detach().std()), (3 * 3 * 16) ** -0.5
    naive, faithful = keras.initializers.Zeros(), keras.initializers.RandomUniform(-limit, limit, seed=0)
    ratios = [float(keras.ops.std(start((4096,)))) / spread for start in (naive, faithful)]
    return abs(ratios[0] - 1), abs(ratios[1] - 1)


@trap(
    section=SECTION,
    title="The normal initialisers of Keras have no tails",
    torch="kaiming_normal_ and xavier_normal_ draw from the whole normal distribution.",
    keras="HeNormal, GlorotNormal and LecunNormal cut it at two standard deviations and rescale what is left to the "
    "same spread, so that nothing lies beyond 2.27 of the wanted ones.",
    rule="RandomNormal with the standard deviation written out is torch's kaiming_normal_.",
    wrong=0.012,
    right=0.00022,
    measure="difference of the shares beyond 2.5 standard deviations",
    note="What is left in the second number is the chance of a finite sample.",
)
def he_normal_is_truncated() -> tuple[float, float]:
    """How many of a million start values lie beyond 2.5 standard deviations."""
    import keras
    import torch

    shape, sigma = (3, 3, 64, 1736), (2 / (3 * 3 * 64)) ** 0.5
    weight = torch.nn.init.kaiming_normal_(torch.empty(1736, 64, 3, 3), generator=torch.Generator().manual_seed(0))
    tail = float((weight.abs() > 2.5 * sigma).float().mean())
    naive, faithful = keras.initializers.HeNormal(seed=0), keras.initializers.RandomNormal(0.0, sigma, seed=0)
    tails = [float((abs(keras.ops.convert_to_numpy(start(shape))) > 2.5 * sigma).mean()) for start in (naive, faithful)]
    return abs(tails[0] - tail), abs(tails[1] - tail)


@trap(
    section=SECTION,
    title="A truncated normal is cut at 2 or at two standard deviations",
    torch="trunc_normal_ cuts at -2 and 2 as they stand: at a standard deviation of 0.02 it cuts nothing.",
    keras="TruncatedNormal cuts at two standard deviations and does not rescale: its spread is 0.88 of the one asked "
    "for.",
    rule="Give torch a=-2*std, b=2*std, or Keras RandomNormal where torch's standard deviation is small.",
    wrong=0.12,
    right=0.0011,
    thread="https://github.com/huggingface/pytorch-image-models/issues/1286",
    measure="|ratio of the standard deviations - 1|",
    note="What is left in the second number is the chance of a finite sample.",
)
def truncated_normal_cut() -> tuple[float, float]:
    """The spread of a million truncated normal start values of standard deviation 0.02."""
    import keras
    import torch

    weight = torch.nn.init.trunc_normal_(torch.empty(1000, 1000), std=0.02, generator=torch.Generator().manual_seed(0))
    naive = keras.initializers.TruncatedNormal(stddev=0.02, seed=0)
    faithful = keras.initializers.RandomNormal(stddev=0.02, seed=0)
    ratios = [float(keras.ops.std(start((1000, 1000)))) / float(weight.std()) for start in (naive, faithful)]
    return abs(ratios[0] - 1), abs(ratios[1] - 1)


@trap(
    section=SECTION,
    title="Keras counts all channels as the fan of a depthwise kernel",
    torch="The kernel is (C, 1, k, k), so the fan in is k * k.",
    keras="The kernel is (k, k, C, 1), of which the initialisers read a fan in of k * k * C: sqrt(C) times narrower.",
    rule="Write the standard deviation out, sqrt(2 / k**2) for He; in Keras 3.15 also HeNormal(input_axes=[0, 1], "
    "output_axes=[0, 1]).",
    wrong=7.3,
    right=0.0045,
    thread="https://github.com/keras-team/keras/issues/11773",
    meets=_depthwise,
    measure="|ratio of the standard deviations - 1|",
    note="What is left in the second number is the chance of a finite sample.",
)
def depthwise_fan() -> tuple[float, float]:
    """How many times wider torch starts a 3 x 3 depthwise convolution of 64 channels than Keras."""
    import keras
    import torch

    weight = torch.nn.init.kaiming_normal_(torch.empty(64, 1, 3, 3), generator=torch.Generator().manual_seed(0))
    he, by_fan_in = keras.initializers.HeNormal(seed=0), keras.initializers.RandomNormal(0.0, (2 / 3**2) ** 0.5, seed=0)
    layers = [keras.layers.DepthwiseConv2D(3, depthwise_initializer=i) for i in (he, by_fan_in)]
    for layer in layers:
        layer.build((None, 8, 8, 64))
    ratios = [float(weight.std()) / float(keras.ops.std(layer.kernel)) for layer in layers]
    return abs(ratios[0] - 1), abs(ratios[1] - 1)
