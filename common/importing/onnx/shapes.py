"""Views, slices, and what joins values: nothing here computes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops.channel_gather import ChannelGather
from ..axes import STRETCHED, Atom, Unknown, joined, reshaped
from ..draft import View
from ..layout import as_map, as_value, first, like, settled
from ..slices import concatenated, part
from .folding import axes_of, element, slice_numbers, split_sizes, wanted_shape
from .products import along
from .table import Call, Const, means

TURNED = 1 << 16
"""Channels at most whose order is another than that of memory: each is then named."""


@means("Identity")
def same(call: Call) -> View:
    """The same numbers."""
    return call.value()


@means("Cast", "CastLike")
def cast(call: Call) -> View:
    """Numbers of another type, which are the same where both are floating-point."""
    kind = element(call.said("to", 1))
    if kind.kind != "f":
        raise Unknown(f"to {kind.name}")
    return call.value()


@means("Shape")
def shape(call: Call) -> Const:
    """The shape, which is known at each size."""
    found = call.value().shape
    return Const(np.array(found[slice(call.node.attributes.get("start"), call.node.attributes.get("end"))], np.int64))


@means("Size")
def size(call: Call) -> Const:
    """How many numbers there are."""
    return Const(np.array(np.prod(call.value().shape), np.int64))


def _again(call: Call, x: View, axes: Any) -> View:
    return settled(call.draft, x.seen(tuple(axes)))


@means("Reshape")
def reshape(call: Call) -> View:
    """Another shape."""
    x, wanted = call.value(), call.const(1, "a shape")
    given = np.array(call.node.attributes.get("shape", [])) if wanted is None else wanted.array
    sizes = wanted_shape(given, x.shape, bool(call.said("allowzero", 0)))
    if -1 not in sizes and np.prod(sizes, dtype=object) != np.prod(x.shape, dtype=object):
        raise Unknown(f"a view of the shape {sizes} of a value of {x.shape}")
    return _again(call, x, reshaped(x.axes, sizes))


@means("Flatten")
def flatten(call: Call) -> View:
    """Two axes of all: those before an axis, and those from it on."""
    x = call.value()
    axis = call.said("axis", 1)
    axis = axis + len(x.axes) if axis < 0 else axis
    return _again(call, x, reshaped(x.axes, [int(np.prod(x.shape[:axis], dtype=np.int64)), -1]))


@means("Transpose")
def transpose(call: Call) -> View:
    """Axes in another order."""
    x = call.value()
    order = call.node.attributes.get("perm") or list(range(len(x.axes)))[::-1]
    if sorted(order) != list(range(len(x.axes))):
        raise Unknown(f"in the order {order} of {len(x.axes)} axes")
    return _again(call, x, [x.axes[place] for place in order])


@means("Squeeze")
def squeeze(call: Call) -> View:
    """Without these axes of length 1, or without all of them."""
    x = call.value()
    axes, count = axes_of(call.consts(), call.node.attributes), len(x.axes)
    gone = {n % count for n in (range(count) if axes is None else axes)}
    if axes is not None and any(x.axes[n] for n in gone):
        raise Unknown(f"of axes longer than 1 of a value of {x.shape}")
    return _again(call, x, [axis for n, axis in enumerate(x.axes) if n not in gone or axis])


@means("Unsqueeze")
def unsqueeze(call: Call) -> View:
    """With axes of length 1."""
    x = call.value()
    axes = axes_of(call.consts(), call.node.attributes) or []
    rank = len(x.axes) + len(axes)
    added, rest = {n % rank for n in axes}, iter(x.axes)
    return _again(call, x, [() if n in added else next(rest) for n in range(rank)])


@means("Expand")
def expand(call: Call) -> View:
    """Axes of length 1 repeated."""
    x, wanted = call.value(), call.const(1, "a shape")
    sizes = [int(n) for n in wanted.array.reshape(-1)] if wanted else []
    rank = max(len(sizes), len(x.axes))
    sizes, axes = [1] * (rank - len(sizes)) + sizes, ((),) * (rank - len(x.axes)) + x.axes
    found = []
    for axis, wide in zip(axes, sizes, strict=True):
        found.append((Atom(STRETCHED, 0, wide),) if not axis and wide > 1 else axis)
    return x.seen(tuple(found))


@means("Tile")
def tile(call: Call) -> View:
    """Axes several times, one after the other."""
    x, times = call.value(), call.const(1, "numbers")
    counts = [int(n) for n in times.array.reshape(-1)] if times else []
    if len(counts) != len(x.axes) or min(counts) < 1:
        raise Unknown(f"{counts} times")
    found = [((Atom(STRETCHED, 0, n),) if n > 1 else ()) + axis for n, axis in zip(counts, x.axes, strict=True)]
    return x.seen(tuple(map(joined, found)))


@means("Slice")
def sliced(call: Call) -> View:
    """Parts of axes."""
    x = call.value()
    starts, stops, axes, steps = slice_numbers(call.consts(), call.node.attributes)
    for place, start in enumerate(starts):
        axis = (axes[place] if axes is not None else place) % len(x.axes)
        bounds = slice(start, stops[place], steps[place] if steps else 1).indices(x.shape[axis])
        x = part(call.draft, x, axis, *bounds)
    return x


@means("Split")
def split(call: Call) -> list[View]:
    """Parts of an axis."""
    x, count = call.value(), len(call.node.outputs)
    axis = call.said("axis", 0) % len(x.axes)
    found, at = [], 0
    for length in split_sizes(call.consts(), call.node.attributes, x.shape[axis], count):
        found.append(part(call.draft, x, axis, at, at + length))
        at += length
    return found


@means("Gather")
def gather(call: Call) -> View:
    """Places of an axis by their numbers."""
    x, places = call.value(), call.const(1, "numbers")
    if places is None or places.array.dtype.kind not in "iu" or places.array.size == 0:
        raise Unknown("by what are no numbers")
    axis = call.said("axis", 0) % len(x.axes)
    length = x.shape[axis]
    flat = places.array.reshape(-1)
    if len(flat) > TURNED and axis != 0:
        raise Unknown("of too many places")
    if flat.min() < -length or flat.max() >= length:
        raise Unknown(f"of places beyond a length of {length}")
    numbers = [int(n) % length for n in flat]
    if numbers == list(range(length)):
        inner = list(places.shape)
        return _again(call, x, reshaped(x.axes, [*x.shape[:axis], *inner, *x.shape[axis + 1 :]]))
    if not places.shape:
        found = part(call.draft, x, axis, numbers[0], numbers[0] + 1)
        return found.seen(tuple(own for n, own in enumerate(found.axes) if n != axis))
    return _picked(call, x, axis, numbers, places)


def _picked(call: Call, x: View, axis: int, numbers: list[int], places: Const) -> View:
    if len(places.shape) != 1 or x.order not in ("map", "vector", "last"):
        raise Unknown("by numbers of several axes, or of another axis than channels")
    channel = 3 if x.order == "last" else 1
    if axis != channel and x.order != "vector":
        place = axis - (1 if x.order == "last" else 2)
        made = along(call.draft, as_map(call.draft, first(x)), place, np.eye(x.shape[axis])[numbers])
        return like(x, call.draft.view(made))
    if axis != channel:
        raise Unknown("of another axis than channels")
    step = as_value(call.draft, first(x))
    whole = like(x, call.draft.view(step))
    axes = _turned(whole, axis, numbers)
    return _again(call, whole, axes) if axes else like(x, call.add(ChannelGather(tuple(numbers)), step))


def _turned(x: View, axis: int, numbers: list[int]) -> Any:
    """The axes of a shuffle of all channels, which numbers say; None for another choice of them."""
    count = len(numbers)
    inner = numbers[1] - numbers[0] if count > 1 else 0
    if count != x.base[0] or inner < 2 or count % inner:
        return None
    groups = count // inner
    if numbers != [group * inner + place for place in range(inner) for group in range(groups)]:
        return None
    axes = list(x.axes)
    axes[axis] = (Atom("C", 1, inner), Atom("C", inner, groups))
    return tuple(axes)


@means("Concat")
def concat(call: Call) -> View:
    """Values one after the other along their channels."""
    given = [call.value(place) for place in range(len(call.given))]
    return concatenated(call.draft, given, call.said("axis", 0))
