"""Views, slices, and what joins values: nothing here computes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from ...common.importing.axes import STRETCHED, Atom, Unknown, reshaped
from ...common.importing.draft import View, no_gradient
from ...common.importing.layout import as_map, as_value, settled
from ...common.importing.slices import concatenated
from ...common.importing.slices import part as axis_part
from ...common.ops.channel_gather import ChannelGather
from ...common.ops.channel_shuffle import ChannelShuffle
from ...common.ops.depth_to_space import DepthToSpace
from ...common.ops.space_to_depth import SpaceToDepth
from .table import Const, Param, Reading, means, value

Seen = View | Param


@means("contiguous", "clone", "alias", "lift_fresh_copy", "to", "_to_copy", "type_as")
def same(reading: Reading, x: Any, *_: Any, **__: Any) -> Any:
    """The same numbers; another type of numbers is refused before."""
    return x


@means("detach", "detach_")
def detach(reading: Reading, x: Any) -> Any:
    """The same numbers, through which no gradient goes back; a note says so of a value of the image."""
    if isinstance(x, View):
        reading.draft.said.append(no_gradient(reading.draft.where))
    return x


@means("_assert_tensor_metadata")
def checked(*_: Any, **__: Any) -> None:
    """A check of a type, which makes nothing."""


@means("view", "reshape", "_unsafe_view")
def view(reading: Reading, x: Seen, *shape: Any) -> Seen:
    """Another shape."""
    sizes = list(shape[0]) if len(shape) == 1 and isinstance(shape[0], (list, tuple)) else list(shape)
    return _again(reading, x, reshaped(x.axes, sizes))


def _again(reading: Reading, x: Seen, axes: Any) -> Seen:
    return x.seen(axes) if isinstance(x, Param) else settled(reading.draft, x.seen(axes))


@means("reshape_as", "view_as")
def view_as(reading: Reading, x: Seen, other: Any) -> Seen:
    """The shape of another value."""
    return view(reading, x, other.shape)


@means("flatten")
def flatten(reading: Reading, x: Seen, start: int = 0, end: int = -1) -> Seen:
    """Axes start ... end as one."""
    sizes = list(x.shape)
    start, end = start % len(sizes), end % len(sizes)
    return view(reading, x, [*sizes[:start], math.prod(sizes[start : end + 1]), *sizes[end + 1 :]])


@means("unflatten")
def unflatten(reading: Reading, x: Seen, axis: int, sizes: Sequence[int]) -> Seen:
    """One axis as several."""
    shape = list(x.shape)
    axis %= len(shape)
    inner = list(sizes)
    if -1 in inner:
        inner[inner.index(-1)] = shape[axis] // max(1, -math.prod(inner))
    return view(reading, x, [*shape[:axis], *inner, *shape[axis + 1 :]])


@means("permute")
def permute(reading: Reading, x: Seen, order: Sequence[int]) -> Seen:
    """Axes in another order."""
    return _again(reading, x, tuple(x.axes[place] for place in order))


@means("transpose", "swapaxes", "swapdims")
def transpose(reading: Reading, x: Seen, one: int, other: int) -> Seen:
    """Two axes exchanged."""
    axes = list(x.axes)
    axes[one], axes[other] = axes[other], axes[one]
    return _again(reading, x, tuple(axes))


@means("t", "numpy_T", "mT")
def turned(reading: Reading, x: Seen) -> Seen:
    """The last two axes exchanged."""
    return transpose(reading, x, -2, -1)


@means("movedim", "moveaxis")
def movedim(reading: Reading, x: Seen, source: Any, destination: Any) -> Seen:
    """Axes at another place."""
    count = len(x.axes)
    moved = [n % count for n in ([source] if isinstance(source, int) else source)]
    places = [n % count for n in ([destination] if isinstance(destination, int) else destination)]
    rest = iter(n for n in range(count) if n not in moved)
    order = [moved[places.index(n)] if n in places else next(rest) for n in range(count)]
    return permute(reading, x, order)


@means("squeeze")
def squeeze(reading: Reading, x: Seen, axes: int | Sequence[int] | None = None) -> Seen:
    """Without these axes of length 1, or without all of them."""
    count = len(x.axes)
    given = range(count) if axes is None else [axes] if isinstance(axes, int) else axes
    gone = {n % count for n in given}
    return _again(reading, x, tuple(axis for n, axis in enumerate(x.axes) if n not in gone or axis))


@means("unsqueeze")
def unsqueeze(reading: Reading, x: Seen, place: int) -> Seen:
    """With an axis of length 1."""
    axes = list(x.axes)
    axes.insert(place % (len(axes) + 1), ())
    return _again(reading, x, tuple(axes))


@means("expand", "broadcast_to")
def expand(reading: Reading, x: Seen, *shape: Any, **_: Any) -> Seen:
    """Axes of length 1 repeated."""
    sizes = list(shape[0]) if len(shape) == 1 and isinstance(shape[0], (list, tuple)) else list(shape)
    axes = ((),) * (len(sizes) - len(x.axes)) + x.axes
    found = []
    for axis, size in zip(axes, sizes, strict=True):
        stretched = not axis and size not in (1, -1)
        found.append((Atom(STRETCHED, 0, size),) if stretched else axis)
    return x.seen(tuple(found))


@means("expand_as")
def expand_as(reading: Reading, x: Seen, other: Any) -> Seen:
    """Spread over another value."""
    return expand(reading, x, list(other.shape))


@means("slice")
def part(
    reading: Reading, x: Any, axis: int = 0, start: int | None = None, stop: int | None = None, step: int = 1
) -> Any:
    """Numbers start ... stop - 1 of an axis."""
    size = x.shape[axis]
    low, high, apart = slice(start, stop, step).indices(size)
    if (low, high, apart) == (0, size, 1):
        return x
    return axis_part(reading.draft, value(x, "a slice"), axis % len(x.axes), low, high, apart)


@means("narrow")
def narrow(reading: Reading, x: Any, axis: int, start: int, length: int) -> Any:
    """Numbers from `start` on."""
    return part(reading, x, axis, start, start + length)


@means("select")
def select(reading: Reading, x: Any, axis: int, place: int) -> Any:
    """One place of an axis, which is then gone."""
    axis, size = axis % len(x.shape), x.shape[axis]
    found = part(reading, x, axis, place % size, place % size + 1)
    return found.seen(tuple(own for n, own in enumerate(found.axes) if n != axis))


@means("unbind")
def unbind(reading: Reading, x: Any, axis: int = 0) -> list[Any]:
    """Every place of an axis."""
    return [select(reading, x, axis, place) for place in range(x.shape[axis])]


@means("split", "split_with_sizes", "unsafe_split", "split_copy")
def split(reading: Reading, x: Any, sizes: int | Sequence[int], axis: int = 0) -> list[Any]:
    """Parts of these sizes."""
    total, found, at = x.shape[axis], [], 0
    wanted = [sizes] * -(-total // sizes) if isinstance(sizes, int) else sizes
    for size in wanted:
        found.append(part(reading, x, axis, at, min(at + size, total)))
        at += size
    return found


@means("chunk", "unsafe_chunk")
def chunk(reading: Reading, x: Any, parts: int, axis: int = 0) -> list[Any]:
    """Equal parts, the last of which may be smaller."""
    return split(reading, x, -(-x.shape[axis] // parts), axis)


@means("cat", "concat", "concatenate")
def cat(reading: Reading, values: Sequence[Any], axis: int = 0) -> View:
    """Values one after the other along their channels."""
    return concatenated(reading.draft, [value(x, "a concatenation") for x in values], axis)


@means("stack")
def stack(reading: Reading, values: Sequence[Any], axis: int = 0) -> View:
    """Values along a new axis before their channels, which are then seen in groups."""
    given = [value(x, "a stack") for x in values]
    if axis != 1 or {x.order for x in given} not in ({"map"}, {"vector"}):
        raise Unknown("along another axis than one before the channels")
    made: View = cat(reading, given, 1)
    n, c, *rest = made.axes
    inner = made.base[0] // len(given)
    return made.seen(reshaped((n, c, *rest), [made.shape[0], len(given), inner, *made.shape[2:]]))


@means("index")
def index(reading: Reading, x: Any, places: Sequence[Any]) -> View:
    """Channels by their numbers."""
    x = value(x, "an index")
    given = [place for place in places if place is not None]
    known = len(given) == 1 and isinstance(given[0], Const) and len(given[0].shape) == 1
    if len(places) < 2 or places[1] is None or not known or x.order not in ("map", "vector"):
        raise Unknown("by numbers that are computed, or of another axis than channels")
    if given[0].tensor.dtype == torch.bool:
        raise Unknown("by a mask; pick channels by their numbers")
    numbers = tuple(int(n) % x.shape[1] for n in given[0].tensor.tolist())
    return reading.add(ChannelGather(numbers), as_value(reading.draft, x))


@means("flip")
def flip(reading: Reading, x: Any, axes: Sequence[int]) -> View:
    """Channels backwards, as from RGB to BGR."""
    x = value(x, "a flip")
    if x.order not in ("map", "vector") or [axis % len(x.axes) for axis in axes] != [1]:
        raise Unknown("of another axis than channels")
    return reading.add(ChannelGather(tuple(range(x.shape[1]))[::-1]), as_value(reading.draft, x))


@means("index_select")
def index_select(reading: Reading, x: Any, axis: int, places: Any) -> View:
    """Channels by their numbers."""
    return index(reading, x, [*[None] * axis, places])


@means("channel_shuffle")
def channel_shuffle(reading: Reading, x: Any, groups: int) -> View:
    """Channels dealt out."""
    return reading.add(ChannelShuffle(int(groups)), as_map(reading.draft, value(x)))


@means("pixel_shuffle")
def pixel_shuffle(reading: Reading, x: Any, block: int) -> View:
    """Channels as squares."""
    return reading.add(DepthToSpace(int(block), "torch"), as_map(reading.draft, value(x)))


@means("pixel_unshuffle")
def pixel_unshuffle(reading: Reading, x: Any, block: int) -> View:
    """Squares as channels."""
    return reading.add(SpaceToDepth(int(block), "torch"), as_map(reading.draft, value(x)))
