"""Parts of an axis, of which a stride may leave some out, borders around a map, and parts that are joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..geometry import Pads, Pair
from ..ops.add import Add
from ..ops.channel_gather import ChannelGather
from ..ops.channel_slice import ChannelSlice
from ..ops.concat import Concat
from ..ops.crop import Crop
from ..ops.max_pool import MaxPool
from ..ops.pad import Mode, Pad
from ..ops.space_to_depth import Order, SpaceToDepth
from .axes import Atom, Unknown, joined
from .draft import Draft, View
from .layout import as_map, as_value, first, like

NOTHING: Pads = (0, 0, 0, 0)


def part(draft: Draft, x: View, axis: int, low: int, high: int, apart: int = 1) -> View:
    """Places low, low + apart, ... of an axis, up to high - 1; raises Unknown where no op says it."""
    length = x.shape[axis]
    if (low, high, apart) == (0, length, 1):
        return x
    if low >= high or apart < 1:
        raise Unknown("a slice of nothing, or backwards")
    if x.order in ("map", "vector", "last") and axis == (3 if x.order == "last" else 1):
        step = as_value(draft, first(x))
        op = ChannelSlice(low, high) if apart == 1 else ChannelGather(tuple(range(low, high, apart)))
        return like(x, draft.view(draft.add(op, step)))
    own = x.axes[axis]
    if len(own) == 1 and own[0].letter == "C" and not x.doubtful:
        return _groups(draft, x, axis, low, high, apart)
    return _places(draft, x, axis, (low, length - high), apart)


def _groups(draft: Draft, x: View, axis: int, low: int, high: int, apart: int) -> View:
    """Some of the groups that the channels are seen in."""
    (own,) = x.axes[axis]
    if apart != 1 or own.stride * own.size != x.base[0]:
        raise Unknown("a slice of every second group of channels")
    made = draft.view(draft.add(ChannelSlice(low * own.stride, high * own.stride), x.step))
    axes = list(x.axes)
    axes[axis] = joined([Atom("C", own.stride, high - low)])
    return made.seen(tuple(axes))


@dataclass(frozen=True)
class _Places:
    """Rows and columns of the map of a step: without those that are cut off, the first of each stride."""

    step: int
    cuts: Pads = NOTHING
    stride: Pair = (1, 1)


def _places(draft: Draft, x: View, axis: int, cut: Pair, apart: int) -> View:
    """Rows or columns of a map."""
    place = axis - (1 if x.order == "last" else 2)
    if x.order not in ("map", "last") or place not in (0, 1):
        raise Unknown("a slice of another axis")
    found = _of(draft, as_map(draft, first(x)), draft.scopes)
    if found.stride[place] != 1:
        found = _Places(as_map(draft, first(x)))
    cuts, strides = list(found.cuts), list(found.stride)
    cuts[2 * place] += cut[0]
    cuts[2 * place + 1] += cut[1]
    strides[place] = apart
    around, stride = (cuts[0], cuts[1], cuts[2], cuts[3]), (strides[0], strides[1])
    return like(x, draft.view(thinned(draft, found.step, around, stride)))


def thinned(draft: Draft, step: int, cuts: Pads, stride: Pair, label: str = "") -> int:
    """The step of some places of a map: without what is cut off, and a pool of single numbers for a stride."""
    if any(cuts):
        step = draft.add(Crop(cuts), step, label=label and f"{label}_crop")
    return step if stride == (1, 1) else draft.add(MaxPool((1, 1), stride), step, label=label and f"{label}_stride")


def _of(draft: Draft, index: int, scopes: Sequence[object] | None = None) -> _Places:
    """What a step is of another, where it was made here: code cuts one axis after the other."""
    found, step = _Places(index), draft.steps[index]
    if isinstance(step.op, MaxPool) and step.op == MaxPool((1, 1), step.op.stride) and scopes in (None, step.scopes):
        found = _Places(step.inputs[0], NOTHING, step.op.stride)
        step = draft.steps[found.step]
    if isinstance(step.op, Crop) and scopes in (None, step.scopes):
        found = replace(found, step=step.inputs[0], cuts=step.op.cuts)
    return found


def framed(draft: Draft, x: View, pads: Pads, mode: Mode = "constant", number: float = 0.0) -> View:
    """A map with a border; numbers below zero are cut off."""
    top, bottom, left, right = (max(n, 0) for n in pads)
    made = x
    if min(pads) < 0:
        above, below, before, after = (max(-n, 0) for n in pads)
        made = like(x, draft.view(draft.add(Crop((above, below, before, after)), as_map(draft, first(x)))))
    if max(pads) <= 0:
        return made
    return like(x, draft.view(draft.add(Pad((top, bottom, left, right), number, mode), as_map(draft, first(made)))))


def window_sum(draft: Draft, step: int, size: int) -> int:
    """The step of the sum over `size` channels, one after the other."""
    channels = draft.steps[step].shape[0] - size + 1
    found, *rest = [draft.add(ChannelSlice(place, place + channels), step) for place in range(size)]
    for item in rest:
        found = draft.add(Add(), found, item)
    return found


def concatenated(draft: Draft, given: Sequence[View], axis: int) -> View:
    """Values one after the other along their channels; raises Unknown for another axis."""
    if len(given) == 1:
        return given[0]
    orders = {x.order for x in given}
    last = orders == {"last"}
    if (orders not in ({"map"}, {"vector"}) and not last) or axis % len(given[0].axes) != (3 if last else 1):
        raise Unknown("along another axis than channels")
    steps = [as_value(draft, first(x)) for x in given]
    square = None if orders == {"vector"} else squares(draft, steps)
    made = draft.add(Concat(), *steps) if square is None else draft.add(square[1], square[0])
    return like(given[0], draft.view(made))


def squares(draft: Draft, steps: Sequence[int]) -> tuple[int, SpaceToDepth] | None:
    """(step, op) of the squares of places that these are, one after the other; None for anything else.

    So a focus layer is written: four slices of every second row and column, concatenated.
    """
    found = [_of(draft, step) for step in steps]
    block = found[0].stride[0]
    _, *size = draft.steps[found[0].step].shape
    alike = {(item.step, item.stride, item.cuts[1], item.cuts[3]) for item in found}
    if alike != {(found[0].step, (block, block), 0, 0)} or block < 2 or any(int(n) % block for n in size):
        return None
    firsts = [(item.cuts[0], item.cuts[2]) for item in found]
    rows = [(i, j) for i in range(block) for j in range(block)]
    orders: dict[Order, bool] = {"tf": firsts == rows, "focus": block == 2 and firsts == [(j, i) for i, j in rows]}
    order = next((name for name, fits in orders.items() if fits), None)
    return None if order is None else (found[0].step, SpaceToDepth(block, order))
