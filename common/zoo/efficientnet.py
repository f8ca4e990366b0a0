"""EfficientNet (Tan & Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks), table 1.

`efficientnet_bN` is torchvision's form, whose B5 to B7 have another epsilon and momentum than the smaller ones;
`efficientnet_bN.tf` is timm's tf_ form, with TensorFlow's SAME padding and epsilon, into which the authors' weights go.
`efficientnet_bN.keras` is keras.applications': it takes images of 0 to 255 and standardises them itself, with a mean
and a variance among its weights. Where that library loads its ImageNet weights it adds one more factor per channel,
because their variance is a standard deviation; so does the option `imagenet`. No form here drops whole branches in
training (stochastic depth), as the authors do.
"""

from __future__ import annotations

import math
from typing import Any

from ..blocks.conv_norm import Activation, Style, conv_norm
from ..blocks.inverted_residual import inverted_residual
from ..blocks.make_divisible import make_divisible
from ..errors import SpecError
from ..ops.channel_rescale import channel_rescale
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.relu6 import relu6
from ..ops.rescale import rescale
from ..ops.silu import silu
from ..ops.standardize import standardize
from ..registry import Network
from ..trace import Value, stack

STAGES = (  # expansion, channels, kernel, stride of the first, repeats
    (1, 16, 3, 1, 1),
    (6, 24, 3, 2, 2),
    (6, 40, 5, 2, 2),
    (6, 80, 3, 2, 3),
    (6, 112, 5, 1, 3),
    (6, 192, 5, 2, 4),
    (6, 320, 3, 1, 1),
)
TABLE = {  # width, depth, input, dropout: the coefficients of the authors' code
    "b0": (1.0, 1.0, 224, 0.2),
    "b1": (1.0, 1.1, 240, 0.2),
    "b2": (1.1, 1.2, 260, 0.3),
    "b3": (1.2, 1.4, 300, 0.3),
    "b4": (1.4, 1.8, 380, 0.4),
    "b5": (1.6, 2.2, 456, 0.4),
    "b6": (1.8, 2.6, 528, 0.5),
    "b7": (2.0, 3.1, 600, 0.5),
}
STD = (0.229, 0.224, 0.225)
"""The standard deviations that keras.applications' ImageNet weights hold as variances."""


def standardized(x: Value, imagenet: bool) -> Value:
    """The input stage of keras.applications, for images of 0 to 255."""
    x = standardize(rescale(x, 1 / 255, name="rescaling"), name="normalization")
    return channel_rescale(x, tuple(1 / math.sqrt(std) for std in STD), name="rescaling_1") if imagenet else x


def stage(
    x: Value, number: int, width: float, depth: float, act: Activation, style: Style, lite: bool = False
) -> Value:
    """The blocks of a row of STAGES, in the stack around."""
    expand, channels, kernel, stride, repeats = STAGES[number]
    fixed = lite and number in (0, len(STAGES) - 1)
    for index in range(repeats if fixed else math.ceil(repeats * depth)):
        x = inverted_residual(
            x,
            expand * x.channels,
            make_divisible(channels * width),
            kernel,
            1 if index else stride,
            0 if lite else max(1, x.channels // 4),
            act,
            act,
            style=style,
        )
    return x


def efficientnet(
    x: Value,
    num_classes: int,
    width: float,
    depth: float,
    dropout_rate: float,
    eps: float = 1e-5,
    momentum: float = 0.1,
    same: bool = False,
    lite: bool = False,
    keras: bool = False,
    imagenet: bool = False,
) -> Value:
    """EfficientNet, with a multiple of the channels and a multiple of the blocks of B0, both rounded.

    `lite` is EfficientNet-Lite; `keras` has the input stage of keras.applications, `imagenet` as its weights need it.
    """
    if not 0 < depth < math.inf:
        raise SpecError(f"depth is a positive factor, such as 1.1, not {depth!r}")
    style, act = Style(eps, momentum, same), relu6 if lite else silu
    x = standardized(x, imagenet) if keras else x
    with stack("features"):
        x = conv_norm(x, 32 if lite else make_divisible(32 * width), 3, 2, act=act, style=style)
        for number in range(len(STAGES)):
            with stack(str(number + 1)):
                x = stage(x, number, width, depth, act, style, lite)
        x = conv_norm(x, 1280 if lite else make_divisible(1280 * width), 1, act=act, style=style)
    x = global_avg_pool(x, name="avgpool")
    with stack("classifier"):
        return linear(dropout(x, dropout_rate), num_classes)


def _network(variant: str, form: str, source: str, **arguments: Any) -> Network:
    width, depth, size, dropout_rate = TABLE[variant]
    arguments |= {"width": width, "depth": depth, "dropout_rate": dropout_rate}
    title = f"EfficientNet-{variant.upper()} ({source}{', SAME padding' if form == '.tf' else ''})"
    options = ("width", "depth", "imagenet") if "imagenet" in arguments else ("width", "depth")
    name, sizes = f"efficientnet_{variant}{form}", (size, size)
    return Network(name, title, efficientnet, arguments, source, options=options, input_size=sizes)


TORCHVISION = {variant: {"eps": 1e-3, "momentum": 0.01} if variant in ("b5", "b6", "b7") else {} for variant in TABLE}
TF = {"eps": 1e-3, "same": True}
KERAS = TF | {"momentum": 0.01, "keras": True, "imagenet": False}
NETWORKS = (
    *(_network(variant, "", "torchvision", **TORCHVISION[variant]) for variant in TABLE),
    *(_network(variant, ".tf", "timm", **TF) for variant in TABLE),
    *(_network(variant, ".timm", "timm") for variant in ("b5", "b6", "b7")),  # timm's B0 to B4 are torchvision's
    *(_network(variant, ".keras", "keras.applications", **KERAS) for variant in TABLE),
)
CANONICAL = "efficientnet_b0"
