"""Dilation in place of stride (Yu & Koltun 2016; Chen et al. 2017, Rethinking Atrous Convolution, figure 3).

A network of output stride 8 or 16 halves its map three or four times: each later stride is 1, and convolutions from
there on are dilated by what was left out, so that weights keep their meaning and the map its size.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import SpecError
from .conv_norm import Rate

WHOLE = 32
"""The output stride of a network for classification: nothing is dilated."""


def dilated(strides: Iterable[int], before: int, output_stride: int) -> list[tuple[int, int, int]]:
    """(stride, dilation that comes in, dilation that goes on) of stages or units after a stem of stride `before`.

    A convolution whose stride is left out has the first dilation in the ResNets of torchvision and timm and in timm's
    MobileNets, the second in torchvision's MobileNetV3; what follows it has the second everywhere. Raises SpecError
    for another output stride than 8, 16 or 32.
    """
    if output_stride not in (8, 16, WHOLE):
        raise SpecError(f"output_stride is 8, 16 or {WHOLE} (nothing dilated), not {output_stride}")
    found, reached, dilation = list[tuple[int, int, int]](), before, 1
    for stride in strides:
        first = dilation
        if reached * stride > output_stride:
            dilation, stride = dilation * stride, 1
        reached *= stride
        found.append((stride, first, dilation))
    return found


def rates(strides: Iterable[int], before: int, output_stride: int, after: bool = False) -> list[tuple[int, Rate]]:
    """(stride, dilation) of units of one spatial convolution each; no dilation at all where nothing is dilated.

    `after` takes the dilation that goes on for the unit whose stride is left out, too.
    """
    found = dilated(strides, before, output_stride)
    if output_stride == WHOLE:
        return [(stride, None) for stride, _, _ in found]
    return [(stride, goes if after else comes) for stride, comes, goes in found]
