"""Residual networks (He, Zhang, Ren & Sun 2015, Deep Residual Learning for Image Recognition), table 1.

The forms are torchvision's, which strides the 3x3 of a bottleneck ("v1.5"), and keras.applications' (`.keras`), which
strides its first 1x1 as the paper does, has a bias in every convolution and another epsilon and momentum. `.keras2` is
that of Keras 2.2.1 to 2.2.5, whose layers have Caffe's names, with Keras's own epsilon; before, its pool had no pads.
"""

from __future__ import annotations

from collections.abc import Callable

from ..blocks.conv_norm import Style
from ..blocks.residual import TORCHVISION, Variant, basic_block, bottleneck
from ..ops.conv import conv
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, stack

TABLE: dict[int, tuple[Callable[..., Value], int, int, int, int]] = {
    18: (basic_block, 2, 2, 2, 2),
    34: (basic_block, 3, 4, 6, 3),
    50: (bottleneck, 3, 4, 6, 3),
    101: (bottleneck, 3, 4, 23, 3),
    152: (bottleneck, 3, 8, 36, 3),
}
KERAS = Variant(Style(eps=1.001e-5, momentum=0.01), stride_first=True, bias=True)
KERAS_2 = Variant(Style(eps=1e-3, momentum=0.01), stride_first=True, bias=True)


def resnet(x: Value, num_classes: int, depth: int, variant: Variant = TORCHVISION) -> Value:
    """Residual network of the given depth."""
    unit, *repeats = TABLE[depth]
    x = conv(x, 64, 7, stride=2, pad=3, bias=variant.bias, name="conv1")
    # keras.applications pads the pool with zeros, which win no maximum here either: they follow a ReLU.
    x = max_pool(relu(variant.style.norm(x, "bn1")), 3, 2, pad=1, name="maxpool")
    for stage, count in enumerate(repeats):
        with stack(f"layer{stage + 1}"):
            for index in range(count):
                x = unit(x, 64 * 2**stage, 2 if stage and not index else 1, variant)
    return linear(global_avg_pool(x, name="avgpool"), num_classes, name="fc")


NETWORKS = (
    *(Network(f"resnet{depth}", f"ResNet-{depth}", resnet, {"depth": depth}, "torchvision") for depth in TABLE),
    *(
        Network(
            f"resnet{depth}.keras",
            f"ResNet-{depth} (keras.applications)",
            resnet,
            {"depth": depth, "variant": KERAS},
            "keras.applications",
        )
        for depth in (50, 101, 152)
    ),
    Network(
        "resnet50.keras2",
        "ResNet-50 (Keras 2.2)",
        resnet,
        {"depth": 50, "variant": KERAS_2},
        "keras 2.2",
    ),
)
CANONICAL = "resnet50"
