"""ResNet-D (He, Zhang, Zhang, Zhang, Xie & Li 2018, Bag of Tricks for Image Classification with CNNs), figure 2.

The forms are timm's: three 3x3 convolutions in place of the 7x7 (C in the paper), the stride of a bottleneck on its 3x3
(B), and an average pool before the 1x1 of a shortcut that halves the map (D). 18, 26 and 34 are timm's own.
"""

from __future__ import annotations

from ..blocks.conv_norm import TORCH
from ..blocks.output_stride import WHOLE
from ..blocks.residual import Variant, bottleneck
from ..ops.conv import conv
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, sequence
from .resnet import TABLE as RESNETS
from .resnet import Row, stages

TABLE: dict[int, Row] = RESNETS | {26: (bottleneck, 2, 2, 2, 2)}
VARIANT = Variant(pooled=True)


@sequence
def deep_stem(x: Value) -> Value:
    """Three 3x3 convolutions, the first of stride 2; the normalisation of the last stands outside (figure 2b)."""
    x = relu(TORCH.norm(conv(x, 32, 3, stride=2, pad=1, bias=False)))
    x = relu(TORCH.norm(conv(x, 32, 3, pad=1, bias=False)))
    return conv(x, 64, 3, pad=1, bias=False)


def resnet_d(x: Value, num_classes: int, depth: int, output_stride: int = WHOLE) -> Value:
    """ResNet-D of the given depth."""
    x = relu(TORCH.norm(deep_stem(x, name="conv1"), "bn1"))
    x = max_pool(x, 3, 2, pad=1, name="maxpool")
    return stages(x, num_classes, TABLE[depth], VARIANT, output_stride)


NETWORKS = tuple(
    Network(
        f"resnet{depth}d",
        f"ResNet-{depth}-D",
        resnet_d,
        {"depth": depth, "output_stride": WHOLE},
        source="timm",
        options=("output_stride",),
    )
    for depth in sorted(TABLE)
)
CANONICAL = "resnet50d"
