"""Wide residual networks (Zagoruyko & Komodakis 2016, Wide Residual Networks), section 3 and table 8.

The forms are torchvision's: the 3x3 of each bottleneck has twice the channels of ResNet's, all else is ResNet.
"""

from __future__ import annotations

from ..blocks.output_stride import WHOLE
from ..blocks.residual import Variant
from ..registry import Network
from ..trace import Value
from .resnet import OPTIONS, resnet

DEPTHS = (50, 101)


def wide_resnet(
    x: Value, num_classes: int, depth: int, widening: int, output_stride: int = WHOLE, stem: str = "imagenet"
) -> Value:
    """ResNet of the given depth whose bottlenecks are `widening` times as wide."""
    return resnet(x, num_classes, depth, Variant(group_width=64 * widening), output_stride, stem)


NETWORKS = tuple(
    Network(
        f"wide_resnet{depth}_2",
        f"Wide ResNet-{depth}-2",
        wide_resnet,
        {"depth": depth, "widening": 2} | OPTIONS,
        source="torchvision",
        options=tuple(OPTIONS),
    )
    for depth in DEPTHS
)
CANONICAL = "wide_resnet50_2"
