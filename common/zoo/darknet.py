"""Darknet's classifiers: Darknet-19, Darknet-53 and CSPDarknet-53, the backbones of YOLOv2, v3 and v4.

Darknet-19 (Redmon & Farhadi 2016, YOLO9000, table 6) is Darknet's configuration, so that `features.N` is its layer N.
Darknet-53 (Redmon & Farhadi 2018, YOLOv3, table 1) and CSPDarknet-53 (Wang et al. 2019, CSPNet) are timm's forms, whose
slope below zero is 0.01; Darknet's is 0.1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..blocks.conv_bn_act import conv_bn_act
from ..blocks.conv_norm import Activation, Style
from ..blocks.cross_stage_partial import cross_stage_partial
from ..blocks.dark_residual import dark_residual
from ..errors import SpecError
from ..ops.conv import conv
from ..ops.global_avg_pool import global_avg_pool
from ..ops.leaky_relu import leaky_relu
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..registry import Network
from ..trace import Value, block, stack

LAYERS_19 = (  # channels of the convolutions between two pools: 3x3 and 1x1 by turns
    (32,),
    (64,),
    (128, 64, 128),
    (256, 128, 256),
    (512, 256, 512, 256, 512),
    (1024, 512, 1024, 512, 1024),
)
TABLE = ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4))  # channels and residual units of each stage of 53
DARKNET = Style(eps=1e-5, momentum=0.01)
"""What Darknet asks of cuDNN in training; its own kernels divide by the deviation plus 1e-6 instead."""


def leaky(slope: float) -> Activation:
    """The activation of a network; raises SpecError for a slope that is not from 0 up to 1."""
    if not 0 <= slope < 1:
        raise SpecError(f"slope is a number from 0 up to 1, such as Darknet's 0.1, not {slope!r}")
    return partial(leaky_relu, slope=slope)


def darknet19(x: Value, num_classes: int) -> Value:
    """18 convolutions, and another as classifier, whose map is averaged."""
    act = leaky(0.1)
    with stack("features"):
        for stage, widths in enumerate(LAYERS_19):
            if stage:
                x = max_pool(x, 2, ceil_mode=True)  # Darknet keeps the last row and column of an odd size
            for index, width in enumerate(widths):
                x = conv_bn_act(x, width, 1 if index % 2 else 3, act=act, style=DARKNET)
    return global_avg_pool(conv(x, num_classes, 1, name="classifier"), name="avgpool")


@block
def head(x: Value, num_classes: int) -> Value:
    """The mean of each channel, and a linear layer."""
    return linear(global_avg_pool(x, name="pool"), num_classes, name="fc")


def darknet53(x: Value, num_classes: int, slope: float) -> Value:
    """A convolution and five stages of residual units."""
    act = leaky(slope)
    with stack("stem"):
        x = conv_bn_act(x, 32, 3, act=act, name="conv1")
    with stack("stages"):
        for stage, (channels, depth) in enumerate(TABLE):
            with stack(str(stage)):
                x = conv_bn_act(x, channels, 3, 2, act=act, name="conv_down")
                with stack("blocks"):
                    for _ in range(depth):
                        x = dark_residual(x, channels // 2, act)
    return head(x, num_classes, name="head")


def cspdarknet53(x: Value, num_classes: int, slope: float) -> Value:
    """A convolution and five stages of residual units that half of the channels pass."""
    act = leaky(slope)
    with stack("stem"):
        x = conv_bn_act(x, 32, 3, act=act, name="conv1")
    with stack("stages"):
        for stage, (channels, depth) in enumerate(TABLE):
            expand = channels if stage else 2 * channels  # the cut does not narrow the first stage
            x = cross_stage_partial(x, channels, expand, channels // 2, depth, act)
    return head(x, num_classes, name="head")


def _timm(name: str, title: str, function: Callable[..., Value]) -> Network:
    own, size = {"slope": 0.01}, (256, 256)
    return Network(f"{name}_cls", title, function, own, "timm", (name,), ("slope",), input_size=size)


NETWORKS = (
    Network("darknet19_cls", "Darknet-19", darknet19, source="official", aliases=("darknet19",)),
    _timm("darknet53", "Darknet-53 (timm)", darknet53),
    _timm("cspdarknet53", "CSPDarknet-53 (timm)", cspdarknet53),
)
CANONICAL = "darknet53_cls"
