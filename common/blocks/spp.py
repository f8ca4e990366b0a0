"""Spatial pyramid pooling as the YOLOs have it (Redmon & Farhadi 2018, YOLOv3-SPP): a map beside its own maxima.

All pools have stride 1 and keep the size, so that each place sees its neighbourhood at several scales.
"""

from __future__ import annotations

from ..ops.concat import concat
from ..ops.max_pool import max_pool
from ..trace import Value, block


@block
def spp(x: Value, kernels: tuple[int, ...] = (5, 9, 13), x_first: bool = True) -> Value:
    """The map and its pools of these odd sizes as channels, in this order; the map itself comes first or last.

    YOLOv5 and YOLOX have [x, 5, 9, 13]; Darknet's configurations have [13, 9, 5, x].
    """
    pools = [max_pool(x, kernel, 1, pad=kernel // 2) for kernel in kernels]
    return concat([x, *pools] if x_first else [*pools, x])
