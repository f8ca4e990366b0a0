"""ShuffleNet V2 (Ma, Zhang, Zheng & Sun 2018, Practical Guidelines for Efficient CNN Architecture Design), table 5.

`shufflenet_v2_x*` are torchvision's. `shufflenet_v2_megvii_x*` are the authors' own release, which is another network:
it parts even from odd channels on entry to a unit, gives the branches of a downsampling unit other widths, and has no
bias in its classifier. Weights bear the names of either release.
"""

from __future__ import annotations

from collections.abc import Callable

from ..blocks.conv_norm import conv_norm
from ..blocks.shuffle import basic_unit, basic_unit_megvii, downsampling_unit, downsampling_unit_megvii
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..registry import Network
from ..trace import Value, stack

REPEATS = (4, 8, 4)  # units of stages 2, 3 and 4
TABLE = {  # output channels of conv1, stages 2 to 4 and conv5
    "x0_5": (24, 48, 96, 192, 1024),
    "x1_0": (24, 116, 232, 464, 1024),
    "x1_5": (24, 176, 352, 704, 1024),
    "x2_0": (24, 244, 488, 976, 2048),
}


def shufflenet_v2(x: Value, num_classes: int, width: str) -> Value:
    """ShuffleNet V2 of the given width."""
    first, *stages, last = TABLE[width]
    x = conv_norm(x, first, 3, 2, name="conv1")
    x = max_pool(x, 3, 2, pad=1, name="maxpool")
    for number, (channels, repeats) in enumerate(zip(stages, REPEATS, strict=True), start=2):
        with stack(f"stage{number}"):
            x = downsampling_unit(x, channels)
            for _ in range(repeats - 1):
                x = basic_unit(x)
    x = conv_norm(x, last, 1, name="conv5")
    return linear(global_avg_pool(x, name="avgpool"), num_classes, name="fc")


def shufflenet_v2_megvii(x: Value, num_classes: int, width: str) -> Value:
    """ShuffleNet V2 of the given width, as its authors released it."""
    first, *stages, last = TABLE[width]
    x = conv_norm(x, first, 3, 2, name="first_conv")
    x = max_pool(x, 3, 2, pad=1, name="maxpool")
    with stack("features"):
        for channels, repeats in zip(stages, REPEATS, strict=True):
            x = downsampling_unit_megvii(x, channels)
            for _ in range(repeats - 1):
                x = basic_unit_megvii(x)
    x = conv_norm(x, last, 1, name="conv_last")
    x = global_avg_pool(x, name="globalpool")
    x = dropout(x, 0.2, name="dropout") if width == "x2_0" else x
    with stack("classifier"):
        return linear(x, num_classes, bias=False)


def _network(form: str, title: str, function: Callable[..., Value], width: str, source: str) -> Network:
    scale = width.replace("_", ".")
    return Network(f"shufflenet_v2{form}_{width}", f"ShuffleNet V2 {scale}{title}", function, {"width": width}, source)


NETWORKS = (
    *(_network("", "", shufflenet_v2, width, "torchvision") for width in TABLE),
    *(_network("_megvii", " (Megvii)", shufflenet_v2_megvii, width, "official") for width in TABLE),
)
CANONICAL = "shufflenet_v2_x1_0"
