"""YOLOv5 (Jocher et al. 2020): v6.0, which v7.0 equals, and v5.0 with Focus.

There is no paper. The networks were built from a description of their layers, and not from their code, which is under
the GPL and, today, the AGPL. They answer with the raw maps of three levels, the finest first: at each place of the map
with stride 8, 16 or 32, for each of three anchors, x, y, w, h, the object and the classes, before any sigmoid.
"""

from __future__ import annotations

from functools import partial

from ..blocks.c3 import c3
from ..blocks.conv_bn_act import conv_bn_act
from ..blocks.conv_norm import Style
from ..blocks.csp_darknet import csp_darknet
from ..blocks.focus import focus
from ..blocks.pan import pan
from ..detection.detector import YOLOV5
from ..ops.conv import conv
from ..ops.silu import silu
from ..registry import Network
from ..trace import Value, block

TABLE = {  # channels of the stem (0.25 to 1.25 times 64), bottlenecks of a stage of three (0.33 to 1.33 times 3)
    "n": (16, 1),
    "s": (32, 1),
    "m": (48, 2),
    "l": (64, 3),
    "x": (80, 4),
}
ANCHORS = 3
STRIDES = (8, 16, 32)
YOLO = Style(eps=1e-3, momentum=0.03)
CONV = partial(conv_bn_act, act=silu, style=YOLO)


@block
def stem(x: Value, channels: int) -> Value:
    """6x6 convolution of stride 2, in place of Focus: each of its 3x3 places is a square of 2x2 pixels."""
    return silu(YOLO.norm(conv(x, channels, 6, stride=2, pad=2, bias=False, name="conv"), "bn"))


def yolov5(x: Value, num_classes: int, variant: str, focused: bool) -> dict[str, Value]:
    """CSPDarknet, path aggregation, and a 1x1 convolution on each level."""
    width, depth = TABLE[variant]
    depths = (depth, (3 if focused else 2) * depth, 3 * depth, depth)
    first = partial(focus, conv=CONV) if focused else stem
    maps = csp_darknet(x, width, depths, first, CONV, fast=not focused, name="backbone")
    maps = pan(maps, partial(c3, depth=depth, shortcut=False, conv=CONV), CONV, name="neck")
    channels = ANCHORS * (5 + num_classes) if num_classes else num_classes
    maps = [conv(level, channels, 1, name=f"head.{index}") for index, level in enumerate(maps)]
    return {f"s{stride}": level for stride, level in zip(STRIDES, maps, strict=True)}


def _yolov5(variant: str, focused: bool) -> Network:
    name = f"yolov5{variant}"
    versions = ("v5.0",) if focused else ("v6.0", "v7.0")
    return Network(
        f"{name}_focus" if focused else name,
        f"YOLOv5{variant} (Focus)" if focused else f"YOLOv5{variant}",
        yolov5,
        {"variant": variant, "focused": focused},
        "official",
        tuple(f"{name}_{version}" for version in versions),
        input_size=(640, 640),
        num_classes=80,
        evaluated=3,
        check_sizes=((64, 96), (62, 90) if focused else (61, 95)),  # Focus takes even sides alone
        detector=YOLOV5,
    )


NETWORKS = (
    *(_yolov5(variant, focused=False) for variant in TABLE),
    *(_yolov5(variant, focused=True) for variant in "smlx"),
)
CANONICAL = "yolov5s"
