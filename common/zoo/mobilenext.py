"""MobileNeXt (Zhou, Hou, Chen, Feng & Yan 2020, Rethinking Bottleneck Structure for Efficient Mobile Network Design).

The form is the authors' own code (yitu-opensource/MobileNeXt), which departs from table 2 of the paper: a unit that
changes the channels leaves out its first depthwise convolution, and at stride 1 the last one too; the exceptions are
the units of the first stage and of stages that are a single unit of stride 1.
"""

from __future__ import annotations

from ..blocks.conv_norm import conv_norm
from ..blocks.make_divisible import make_divisible
from ..blocks.sandglass import sandglass
from ..errors import SpecError
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.relu6 import relu6
from ..registry import Network
from ..trace import Value, stack

TABLE = (  # reduction t, channels c, repeats n, stride s of the first
    (2, 96, 1, 2),
    (6, 144, 1, 1),
    (6, 192, 3, 2),
    (6, 288, 3, 2),
    (6, 384, 4, 1),
    (6, 576, 4, 2),
    (6, 960, 3, 1),
    (6, 1280, 1, 1),
)
WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.4)


def scaled(channels: int, width: float) -> int:
    """Channels under the width multiplier, of which a narrow network keeps its last."""
    if channels == TABLE[-1][1] and width < 1:
        return channels
    return make_divisible(channels * width, 4 if width == 0.1 else 8)


def reduced(channels: int, reduction: int, out: int) -> int:
    """Channels of the bottleneck: a part of the input, but where that is under a sixth of the output, about as much."""
    width = channels // reduction
    return width if 6 * width >= out else make_divisible(-(-out // 6), 16)


def mobilenext(x: Value, num_classes: int, width: float = 1.0) -> Value:
    """MobileNeXt of the given width."""
    with stack("features"):
        x = conv_norm(x, scaled(32, width), 3, 2, act=relu6)
        for reduction, wide, repeats, stride in TABLE:
            channels = scaled(wide, width)
            if channels == x.channels:
                raise SpecError(f"width {width} leaves two stages with {channels} channels each; take a larger one")
            whole = reduction == 2 or (repeats == 1 and stride == 1)
            inner = reduced(x.channels, reduction, channels)
            x = sandglass(x, inner, channels, stride, before=whole, after=whole or stride == 2)
            for _ in range(repeats - 1):
                x = sandglass(x, reduced(channels, reduction, channels), channels)
    x = global_avg_pool(x, name="avgpool")
    with stack("classifier"):
        return linear(dropout(x, 0.2), num_classes)


def _network(width: float) -> Network:
    name = f"mobilenext_{width}".replace(".", "_")
    title = "MobileNeXt" if width == 1 else f"MobileNeXt {width}"
    return Network(name, title, mobilenext, {"width": width}, "official", options=("width",))


NETWORKS = tuple(map(_network, WIDTHS))
CANONICAL = "mobilenext_1_0"
