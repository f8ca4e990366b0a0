"""Fast spatial pyramid pooling (YOLOv5 v6.0): the numbers of `spp` from small pools one after the other.

A maximum over 5x5 of maxima over 5x5 is one over 9x9, and of those one over 13x13.
"""

from __future__ import annotations

from ..ops.concat import concat
from ..ops.max_pool import max_pool
from ..trace import Value, block


@block
def sppf(x: Value, kernel: int = 5, times: int = 3) -> Value:
    """The map and what it is after one, two, ... pools of an odd size, as channels in this order."""
    maps = [x]
    for step in range(1, times + 1):
        maps.append(max_pool(maps[-1], kernel, 1, pad=kernel // 2, name=f"pool{step}"))
    return concat(maps)
