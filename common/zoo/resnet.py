"""Residual networks (He, Zhang, Ren & Sun 2015, Deep Residual Learning for Image Recognition), table 1.

The forms are torchvision's, which strides the 3x3 of a bottleneck ("v1.5"), and keras.applications' (`.keras`), which
strides its first 1x1 as the paper does, has a bias in every convolution and another epsilon and momentum. `.keras2` is
that of Keras 2.2.1 to 2.2.5, whose layers have Caffe's names, with Keras's own epsilon; before, its pool had no pads.

Each takes `output_stride` (8 or 16: dilation in place of stride, as torchvision's `replace_stride_with_dilation` and
timm's option of that name) and `stem` ("cifar": a 3x3 convolution of stride 1 and no pool, as for images of 32x32).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..blocks.conv_norm import Style
from ..blocks.output_stride import WHOLE, dilated
from ..blocks.residual import TORCHVISION, Variant, basic_block, bottleneck
from ..errors import SpecError
from ..ops.conv import conv
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, stack

Row = tuple[Callable[..., Value], int, int, int, int]

TABLE: dict[int, Row] = {
    18: (basic_block, 2, 2, 2, 2),
    34: (basic_block, 3, 4, 6, 3),
    50: (bottleneck, 3, 4, 6, 3),
    101: (bottleneck, 3, 4, 23, 3),
    152: (bottleneck, 3, 8, 36, 3),
}
KERAS = Variant(Style(eps=1.001e-5, momentum=0.01), stride_first=True, bias=True)
SUFFIXES = {"keras.applications": "keras", "keras 2.2": "keras2"}
TITLES = {"keras 2.2": "Keras 2.2"}
OPTIONS = {"output_stride": WHOLE, "stem": "imagenet"}
"""What the ResNets take, with what they have unless asked."""
KERAS_2 = Variant(Style(eps=1e-3, momentum=0.01), stride_first=True, bias=True)


def resnet(
    x: Value,
    num_classes: int,
    depth: int,
    variant: Variant = TORCHVISION,
    output_stride: int = WHOLE,
    stem: str = "imagenet",
) -> Value:
    """Residual network of the given depth."""
    if stem not in ("imagenet", "cifar"):
        raise SpecError(f'stem is "imagenet" (7x7 of stride 2, max pool) or "cifar" (3x3, no pool), not {stem!r}')
    if stem == "cifar":
        if output_stride != WHOLE:
            raise SpecError(f"stem=cifar has output stride 8 as it is; leave out output_stride={output_stride}")
        x = conv(x, 64, 3, pad=1, bias=variant.bias, name="conv1")
        x = relu(variant.style.norm(x, "bn1"))
    else:
        x = conv(x, 64, 7, stride=2, pad=3, bias=variant.bias, name="conv1")
        # keras.applications pads the pool with zeros, which win no maximum here either: they follow a ReLU.
        x = max_pool(relu(variant.style.norm(x, "bn1")), 3, 2, pad=1, name="maxpool")
    return stages(x, num_classes, TABLE[depth], variant, output_stride)


def stages(x: Value, num_classes: int, row: Row, variant: Variant, output_stride: int) -> Value:
    """The four stages after a stem, and the head."""
    unit, *repeats = row
    strides = dilated((1, 2, 2, 2), 4, output_stride)
    for stage, (count, (stride, first, dilation)) in enumerate(zip(repeats, strides, strict=True)):
        with stack(f"layer{stage + 1}"):
            for index in range(count):
                rates = (dilation if index else first, dilation) if output_stride != WHOLE else ()
                x = unit(x, 64 * 2**stage, 1 if index else stride, variant, *rates)
    return linear(global_avg_pool(x, name="avgpool"), num_classes, name="fc")


def _network(depth: int, source: str, **more: Any) -> Network:
    """One depth in one form."""
    name, title = f"resnet{depth}", f"ResNet-{depth}"
    if source != "torchvision":
        name, title = f"{name}.{SUFFIXES[source]}", f"{title} ({TITLES.get(source, source)})"
    return Network(name, title, resnet, {"depth": depth} | more | OPTIONS, source, options=tuple(OPTIONS))


NETWORKS = (
    *(_network(depth, "torchvision") for depth in TABLE),
    *(_network(depth, "keras.applications", variant=KERAS) for depth in (50, 101, 152)),
    _network(50, "keras 2.2", variant=KERAS_2),
)
CANONICAL = "resnet50"
