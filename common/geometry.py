"""Windows over a grid: pads, strides and the sizes they give."""

from __future__ import annotations

from typing import Literal

from .errors import SpecError
from .text import TIMES, shape_text

Pair = tuple[int, int]
Pads = tuple[int, int, int, int]
"""(top, bottom, left, right)"""
Padding = Pads | Literal["same"]


def one_or_both(sizes: Pair) -> str:
    """A pair in words, equal numbers as one."""
    return str(int(sizes[0])) if sizes[0] == sizes[1] else shape_text(sizes, TIMES)


def over(stride: Pair) -> str:
    """A stride in words, "/2"; "" for one of 1."""
    return "" if stride == (1, 1) else f"/{one_or_both(stride)}"


def pair(value: int | Pair) -> Pair:
    """(height, width) from one number or two."""
    return (value, value) if isinstance(value, int) else value


def padding(value: int | Pair | Pads | Literal["same"]) -> Padding:
    """Four explicit pads from one number, (height, width) or all four; "same" is TensorFlow's SAME."""
    if value == "same":
        return "same"
    if isinstance(value, int):
        return (value, value, value, value)
    if isinstance(value, tuple) and len(value) == 2:
        return (value[0], value[0], value[1], value[1])
    if isinstance(value, tuple) and len(value) == 4:
        return value
    raise SpecError(f"a pad is one number, (height, width), (top, bottom, left, right) or 'same', not {value!r}")


def check_window(kernel: Pair, stride: Pair, pads: Padding, dilation: Pair = (1, 1)) -> None:
    """Raise SpecError for a window of no extent, one that does not move, or pads below zero."""
    for name, value in {"kernel": kernel, "stride": stride, "dilation": dilation}.items():
        if min(value) < 1:
            raise SpecError(f"the {name} is at least 1 on either axis, not {shape_text(value, TIMES)}")
    if pads != "same" and min(pads) < 0:
        raise SpecError(f"pads are not negative, as in {tuple(map(int, pads))}")


def same_pads(size: int, kernel: int, stride: int, dilation: int = 1) -> Pair:
    """(before, after) of TensorFlow's SAME on one axis: it depends on the size and puts the odd one after.

    >>> same_pads(224, 3, 2), same_pads(225, 3, 2)
    ((0, 1), (1, 1))
    """
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def resolved(pads: Padding, size: Pair, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Pads:
    """The four pads for an input of `size` (height, width)."""
    if pads != "same":
        return pads
    top, bottom = same_pads(size[0], kernel[0], stride[0], dilation[0])
    left, right = same_pads(size[1], kernel[1], stride[1], dilation[1])
    return top, bottom, left, right


def is_same(pads: Padding, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> bool:
    """Whether these pads are SAME for every input size: so they are at stride 1 with the odd one after."""
    return pads == "same" or (stride == (1, 1) and pads == resolved("same", (64, 64), kernel, stride, dilation))


def symmetric(pads: Padding) -> bool:
    """Whether the pads are the same on both sides of each axis, as torch's own `padding` demands."""
    return pads != "same" and pads[0] == pads[1] and pads[2] == pads[3]


def output_size(
    size: int, kernel: int, stride: int, before: int, after: int, dilation: int = 1, ceil: bool = False
) -> int:
    """The number of windows on one axis; `ceil` adds a partial one, unless it would start in the padding after."""
    free = size + before + after - ((kernel - 1) * dilation + 1)
    if free < 0 and not ceil:
        raise SpecError(f"a window of {(kernel - 1) * dilation + 1} does not fit on {size} + {before} + {after}")
    count = free // stride + 1
    if ceil:
        count = -(-free // stride) + 1
        count -= (count - 1) * stride >= size + before
    return count


def overhang(size: int, kernel: int, stride: int, before: int, after: int, count: int) -> int:
    """How far the last window of a ceil-mode pool reaches beyond the padded input (0 when it does not)."""
    return max((count - 1) * stride + kernel - (size + before + after), 0)
