"""ResNeXt (Xie, Girshick, Dollár, Tu & He 2016, Aggregated Residual Transformations for Deep Neural Networks), table 1.

`32x4d` is 32 groups in the 3x3 of a bottleneck, of 4 channels each in the first stage (form c of figure 3).
"""

from __future__ import annotations

from ..blocks.output_stride import WHOLE
from ..blocks.residual import Variant
from ..registry import Network
from ..trace import Value
from .resnet import OPTIONS, resnet

TABLE = {  # depth, cardinality, width of a group in the first stage
    "resnext50_32x4d": (50, 32, 4),
    "resnext101_32x4d": (101, 32, 4),
    "resnext101_32x8d": (101, 32, 8),
    "resnext101_64x4d": (101, 64, 4),
}


def resnext(
    x: Value,
    num_classes: int,
    depth: int,
    cardinality: int,
    width: int,
    output_stride: int = WHOLE,
    stem: str = "imagenet",
) -> Value:
    """ResNeXt of the given depth, cardinality and width of its groups."""
    variant = Variant(groups=cardinality, group_width=width)
    return resnet(x, num_classes, depth, variant, output_stride, stem)


NETWORKS = tuple(
    Network(
        name,
        f"ResNeXt-{depth} {cardinality}x{width}d",
        resnext,
        {"depth": depth, "cardinality": cardinality, "width": width} | OPTIONS,
        source="timm" if name == "resnext101_32x4d" else "torchvision",  # torchvision does not have that one
        options=tuple(OPTIONS),
    )
    for name, (depth, cardinality, width) in TABLE.items()
)
CANONICAL = "resnext50_32x4d"
