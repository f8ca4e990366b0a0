"""YOLOv3 (Redmon & Farhadi 2018), its form with spatial pyramid pooling, and YOLOv3-tiny: Darknet's configurations.

The answers are the raw maps of all levels, the coarsest first, as Darknet's [yolo] sections follow each other; boxes
are decoded outside of the network. The convolutions stand in Darknet's order, in which its files keep their weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..blocks.conv_bn_act import conv_bn_act
from ..blocks.conv_norm import Style
from ..blocks.dark_stage import dark_stage
from ..blocks.pan_joints import require_halving, top_down
from ..blocks.yolo_head import conv_set, map_channels, spp_set, yolo_head
from ..detection.detector import YOLOV3, YOLOV3_TINY, Detector
from ..errors import SpecError
from ..ops.max_pool import max_pool
from ..ops.resize import Mode
from ..registry import Network
from ..trace import Value, block
from .darknet import DARKNET, TABLE, leaky

LEAKY = leaky(0.1)


def darknet(eps: float) -> Style:
    """Darknet's normalisation with another epsilon, as ports to Keras have; raises SpecError for a senseless one."""
    if not 0 < eps < 1:
        raise SpecError(f"eps is a number between 0 and 1, such as Darknet's {DARKNET.eps:g}, not {eps!r}")
    return replace(DARKNET, eps=eps)


@block
def darknet53(x: Value, style: Style) -> list[Value]:
    """Darknet-53 without its head: the maps at strides 8, 16 and 32."""
    maps = [conv_bn_act(x, 32, 3, act=LEAKY, style=style, name="stem")]
    for stage, (channels, depth) in enumerate(TABLE):
        maps.append(dark_stage(maps[-1], channels, depth, LEAKY, style, name=f"stages.{stage}"))
    return maps[-3:]


def yolov3(x: Value, num_classes: int, pooled: bool, eps: float, upsampling: Mode) -> dict[str, Value]:
    """Darknet-53, and from the top down a set of convolutions and a map at each of three levels."""
    require_halving(x, finest=8, coarsest=32)
    outputs, style = map_channels(num_classes), darknet(eps)
    c3, c4, c5 = darknet53(x, style, name="backbone")
    p5 = (spp_set if pooled else conv_set)(c5, 512, LEAKY, style, name="set_p5")
    s32 = yolo_head(p5, 1024, outputs, LEAKY, style, name="head_s32")
    p4 = top_down(p5, c4, 256, LEAKY, style, mode=upsampling, name="join_p4")
    p4 = conv_set(p4, 256, LEAKY, style, name="set_p4")
    s16 = yolo_head(p4, 512, outputs, LEAKY, style, name="head_s16")
    p3 = top_down(p4, c3, 128, LEAKY, style, mode=upsampling, name="join_p3")
    p3 = conv_set(p3, 128, LEAKY, style, name="set_p3")
    s8 = yolo_head(p3, 256, outputs, LEAKY, style, name="head_s8")
    return {"s32": s32, "s16": s16, "s8": s8}


@block
def darknet_tiny(x: Value, style: Style) -> tuple[Value, Value]:
    """3x3 convolutions and pools: the maps at strides 16 and 32."""
    c4 = x
    for number, channels in enumerate((16, 32, 64, 128, 256), start=1):
        c4 = conv_bn_act(x, channels, 3, act=LEAKY, style=style, name=f"conv{number}")
        x = max_pool(c4, 2, ceil_mode=True)  # Darknet keeps the last row and column of an odd size
    x = conv_bn_act(x, 512, 3, act=LEAKY, style=style, name="conv6")
    x = max_pool(x, 2, 1, pad=(0, 1, 0, 1))  # and pads a pool of stride 1 at the bottom and on the right
    return c4, conv_bn_act(x, 1024, 3, act=LEAKY, style=style, name="conv7")


def heads_tiny(c4: Value, c5: Value, num_classes: int, style: Style, upsampling: Mode) -> dict[str, Value]:
    """The two levels of the tiny networks, without a set of convolutions."""
    outputs = map_channels(num_classes)
    p5 = conv_bn_act(c5, 256, 1, act=LEAKY, style=style, name="conv_p5")
    s32 = yolo_head(p5, 512, outputs, LEAKY, style, name="head_s32")
    p4 = top_down(p5, c4, 128, LEAKY, style, mode=upsampling, name="join_p4")
    s16 = yolo_head(p4, 256, outputs, LEAKY, style, name="head_s16")
    return {"s32": s32, "s16": s16}


def yolov3_tiny(x: Value, num_classes: int, eps: float, upsampling: Mode) -> dict[str, Value]:
    """Seven convolutions, and maps at two levels."""
    require_halving(x, finest=16, coarsest=32)
    c4, c5 = darknet_tiny(x, style := darknet(eps), name="backbone")
    return heads_tiny(c4, c5, num_classes, style, upsampling)


THREE_LEVELS = ((64, 96), (57, 91))  # input sizes for checks: an odd side is 7 or 5 less than a multiple of 32
TWO_LEVELS = ((64, 96), (49, 83))


def detector(
    name: str, title: str, function: Callable[..., Any], rules: Detector, sizes: tuple[int, ...] = (), **arguments: Any
) -> Network:
    """A detector of Darknet's with the classes of COCO, a map for each of its levels, and an alias for each size.

    Ports to Keras have other values of two options: Keras's own `eps` of 0.001, and `upsampling` that is bilinear.
    """
    levels = len(rules.levels)
    return Network(
        name,
        title,
        function,
        {**arguments, "eps": DARKNET.eps, "upsampling": "nearest"},
        source="official",
        options=("eps", "upsampling"),
        aliases=tuple(f"{name}_{size}" for size in sizes),
        alias_sizes={f"{name}_{size}": (size, size) for size in sizes if size != 416},
        input_size=(416, 416),
        num_classes=80,
        evaluated=levels,
        check_sizes=THREE_LEVELS if levels == 3 else TWO_LEVELS,
        detector=rules,
    )


NETWORKS = (
    detector("yolov3", "YOLOv3", yolov3, YOLOV3, (416, 608), pooled=False),
    detector("yolov3_spp", "YOLOv3-SPP", yolov3, YOLOV3, (416, 608), pooled=True),
    detector("yolov3_tiny", "YOLOv3-tiny", yolov3_tiny, YOLOV3_TINY, (416,)),
)
CANONICAL = "yolov3"
