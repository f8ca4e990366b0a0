"""Spatial pyramid pooling (He et al. 2014, SPP-net) as YOLOv3-SPP and later detectors have it: pools of stride 1.

Weights behind it depend on the order of the concatenation, which sources choose differently: YOLOv5 and YOLOX put the
map before the pools from small to large, `spp(x)`; Darknet the pools from large to small before the map,
`spp(x, (13, 9, 5), map_last=True)`.
"""

from __future__ import annotations

from ..ops.concat import concat
from ..ops.max_pool import max_pool
from ..trace import Value, block


@block
def spp(x: Value, kernels: tuple[int, ...] = (5, 9, 13), map_last: bool = False) -> Value:
    """The map and its maxima over windows of these odd sizes, side by side at one resolution."""
    pools = [max_pool(x, kernel, 1, pad=kernel // 2, name=f"pool{kernel}") for kernel in kernels]
    return concat([*pools, x] if map_last else [x, *pools])
