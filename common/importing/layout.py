"""From what code sees to maps (C, H, W) and vectors (C,), which ops take; views that mean an op become one here."""

from __future__ import annotations

from ..ops.channel_gather import ChannelGather
from ..ops.channel_shuffle import ChannelShuffle
from ..ops.flatten import Flatten
from ..ops.ordered_flatten import OrderedFlatten
from ..ops.place_reduce import PlaceReduce
from ..ops.resize import Resize
from ..ops.space_to_depth import Order, SpaceToDepth
from ..ops.to_map import ToMap
from ..ops.unflatten import Order as VectorOrder
from ..ops.unflatten import Unflatten
from .axes import STRETCHED, Atom, Axis, Unknown, channels, joined, only, places, whole
from .draft import BATCH, Draft, View

SQUARES: dict[Order, str] = {"torch": "CHW", "tf": "HWC", "focus": "WHC"}
"""The order in which squares become channels -> the letters of these, outer before inner."""
ORDERS = ("HWC", "CHW", "HCW", "WHC", "WCH", "CWH")
"""Orders in which a map is flattened."""
MEAN = "mean"
"""The name of a mean over height and width, which may have been taken to a vector at once."""


def as_map(draft: Draft, view: View) -> int:
    """The step whose value is what code sees as (N, C, H, W); raises Unknown where no op means the view.

    Axes are told by what they are made of, never by how long they are: a map whose channels come last is none here, and
    who means one says `first` of it.
    """
    if len(view.axes) != 4 or view.axes[0] != whole(BATCH, draft.batch) or view.doubtful:
        raise Unknown(f"{_rank(view)} where a map is taken")
    if view.order == "last":
        raise Unknown("a map whose channels come last where they come first")
    _, c, h, w = view.axes
    if view.base[1:] == (1, 1) and (h or w) and only(joined([*c, *h, *w]), "C"):
        flat = draft.once(Flatten(view.base), view.step, beside(draft, "flatten", "Flatten"))
        return _unflattened(draft, draft.view(flat).seen(view.axes))
    if len(view.base) == 1:
        if h or w:
            return _unflattened(draft, view)
        if not only(c, "C"):
            raise Unknown("a repeated number as a map")
        return draft.once(ToMap(), _ordered(draft, view, c), beside(draft, "to_map"))
    if h == view.whole("H") and w == view.whole("W") and (only(c, "C") or channels(c)):
        return _ordered(draft, view, c)
    factors = _repeats(view)
    if factors is not None and only(c, "C"):
        return _repeated(draft, view, factors)
    if h == view.whole("W") and w == view.whole("H") and only(c, "C"):
        raise Unknown("height and width exchanged")
    return _squares(draft, view)


def _repeats(view: View) -> tuple[int, int] | None:
    """How often each row and each column is there, one beside the other; None for any other view."""
    found = []
    for axis, own in zip(view.axes[2:], (view.whole("H"), view.whole("W")), strict=True):
        rest = axis[len(own) :]
        if axis[: len(own)] != own or len(rest) > 1 or any(atom.letter != STRETCHED for atom in rest):
            return None
        found.append(rest[0].size if rest else 1)
    return found[0], found[1]


def _repeated(draft: Draft, view: View, factors: tuple[int, int]) -> int:
    """A map of which each row and column is there several times: the nearest pixels of one of another size."""
    _, height, width = view.base
    size = (height * factors[0], width * factors[1])
    op = Resize(factors[0]) if factors[0] == factors[1] else Resize(size=size, source=(height, width))
    return draft.once(op, _ordered(draft, view, view.axes[1]), beside(draft, "resize", "Upsample"))


def _unflattened(draft: Draft, view: View) -> int:
    """A vector seen as a map of several places, as a generator begins."""
    _, c, h, w = view.axes
    orders: dict[VectorOrder, Axis] = {"torch": (*c, *h, *w), "tf": (*h, *w, *c)}
    for order, atoms in orders.items():
        if joined(atoms) == view.whole("C"):
            channels, height, width = view.shape[1:]
            op = Unflatten((channels, height, width), order)
            return draft.once(op, view.step, beside(draft, "unflatten", "Reshape", "Unflatten"))
    raise Unknown("a vector seen as a map in another order")


def _squares(draft: Draft, view: View) -> int:
    """Squares of places seen as channels."""
    _, c, h, w = view.axes
    block = h[0].stride if len(h) == 1 else 0
    inner = {letter: (Atom(letter, 1, block),) for letter in "HW"} | {"C": view.whole("C")}
    tiled = (
        block > 1
        and h == (Atom("H", block, view.base[1] // block),)
        and w == (Atom("W", block, view.base[2] // block),)
    )
    for order, letters in SQUARES.items():
        if tiled and c == joined([atom for letter in letters for atom in inner[letter]]):
            return draft.once(SpaceToDepth(block, order), view.step, beside(draft, "space_to_depth"))
    raise Unknown("a view that mixes channels and places")


def as_vector(draft: Draft, view: View) -> int:
    """The step whose value is what code sees as (N, C)."""
    if len(view.axes) != 2 or view.axes[0] != whole(BATCH, draft.batch) or view.doubtful:
        raise Unknown(f"{_rank(view)} where a vector is taken")
    axis = view.axes[1]
    if len(view.base) == 1:
        if not only(axis, "C"):
            raise Unknown("a repeated number as a vector")
        return _ordered(draft, view, axis)
    if axis != joined([atom for letter in "CHW" for atom in view.whole(letter)]):
        if order := flat_order(view):
            return draft.once(OrderedFlatten(order), view.step, beside(draft, "flatten", "Flatten"))
        if view.base[1:] != (1, 1) or not only(axis, "C"):
            raise Unknown("a map flattened in another order")
        view = draft.view(_ordered(draft, view, axis))
    return draft.once(Flatten(view.base), view.step, beside(draft, "flatten", "Flatten"))


def flat_order(view: View) -> str:
    """The order in which a map of several places stands in a vector, of the letters of its axes; "" for none."""
    if len(view.axes) != 2 or len(view.base) != 3 or view.base[1:] == (1, 1):
        return ""
    flat = {order: joined([atom for letter in order for atom in view.whole(letter)]) for order in ORDERS}
    return next((order for order, axis in flat.items() if axis == view.axes[1]), "")


def as_value(draft: Draft, view: View) -> int:
    """The step of a map or of a vector."""
    return as_map(draft, view) if len(view.axes) == 4 else as_vector(draft, view)


def settled(draft: Draft, view: View) -> View:
    """The same view; where it means an op already, the op is made here, where the model's code says it."""
    if view.order and not view.doubtful:
        try:
            as_value(draft, first(view))
        except Unknown:
            return view
    return view


def first(view: View) -> View:
    """A map whose channels come last as one whose channels come first; anything else as it is."""
    return channels_first(view) if view.order == "last" else view


def channels_first(view: View) -> View:
    """A value (N, H, W, C) as (N, C, H, W)."""
    n, h, w, c = view.axes
    return view.seen((n, c, h, w))


def like(view: View, made: View) -> View:
    """A map that was made, (N, C, H, W), in the order of the view that it was made of."""
    if view.order != "last":
        return made
    n, c, h, w = made.axes
    return made.seen((n, h, w, c))


def beside(draft: Draft, kind: str, *classes: str) -> str:
    """The name of an op that a view means: beside the layer that needs it, or that of a layer of these classes."""
    where = draft.scopes[-1] if draft.scopes else None
    if where is None:
        return kind
    path = where.path
    if where.style == "leaf":
        if where.kind in classes:
            return path
        path = path.rpartition(".")[0]
    return f"{path}.{kind}" if path else kind


def _ordered(draft: Draft, view: View, axis: Axis) -> int:
    """The value with its channels in the order of an axis."""
    if axis == view.whole("C") or _alike(draft, view, axis):
        return view.step
    inner = len(axis) == 2 and axis[0].stride == 1 and axis[1].stride == axis[0].size and len(view.base) == 3
    whole_axis = inner and axis[0].size * axis[1].size == view.base[0]
    op = ChannelShuffle(axis[1].size) if whole_axis else ChannelGather(places(axis))
    return draft.once(op, view.step, beside(draft, op.kind, "ChannelShuffle"))


def _alike(draft: Draft, view: View, axis: Axis) -> bool:
    """Whether channels that are there several times are the groups of an op whose channels are alike in each."""
    op = draft.steps[view.step].op
    if not isinstance(op, PlaceReduce) or op.groups is None:
        return False
    size = view.base[0] // op.groups
    return axis == joined([Atom("C", size, op.groups), Atom(STRETCHED, 0, size)])


def _rank(view: View) -> str:
    if view.doubtful:
        return "a value that is not known"
    if len(view.axes) not in (2, 4):
        return f"a value of {len(view.axes)} axes"
    return "images mixed with each other"
