"""CSPDarknet, the backbone of YOLOv5 and YOLOX: a stem, and four stages of a 3x3 convolution of stride 2 and a `c3`.

The last stage has spatial pyramid pooling. The names are those of YOLOX.
"""

from __future__ import annotations

from functools import partial

from ..trace import Value, block, stack
from .c3 import c3
from .conv_bn_act import Unit, conv_bn_act
from .spp_bottleneck import spp_bottleneck
from .sppf import sppf


@block
def csp_darknet(
    x: Value,
    width: int,
    depths: tuple[int, ...],
    stem: Unit,
    conv: Unit = conv_bn_act,
    spatial: Unit | None = None,
    fast: bool = False,
) -> list[Value]:
    """The maps of 1/8, 1/16, 1/32 of the image, with 4, 8 and 16 times the channels of the stem.

    Before its `c3` without sums the last stage has `spp`; with `fast` it has `sppf` after one that has sums, as YOLOv5
    from v6.0 on.
    """
    spatial = spatial or partial(conv, kernel=3)
    x, maps = stem(x, width, name="stem"), []
    for number, depth in enumerate(depths, start=2):
        channels = width * 2 ** (number - 1)
        last = number == len(depths) + 1
        with stack(f"dark{number}"):
            x = spatial(x, channels, stride=2)
            if last and not fast:
                x = spp_bottleneck(x, channels, conv=conv)
            x = c3(x, channels, depth, fast or not last, conv, spatial)
            if last and fast:
                x = spp_bottleneck(x, channels, sppf, conv)
        maps.append(x)
    return maps[1:]
