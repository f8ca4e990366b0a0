"""YOLOX (Ge, Liu, Wang, Li & Sun 2021, YOLOX: Exceeding YOLO Series in 2021), figure 2 and tables 2 and 5.

A network answers with the raw maps of three levels, the finest first: at each place of the map with stride 8, 16 or 32
the box, the object and the classes, as [reg, obj, cls], before any sigmoid. `yolox_nano` has depthwise convolutions.
`yolox_darknet53` is the paper's first network: the backbone and the pyramid of YOLOv3 with the same head. The names are
those of the authors' code, in which `backbone.backbone` is the backbone and the rest of `backbone` is the neck.
"""

from __future__ import annotations

from functools import partial

from ..blocks.c3 import c3
from ..blocks.conv_bn_act import Unit, conv_bn_act
from ..blocks.conv_norm import Style
from ..blocks.csp_darknet import csp_darknet
from ..blocks.dark_residual import dark_residual
from ..blocks.decoupled_head import decoupled_head
from ..blocks.depthwise_separable import separable_conv_bn_act
from ..blocks.focus import focus
from ..blocks.pan import aggregated, top_down
from ..blocks.spp_bottleneck import spp_bottleneck
from ..detection.detector import YOLOX
from ..ops.leaky_relu import leaky_relu
from ..ops.silu import silu
from ..registry import Network
from ..trace import Value, block, sequence, stack

TABLE = {  # channels of the stem, bottlenecks of a stage of one; a stage of three has three times as many
    "nano": (16, 1),
    "tiny": (24, 1),
    "s": (32, 1),
    "m": (48, 2),
    "l": (64, 3),
    "x": (80, 4),
}
STRIDES = (8, 16, 32)
YOLO = Style(eps=1e-3, momentum=0.03)
"""Normalisation of YOLOv5 and YOLOX."""
CONV = partial(conv_bn_act, act=silu, style=YOLO)
LEAKY = partial(leaky_relu, slope=0.1)
NECK = {  # what the authors call the parts of `pan`
    "narrow.0": "lateral_conv0",
    "top_down.0": "C3_p4",
    "narrow.1": "reduce_conv1",
    "top_down.1": "C3_p3",
    "down.0": "bu_conv2",
    "bottom_up.0": "C3_n3",
    "down.1": "bu_conv1",
    "bottom_up.1": "C3_n4",
}


def levels(maps: list[Value]) -> dict[str, Value]:
    """The maps by the names of their strides, the finest first."""
    return {f"s{stride}": x for stride, x in zip(STRIDES, maps, strict=True)}


@block
def yolo_pafpn(x: Value, width: int, depth: int, spatial: Unit | None) -> list[Value]:
    """CSPDarknet and path aggregation."""
    depths = (depth, 3 * depth, 3 * depth, depth)
    maps = csp_darknet(x, width, depths, partial(focus, conv=CONV), CONV, spatial, name="backbone")
    merge = partial(c3, depth=depth, shortcut=False, conv=CONV, spatial=spatial)
    return aggregated(maps, merge, CONV, spatial, NECK)


def yolox(x: Value, num_classes: int, variant: str) -> dict[str, Value]:
    """CSPDarknet, path aggregation, and a decoupled head on each level."""
    width, depth = TABLE[variant]
    spatial = partial(separable_conv_bn_act, act=silu, style=YOLO) if variant == "nano" else None
    maps = yolo_pafpn(x, width, depth, spatial, name="backbone")
    if num_classes:
        maps = decoupled_head(maps, 4 * width, num_classes, CONV, spatial, name="head")
    return levels(maps)


LEAKY_CONV = partial(conv_bn_act, act=LEAKY, style=YOLO)


@sequence
def five(x: Value, channels: int) -> Value:
    """1x1 and 3x3 convolutions by turns, the 3x3 ones of twice the channels (YOLOv3)."""
    for step in range(5):
        x = LEAKY_CONV(x, channels * (1 + step % 2), 1 + 2 * (step % 2))
    return x


@block
def darknet(x: Value, width: int) -> list[Value]:
    """Darknet-53 with pyramid pooling; the maps of 1/8, 1/16 and 1/32 of the image."""
    residual, maps = partial(dark_residual, act=LEAKY, style=YOLO), []
    with stack("stem"):
        x = LEAKY_CONV(LEAKY_CONV(x, width, 3), 2 * width, 3, 2)
        x = residual(x, width)
    for number, depth in enumerate((2, 8, 8, 4), start=2):
        channels = width * 2**number
        with stack(f"dark{number}"):
            x = LEAKY_CONV(x, channels, 3, 2)
            for _ in range(depth):
                x = residual(x, channels // 2)
            if number == 5:
                x = LEAKY_CONV(LEAKY_CONV(x, channels // 2, 1), channels, 3)
                x = spp_bottleneck(x, channels // 2, conv=LEAKY_CONV)
                x = LEAKY_CONV(LEAKY_CONV(x, channels, 3), channels // 2, 1)
        maps.append(x)
    return maps[1:]


@block
def yolo_fpn(x: Value) -> list[Value]:
    """Darknet-53, and from the top down (YOLOv3)."""
    maps = darknet(x, 32, name="backbone")
    names = {"narrow.0": "out1_cbl", "top_down.0": "out1", "narrow.1": "out2_cbl", "top_down.1": "out2"}
    merged, _ = top_down(maps, (128, 256), five, LEAKY_CONV, names)
    return [*merged[::-1], maps[-1]]


def yolox_darknet53(x: Value, num_classes: int) -> dict[str, Value]:
    """Darknet-53, the pyramid of YOLOv3, and a decoupled head on each level."""
    maps = yolo_fpn(x, name="backbone")
    if num_classes:
        maps = decoupled_head(maps, 256, num_classes, LEAKY_CONV, name="head")
    return levels(maps)


def _yolox(variant: str) -> Network:
    side = 416 if variant in ("nano", "tiny") else 640
    title = f"YOLOX-{variant.title() if len(variant) > 1 else variant.upper()}"
    return Network(f"yolox_{variant}", title, yolox, {"variant": variant}, "official", input_size=(side, side),
                   num_classes=80, evaluated=3, check_sizes=CHECK_SIZES, detector=YOLOX)  # fmt: skip


CHECK_SIZES = (
    (64, 96),
    (62, 90),
)  # Focus takes even sides alone; 2, 4 or 6 less than a multiple of 32 are halved alike
NETWORKS = (
    *map(_yolox, TABLE),
    Network("yolox_darknet53", "YOLOX-DarkNet53", yolox_darknet53, source="official", input_size=(640, 640),
            num_classes=80, evaluated=3, check_sizes=((64, 96), (61, 95)), detector=YOLOX),
)  # fmt: skip
CANONICAL = "yolox_s"
