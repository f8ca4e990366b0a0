"""Path aggregation (Liu et al. 2018, PANet, figure 1 a and b), as the YOLOs have it: they join maps side by side.

Top down, each level is narrowed and doubled in size, and joins the level below; bottom up, each result is halved, and
joins the narrowed map of the level above:

    P5 ----------- narrow.0 ------------------- merge, bottom_up.1 -> 1/32
                      | x2                         | down.1
    P4 ----------- top_down.0 - narrow.1 ------ merge, bottom_up.0 -> 1/16
                                   | x2            | down.0
    P3 ------------------------ top_down.1 --------+----------------> 1/8

`pan` is a block of its own; `top_down` and `bottom_up` make the same layers in the block around, by other names where
these are given. With `added` in place of `concat` they add the maps, as the paper does; its own network is `panet`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ..errors import SpecError
from ..ops.add import add
from ..ops.concat import concat
from ..ops.resize import resize
from ..trace import Value, block
from .conv_bn_act import Unit, conv_bn_act

NONE: Mapping[str, str] = {}
Join = Callable[[Sequence[Value]], Value]
"""What makes one map of two."""


def added(maps: Sequence[Value]) -> Value:
    """The sum of two maps; raises SpecError where they have two shapes, of which `add` would repeat one."""
    first, second = maps
    if first.shape != second.shape:
        shapes = " and ".join(str(tuple(map(int, x.shape))) for x in maps)
        raise SpecError(f"path aggregation adds maps of one shape, not {shapes}; take levels of which each has half "
                        "the size of the one before, rounded up")  # fmt: skip
    return add(first, second)


def top_down(
    maps: Sequence[Value], widths: Sequence[int], merge: Unit, conv: Unit = conv_bn_act,
    names: Mapping[str, str] = NONE, join: Join = concat,
) -> tuple[list[Value], list[Value]]:  # fmt: skip
    """From the largest map on; answers with the level below the last, ..., the first, and what each was narrowed from.

    `merge` makes a map of (x, channels), `conv` one of (x, channels, kernel); `widths` are the channels of each level
    but the last.
    """
    x, narrowed, merged = maps[-1], list[Value](), list[Value]()
    for step, (below, width) in enumerate(zip(maps[-2::-1], widths[::-1], strict=True)):
        narrowed.append(conv(x, width, 1, name=_named(names, f"narrow.{step}")))
        x = merge(join([_doubled(narrowed[-1], below), below]), width, name=_named(names, f"top_down.{step}"))
        merged.append(x)
    return merged, narrowed


def bottom_up(
    x: Value, narrowed: Sequence[Value], widths: Sequence[int], merge: Unit, down: Unit,
    names: Mapping[str, str] = NONE, join: Join = concat,
) -> list[Value]:  # fmt: skip
    """The lowest level, and all above it; `widths` are the channels of each level but the first.

    `down` halves a map, of (x, channels, stride=).
    """
    outputs = [x]
    for step, (above, width) in enumerate(zip(narrowed, widths, strict=True)):
        x = down(x, x.channels, stride=2, name=_named(names, f"down.{step}"))
        x = merge(join([x, above]), width, name=_named(names, f"bottom_up.{step}"))
        outputs.append(x)
    return outputs


def _doubled(x: Value, below: Value) -> Value:
    """A map at twice its size; raises SpecError where that is not the size of the map below it."""
    doubled = (2 * x.shape[1], 2 * x.shape[2])
    if doubled != below.shape[1:]:
        raise SpecError(
            f"a level of {x.shape[1]} x {x.shape[2]} has the double size {doubled[0]} x {doubled[1]}, and the level "
            f"below has {below.shape[1]} x {below.shape[2]}; take an input whose sides are multiples of 32, or of the "
            "factor between the image and its smallest map"
        )
    return resize(x, scale=2)


def _named(names: Mapping[str, str], name: str) -> str:
    return names.get(name, name)


def aggregated(
    maps: Sequence[Value], merge: Unit, conv: Unit = conv_bn_act, down: Unit | None = None,
    names: Mapping[str, str] = NONE, join: Join = concat,
) -> list[Value]:  # fmt: skip
    """The layers of `pan` as children of the block around."""
    widths = [value.channels for value in maps]
    merged, narrowed = top_down(maps, widths[:-1], merge, conv, names, join)
    down = down or partial(conv, kernel=3)
    return bottom_up(merged[-1], narrowed[::-1], widths[1:], merge, down, names, join)


@block
def pan(
    maps: list[Value], merge: Unit, conv: Unit = conv_bn_act, down: Unit | None = None, join: Join = concat
) -> list[Value]:
    """Maps of halving size, the largest first, to maps of the same shapes that know of the levels above and below.

    `merge(x, channels)` is what follows each join, such as a `c3` without sums; `conv(x, channels, kernel)` makes the
    1x1 convolutions, and the 3x3 ones of stride 2 where there is no `down(x, channels, stride=)`. `join` makes one map
    of two: `concat`, or `added`, for which the levels that go up have the widths of those that they meet.
    """
    return aggregated(maps, merge, conv, down, join=join)
