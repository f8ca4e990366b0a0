"""YOLOv4 (Bochkovskiy, Wang & Liao 2020) and YOLOv4-tiny (Wang et al. 2020): Darknet's configurations.

The answers are the raw maps of all levels, in the order of Darknet's [yolo] sections: YOLOv4's finest first, for its
bottom-up path ends at the coarsest, YOLOv4-tiny's coarsest first. Boxes are decoded outside of the network.
"""

from __future__ import annotations

from ..blocks.conv_bn_act import conv_bn_act
from ..blocks.conv_norm import Style
from ..blocks.csp_dark import csp_dark
from ..blocks.csp_tiny import csp_tiny
from ..blocks.pan_joints import bottom_up, require_halving, top_down
from ..blocks.yolo_head import conv_set, map_channels, spp_set, yolo_head
from ..detection.detector import YOLOV4, YOLOV4_TINY
from ..ops.max_pool import max_pool
from ..ops.mish import mish
from ..ops.resize import Mode
from ..trace import Value, block
from .yolov3 import LEAKY, darknet, detector, heads_tiny

STAGES = (  # channels, width of each way, width inside a residual unit, units
    (64, 64, 32, 1),
    (128, 64, 64, 2),
    (256, 128, 128, 8),
    (512, 256, 256, 8),
    (1024, 512, 512, 4),
)


@block
def csp_darknet53(x: Value, style: Style) -> list[Value]:
    """CSPDarknet-53 without its head: the maps at strides 8, 16 and 32."""
    maps = [conv_bn_act(x, 32, 3, act=mish, style=style, name="stem")]
    for index, (channels, width, inner, depth) in enumerate(STAGES):
        maps.append(csp_dark(maps[-1], channels, width, inner, depth, mish, style, name=f"stages.{index}"))
    return maps[-3:]


def yolov4(x: Value, num_classes: int, eps: float, upsampling: Mode) -> dict[str, Value]:
    """CSPDarknet-53, pools of three sizes, a path from the top down, another from the bottom up, and three maps."""
    require_halving(x, finest=8, coarsest=32)
    outputs, style = map_channels(num_classes), darknet(eps)
    c3, c4, c5 = csp_darknet53(x, style, name="backbone")
    p5 = spp_set(c5, 512, LEAKY, style, name="set_p5")
    p4 = top_down(p5, c4, 256, LEAKY, style, lateral=True, mode=upsampling, name="join_p4")
    p4 = conv_set(p4, 256, LEAKY, style, name="set_p4")
    p3 = top_down(p4, c3, 128, LEAKY, style, lateral=True, mode=upsampling, name="join_p3")
    p3 = conv_set(p3, 128, LEAKY, style, name="set_p3")
    s8 = yolo_head(p3, 256, outputs, LEAKY, style, name="head_s8")
    n4 = bottom_up(p3, p4, 256, LEAKY, style, name="join_n4")
    n4 = conv_set(n4, 256, LEAKY, style, name="set_n4")
    s16 = yolo_head(n4, 512, outputs, LEAKY, style, name="head_s16")
    n5 = bottom_up(n4, p5, 512, LEAKY, style, name="join_n5")
    n5 = conv_set(n5, 512, LEAKY, style, name="set_n5")
    s32 = yolo_head(n5, 1024, outputs, LEAKY, style, name="head_s32")
    return {"s8": s8, "s16": s16, "s32": s32}


@block
def csp_darknet53_tiny(x: Value, style: Style) -> tuple[Value, Value]:
    """Convolutions of stride 2, three cross-stage-partial units, and a convolution: the maps at strides 16 and 32."""
    x = conv_bn_act(x, 32, 3, 2, act=LEAKY, style=style, name="conv1")
    x = c4 = conv_bn_act(x, 64, 3, 2, act=LEAKY, style=style, name="conv2")
    for index, channels in enumerate((64, 128, 256)):
        x, c4 = csp_tiny(x, channels, LEAKY, style, name=f"stages.{index}")
        x = max_pool(x, 2, ceil_mode=True)  # Darknet keeps the last row and column of an odd size
    return c4, conv_bn_act(x, 512, 3, act=LEAKY, style=style, name="conv3")


def yolov4_tiny(x: Value, num_classes: int, eps: float, upsampling: Mode) -> dict[str, Value]:
    """A backbone that cuts its channels in halves, and maps at two levels."""
    require_halving(x, finest=16, coarsest=32)
    c4, c5 = csp_darknet53_tiny(x, style := darknet(eps), name="backbone")
    return heads_tiny(c4, c5, num_classes, style, upsampling)


NETWORKS = (
    detector("yolov4", "YOLOv4", yolov4, YOLOV4, (416, 608)),
    detector("yolov4_tiny", "YOLOv4-tiny", yolov4_tiny, YOLOV4_TINY),
)
CANONICAL = "yolov4"
