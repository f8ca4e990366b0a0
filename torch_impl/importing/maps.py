"""Pools, means, pads and other sizes of maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...common.importing.axes import Unknown
from ...common.importing.draft import View
from ...common.importing.layout import as_map, first, like
from ...common.importing.slices import framed, window_sum
from ...common.ops.adaptive_avg_pool import AdaptiveAvgPool
from ...common.ops.adaptive_max_pool import AdaptiveMaxPool
from ...common.ops.avg_pool import AvgPool
from ...common.ops.channel_pad import ChannelPad
from ...common.ops.max_pool import MaxPool
from ...common.ops.rescale import Rescale
from ...common.ops.resize import Mode, Resize, Rule
from .table import Reading, means, two, value


@means("max_pool2d")
def max_pool2d(
    reading: Reading,
    x: Any,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    ceil: bool = False,
) -> View:
    """The maximum of windows."""
    if two(dilation) != (1, 1):
        raise Unknown("with a dilation")
    (height, width), steps = two(padding), two(stride or kernel)
    op = MaxPool(two(kernel), steps, (height, height, width, width), bool(ceil))
    return reading.add(op, as_map(reading.draft, value(x, "a pool")))


@means("avg_pool2d")
def avg_pool2d(
    reading: Reading,
    x: Any,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    ceil: bool = False,
    include: bool = True,
    divisor: int | None = None,
) -> View:
    """The mean of windows."""
    (height, width), steps = two(padding), two(stride or kernel)
    if divisor is not None:
        raise Unknown("with a divisor of its own")
    op = AvgPool(two(kernel), steps, (height, height, width, width), bool(ceil), bool(include))
    return reading.add(op, as_map(reading.draft, value(x, "a pool")))


@means("adaptive_avg_pool2d")
def adaptive_avg_pool2d(reading: Reading, x: Any, size: Sequence[int]) -> View:
    """The mean of windows, as many as are asked for."""
    return reading.add(AdaptiveAvgPool(two(size)), as_map(reading.draft, value(x, "a pool")))


@means("adaptive_max_pool2d")
def adaptive_max_pool2d(reading: Reading, x: Any, size: Sequence[int]) -> list[View]:
    """The maximum of windows, as many as are asked for; where they are is not told."""
    return [reading.add(AdaptiveMaxPool(two(size)), as_map(reading.draft, value(x, "a pool")))]


@means("pad", "constant_pad_nd")
def pad(reading: Reading, x: Any, pads: Sequence[int], mode: Any = "constant", fill: float | None = None) -> View:
    """A border of constants; `pads` begin with the last axis."""
    if not isinstance(mode, str):
        mode, fill = "constant", mode
    x = value(x, "a pad")
    if len(x.axes) == 5 and not x.axes[1] and not any(pads[6:]):  # as local response normalisation has it
        made = pad(reading, x.seen((x.axes[0], *x.axes[2:])), pads[:6], mode, fill)
        return made.seen((made.axes[0], (), *made.axes[1:]))
    around = [*pads, *[0] * (8 - len(pads))]
    if x.order == "last":
        around = [*around[2:6], *around[:2], *around[6:]]
    left, right, top, bottom, before, after, *others = map(int, around)
    if not any(around):
        return value(x)
    zeros = mode == "constant" and not fill and min(before, after) >= 0
    if x.order not in ("map", "last") or any(others) or ((before or after) and not zeros):
        raise Unknown("of images or of a vector, or of channels by other numbers than zeros")
    x = framed(reading.draft, x, (top, bottom, left, right), mode, float(fill or 0))
    if not before and not after:
        return x
    return like(x, reading.add(ChannelPad(before, after), as_map(reading.draft, first(x))))


@means("avg_pool3d")
def over_channels(
    reading: Reading,
    x: Any,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    ceil: bool = False,
    include: bool = True,
    divisor: int | None = None,
) -> View:
    """The mean over a window of channels, one after the other, as local response normalisation has it."""
    x = value(x, "a pool")
    size, *rest = kernel
    plain = rest == [1, 1] and set(stride) == {1} and not any(padding) and not ceil and divisor is None
    if len(x.axes) != 5 or x.axes[1] or not plain:
        raise Unknown("over other windows than of channels")
    n, one, *inner = x.axes
    step = as_map(reading.draft, x.seen((n, *inner)))
    made = window_sum(reading.draft, step, int(size))
    mean = reading.add(Rescale(1 / int(size)), made)
    return mean.seen((mean.axes[0], one, *mean.axes[1:]))


@means("upsample_nearest2d")
def nearest(reading: Reading, x: Any, size: Any = None, factors: Any = None, *more: Any) -> View:
    """The pixel at floor(i * m / n)."""
    return _resized(reading, x, size, _factors(factors, more), "nearest", "asymmetric")


@means("_upsample_nearest_exact2d")
def nearest_exact(reading: Reading, x: Any, size: Any = None, factors: Any = None, *more: Any) -> View:
    """The pixel at floor((i + 1/2) * m / n)."""
    return _resized(reading, x, size, _factors(factors, more), "nearest", "half_pixel")


@means("upsample_bilinear2d")
def bilinear(reading: Reading, x: Any, size: Any, corners: bool, factors: Any = None, *more: Any) -> View:
    """Between four pixels."""
    rule: Rule = "align_corners" if corners else "half_pixel"
    return _resized(reading, x, size, _factors(factors, more), "bilinear", rule)


@means("upsample_bicubic2d")
def bicubic(reading: Reading, x: Any, size: Any, corners: bool, factors: Any = None, *more: Any) -> View:
    """Between sixteen pixels."""
    rule: Rule = "align_corners" if corners else "half_pixel"
    return _resized(reading, x, size, _factors(factors, more), "bicubic", rule)


def _factors(factors: Any, more: tuple[Any, ...]) -> list[float] | None:
    """The factors of height and width, which come as a list or one after the other."""
    if isinstance(factors, (int, float)):
        return [float(factors), *map(float, more)]
    return list(factors) if factors else None


def _resized(reading: Reading, x: Any, size: Any, factors: list[float] | None, mode: Mode, rule: Rule) -> View:
    x = value(x, "a resize")
    step = as_map(reading.draft, x)
    source = reading.draft.steps[step].shape
    has = (source[1], source[2])
    wanted = (
        two(size) if size is not None else tuple(math.floor(n * f) for n, f in zip(has, factors or (), strict=True))
    )
    if factors and any(n != m * f for n, m, f in zip(wanted, has, factors, strict=True)):
        raise Unknown(f"by factors of {factors}, which do not come out even")
    if factors and factors[0] == factors[1] == int(factors[0]):
        return reading.add(Resize(int(factors[0]), mode=mode, rule=rule), step)
    return reading.add(Resize(size=(wanted[0], wanted[1]), source=has, mode=mode, rule=rule), step)
