"""Squeeze-and-excitation networks (Hu, Shen & Sun 2017, Squeeze-and-Excitation Networks), table 1.

The forms are timm's `legacy_seresnet50` and its like, which are those of the authors' Caffe release: SE-ResNet strides
the first 1x1 of a bottleneck, and the max pool has no padding but ceil mode. SE-ResNet-18 and 34 are timm's own.
"""

from __future__ import annotations

from collections.abc import Callable

from ..blocks.conv_norm import TORCH
from ..blocks.residual import TORCHVISION, Variant, basic_branch, bottleneck_branch, joined
from ..blocks.squeeze_excite import squeeze_excite
from ..ops.conv import conv
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, block, stack

FIRST, RESNEXT = Variant(stride_first=True), Variant(groups=32, group_width=4)


def gated(x: Value, y: Value, stride: int, variant: Variant) -> Value:
    """The branch `y`, its channels weighed through a sixteenth of them, and the shortcut (figure 3)."""
    return joined(x, squeeze_excite(y, y.channels // 16, name="se_module"), stride, variant)


@block
def se_basic_block(x: Value, width: int, stride: int = 1, variant: Variant = TORCHVISION) -> Value:
    """Two 3x3 convolutions, gate and shortcut, with timm's ReLU before the gate."""
    return gated(x, relu(basic_branch(x, width, stride, variant)), stride, variant)


@block
def se_bottleneck(x: Value, width: int, stride: int = 1, variant: Variant = FIRST) -> Value:
    """1x1, 3x3, 1x1 convolutions, gate and shortcut (figure 3)."""
    y = bottleneck_branch(x, (variant.inner(width), variant.inner(width)), 4 * width, stride, variant)
    return gated(x, y, stride, variant)


@block
def senet_bottleneck(x: Value, width: int, stride: int = 1, variant: Variant = FIRST) -> Value:
    """1x1, 3x3, 1x1 convolutions, gate and shortcut: the first 1x1 has half the channels of the others."""
    return gated(x, bottleneck_branch(x, (2 * width, 4 * width), 4 * width, stride, variant), stride, variant)


TABLE: dict[str, tuple[str, Callable[..., Value], tuple[int, ...], Variant]] = {
    "se_resnet18": ("SE-ResNet-18", se_basic_block, (2, 2, 2, 2), TORCHVISION),
    "se_resnet34": ("SE-ResNet-34", se_basic_block, (3, 4, 6, 3), TORCHVISION),
    "se_resnet50": ("SE-ResNet-50", se_bottleneck, (3, 4, 6, 3), FIRST),
    "se_resnet101": ("SE-ResNet-101", se_bottleneck, (3, 4, 23, 3), FIRST),
    "se_resnet152": ("SE-ResNet-152", se_bottleneck, (3, 8, 36, 3), FIRST),
    "se_resnext50_32x4d": ("SE-ResNeXt-50 32x4d", se_bottleneck, (3, 4, 6, 3), RESNEXT),
    "se_resnext101_32x4d": ("SE-ResNeXt-101 32x4d", se_bottleneck, (3, 4, 23, 3), RESNEXT),
    "senet154": ("SENet-154", senet_bottleneck, (3, 8, 36, 3), Variant(groups=64, projection=3)),
}


def senet(x: Value, num_classes: int, variant: str, deep: bool = False) -> Value:
    """Residual network with a gate in every block.

    `deep` is SENet-154's stem of three 3x3 convolutions, and its dropout.
    """
    _, unit, repeats, unit_variant = TABLE[variant]
    stem = ((64, 3, 2), (64, 3, 1), (128, 3, 1)) if deep else ((64, 7, 2),)
    with stack("layer0"):
        for number, (channels, kernel, stride) in enumerate(stem, start=1):
            x = conv(x, channels, kernel, stride=stride, pad=kernel // 2, bias=False, name=f"conv{number}")
            x = relu(TORCH.norm(x, f"bn{number}"), name=f"relu{number}")
    x = max_pool(x, 3, 2, ceil_mode=True, name="pool0")
    for stage, count in enumerate(repeats):
        with stack(f"layer{stage + 1}"):
            for index in range(count):
                x = unit(x, 64 * 2**stage, 2 if stage and not index else 1, unit_variant)
    x = global_avg_pool(x, name="avgpool")
    return linear(dropout(x, 0.2, name="dropout") if deep else x, num_classes, name="last_linear")


NETWORKS = tuple(
    Network(
        name,
        title,
        senet,
        {"variant": name, "deep": name == "senet154"},
        source="timm",
        aliases=(f"legacy_{name.replace('se_res', 'seres')}",),
    )
    for name, (title, *_) in TABLE.items()
)
CANONICAL = "se_resnet50"
