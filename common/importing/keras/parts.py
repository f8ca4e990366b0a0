"""Parts of values: what is written as `x[...]`, splits and stacks, and axes of length 1."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from ...ops.channel_gather import ChannelGather
from ...ops.channel_slice import ChannelSlice
from ...ops.concat import Concat
from ..axes import Unknown
from ..draft import View
from ..slices import thinned
from .maps import settled
from .table import Layer, means, value, values

ALL = slice(None)


@means(functions=("GetItem",))
def item(layer: Layer, x: Any, key: Any = None) -> View:
    """A part of a value, with axes of length 1 that come and go."""
    view = value(x)
    parts = _parts(key, len(view.axes))
    view = _cut(layer, view, [part for part in parts if part is not None])
    axes = iter(view.axes)
    found = [(part, () if part is None else next(axes)) for part in parts]
    return settled(layer, view.seen(tuple(axis for part, axis in found if not isinstance(part, int))))


def _parts(key: Any, rank: int) -> list[int | slice | None]:
    """A part for each axis, and None for each that comes new."""
    parts = list(key) if isinstance(key, (list, tuple)) else [key]
    if not all(part is None or part is ... or type(part) in (int, slice) for part in parts):
        raise Unknown("of parts that depend on values")
    if parts.count(...) == 0:
        parts.append(...)
    place = parts.index(...)
    rest = rank - sum(part is not None and part is not ... for part in parts)
    if rest < 0 or parts.count(...) > 1:
        raise Unknown("of more axes than the value has")
    parts[place : place + 1] = [ALL] * rest
    if next((part for part in parts if part is not None), ALL) != ALL or parts[:1] == [None]:
        raise Unknown("of the axis of images")
    return parts


def _cut(layer: Layer, view: View, parts: Sequence[int | slice]) -> View:
    """The places and channels that parts of the axes keep; a number keeps its axis, with a length of 1."""
    kept = [_kept(part, size) for part, size in zip(parts, view.shape, strict=True)]
    if all(len(own) == size for own, size in zip(kept, view.shape, strict=True)) and all(n.step == 1 for n in kept):
        return view
    step, channels = layer.value(view), kept[-1]
    places, sizes = kept[1:-1], view.shape[1:-1]
    if any(own.step < 1 for own in places):
        raise Unknown("with rows or columns backwards")
    if places:
        rows, columns = ((own.start, size - own.stop) for own, size in zip(places, sizes, strict=True))
        step = thinned(layer.draft, step, (*rows, *columns), (places[0].step, places[1].step), layer.path)
    if channels.step == 1 and len(channels) < view.shape[-1]:
        return layer.add(ChannelSlice(channels.start, channels.stop), step)
    if channels.step != 1:
        return layer.add(ChannelGather(tuple(channels)), step)
    return layer.shown(step)


def _kept(part: int | slice, size: int) -> range:
    found = range(size)[part] if isinstance(part, slice) else range(size)[part % size : part % size + 1]
    if not found or (isinstance(part, int) and not -size <= part < size):
        raise Unknown("without any place or channel left")
    return found if len(found) > 1 else range(found[0], found[0] + 1)


@means(functions=("Split",))
def split(layer: Layer, x: Any, parts: Any = None, axis: int | None = None, sizes: Any = None) -> list[View]:
    """Runs of channels: so many equal ones, or cut before each of some channels; `sizes` says how long each is."""
    view = value(x)
    axis = layer.config.get("axis", 0) if axis is None else axis
    parts = layer.config.get("indices_or_sections") if parts is None else parts
    if axis not in (-1, len(view.axes) - 1):
        raise Unknown("along another axis than channels")
    channels = view.shape[-1]
    if sizes is not None:
        parts = sizes if isinstance(sizes, int) else list(accumulate(sizes))[:-1]
    if isinstance(parts, int):
        if channels % parts:
            raise Unknown(f"of {channels} channels into {parts}")
        parts = list(range(channels // parts, channels, channels // parts))
    step = layer.value(view)
    runs = enumerate(pairwise([0, *parts, channels]))
    return [layer.add(ChannelSlice(start, stop), step, label=f"{layer.path}_{n}") for n, (start, stop) in runs]


@means(functions=("Stack",))
def stack(layer: Layer, *given: Any, axis: int | None = None) -> View:
    """Maps or numbers as the channels of one value; single channels of one value are that in another order."""
    found = [value(view) for view in values(given)]
    ranks, axis = {len(view.axes) for view in found}, layer.config.get("axis", 0) if axis is None else axis
    if len(ranks) != 1 or axis not in (-1, *ranks):
        raise Unknown("along another axis than a last one")
    steps = [layer.value(view.seen((*view.axes, ()))) for view in found]
    made = [layer.draft.steps[step] for step in steps]
    if len({step.inputs for step in made}) == 1 and all(isinstance(step.op, ChannelSlice) for step in made):
        indices = tuple(step.op.start for step in made if isinstance(step.op, ChannelSlice))
        return layer.add(ChannelGather(indices), *made[0].inputs)
    return layer.add(Concat(), *steps) if len(steps) > 1 else layer.shown(steps[0])


@means(functions=("ExpandDims",))
def expanded(layer: Layer, x: Any, axis: Any = None) -> View:
    """A new axis of length 1."""
    view, axes = value(x), _listed(layer, axis)
    rank = len(view.axes) + len(axes)
    new = {n % rank for n in axes}
    old = iter(view.axes)
    return settled(layer, view.seen(tuple(() if place in new else next(old) for place in range(rank))))


@means(functions=("Squeeze",))
def squeezed(layer: Layer, x: Any, axis: Any = None) -> View:
    """Without axes of length 1."""
    view, rank = value(x), len(value(x).axes)
    gone = {n % rank for n in _listed(layer, axis)} or {n for n in range(1, rank) if view.shape[n] == 1}
    if 0 in gone or any(view.shape[n] != 1 for n in gone):
        raise Unknown("of an axis that is longer than 1")
    return settled(layer, view.seen(tuple(own for place, own in enumerate(view.axes) if place not in gone)))


def _listed(layer: Layer, axis: Any) -> list[int]:
    axis = layer.config.get("axis") if axis is None else axis
    return [] if axis is None else [axis] if isinstance(axis, int) else list(axis)
