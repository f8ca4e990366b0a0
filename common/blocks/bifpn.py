"""One cell of BiFPN (Tan et al. 2020, EfficientDet: Scalable and Efficient Object Detection, section 3 and figure 3).

From the top down each level but the last is fused with the one above; from the bottom up each level but the first is
fused with the one below. Of three levels:

    fnode.0 = P4, P5         fnode.2 = P4, fnode.0, fnode.1
    fnode.1 = P3, fnode.0    fnode.3 = P5, fnode.2             answers: fnode.1, fnode.2, fnode.3

A map with another number of channels passes a 1x1 convolution of its own at each place where it is used. A map of the
level above is resized by torch's rule of the nearest pixel, one of the level below halved by a 3x3 max pool.
"""

from __future__ import annotations

from typing import Any

from ..errors import SpecError
from ..ops.conv import conv
from ..ops.max_pool import max_pool
from ..ops.parameter import parameter
from ..ops.resize import resize
from ..ops.silu import silu
from ..ops.weighted_sum import Mode, weighted_sum
from ..trace import Value, block
from .conv_norm import TORCH, Activation, Style
from .depthwise_separable import separable_conv_bias

EPS = 1e-4
"""What the sum of the weights of a fusion has added to it."""


@block
def linear_bn(x: Value, width: int, style: Style = TORCH) -> Value:
    """A 1x1 convolution with a bias, and batch normalisation, as the authors have both."""
    return style.norm(conv(x, width, 1, name="conv"), "bn")


def halved(x: Value, style: Style = TORCH) -> Value:
    """A map at half its size, rounded up, by the largest of 3x3 pixels."""
    return max_pool(x, 3, 2, pad=style.pad(3, 2))


@block
def fused_above(
    x: Value, above: Value, width: int, mode: Mode = "fast", act: Activation = silu, style: Style = TORCH
) -> Value:
    """A map and that of the level above in a weighted sum, then a separable convolution."""
    x, above = _wide(x, width, style, "lateral"), _wide(above, width, style, "narrow")
    return _fused([x, resize(above, like=x, rule="asymmetric")], width, mode, act, style)


@block
def fused_below(
    maps: list[Value], below: Value, width: int, mode: Mode = "fast", act: Activation = silu, style: Style = TORCH
) -> Value:
    """The maps of a level and that of the level below in a weighted sum, then a separable convolution."""
    maps, below = [_wide(maps[0], width, style, "lateral"), *maps[1:]], halved(below, style)
    if below.shape != maps[0].shape:
        sizes = " and ".join(f"{x.shape[1]} x {x.shape[2]}" for x in (maps[0], below))
        raise SpecError(f"a level and half of the level below have one size, and not {sizes}; each level has half the "
                        "size of the one before, rounded up")  # fmt: skip
    return _fused([*maps, below], width, mode, act, style)


def _wide(x: Value, width: int, style: Style, name: str) -> Value:
    """The map where it has `width` channels, else a convolution of it."""
    return x if x.channels == width else linear_bn(x, width, style, name=name)


def _fused(maps: list[Value], width: int, mode: Mode, act: Activation, style: Style) -> Value:
    weights = None if mode == "sum" else parameter((len(maps),), init="ones", name="edge_weights")
    x = weighted_sum(maps, weights, mode=mode, eps=EPS)
    return style.norm(separable_conv_bias(act(x), width, name="conv"), "bn")


@block
def bifpn(
    maps: list[Value], width: int, mode: Mode = "fast", act: Activation = silu, style: Style = TORCH
) -> list[Value]:
    """Two maps or more of halving size, the largest first, to as many of these sizes and `width` channels.

    `mode` is that of `weighted_sum`: "fast" for D0 to D5, "sum" for D6 and D7, which have no weights. Raises SpecError
    for one map, or one that has not half the size of the one before, rounded up.
    """
    if len(maps) < 2:
        raise SpecError(f"a BiFPN fuses two levels or more, not {len(maps)}")
    how: dict[str, Any] = {"width": width, "mode": mode, "act": act, "style": style}
    inner = [maps[-1]]
    for x in maps[-2::-1]:
        inner.insert(0, fused_above(x, inner[0], **how, name=f"fnode.{len(inner) - 1}"))
    outputs = [inner[0]]
    for x, between in zip(maps[1:], [*inner[1:-1], None], strict=True):
        level = [x] if between is None else [x, between]
        outputs.append(fused_below(level, outputs[-1], **how, name=f"fnode.{len(maps) + len(outputs) - 2}"))
    return outputs
