"""What is measured over places, over channels, or over groups of channels and all places."""

from __future__ import annotations

from collections.abc import Sequence

from ..op import Op
from ..ops.adaptive_avg_pool import AdaptiveAvgPool
from ..ops.adaptive_max_pool import AdaptiveMaxPool
from ..ops.channel_reduce import ChannelReduce
from ..ops.channel_reduce import How as OverChannels
from ..ops.multiply import Multiply
from ..ops.place_reduce import Measure, PlaceReduce
from ..ops.power import Power
from .axes import Atom, Unknown, letters
from .draft import Draft, View
from .layout import beside

How = OverChannels | Measure
POOLS: dict[How, Op] = {"mean": AdaptiveAvgPool((1, 1)), "max": AdaptiveMaxPool((1, 1))}
"""What is measured over all places of each channel by a pool."""
MEASURES: dict[How, Measure] = {"mean": "mean", "variance": "variance", "norm": "norm"}
"""What is measured over all places of groups of channels."""


def reduced(draft: Draft, x: View, gone: Sequence[int], keep: bool, how: How) -> View:
    """A value without these axes, or with a length of 1 for each; raises Unknown where no op measures over them."""
    left = tuple(() if n in gone else axis for n, axis in enumerate(x.axes) if keep or n not in gone)
    over = sorted(atom for n in gone for atom in x.axes[n])
    one_place = len(x.base) == 3 and x.base[1:] == (1, 1) and list(gone) == [2, 3]
    if not over and not one_place and not x.doubtful and how in ("mean", "max", "sum"):
        return x.seen(left)
    if how == "norm" and {atom.letter for atom in over} == {"C"} and not x.doubtful:
        square = draft.view(draft.add(Multiply(), x.step, x.step)).seen(x.axes)
        total = reduced(draft, square, gone, keep, "sum")
        return draft.view(draft.add(Power(0.5), total.step)).seen(total.axes)
    op = None if x.doubtful else _op(x, over, how)
    if op is None:
        found = "".join(letters(x.axes[n]) for n in gone)
        raise Unknown(f"the {how} over {found or 'nothing'} of a value of {len(x.axes)} axes")
    return draft.view(draft.add(op, x.step, label=beside(draft, how))).seen(left)


def _op(x: View, over: list[Atom], how: How) -> Op | None:
    """The op that measures over parts of the axes of a value; None for none."""
    if {atom.letter for atom in over} == {"C"}:
        return _over_channels(x, over, how)
    places = sorted([*x.whole("H"), *x.whole("W")])
    together = [atom for atom in over if atom.letter == "C"]
    if len(x.base) != 3 or sorted([*together, *places]) != over:
        return None
    if not together and how in POOLS:
        return POOLS[how]
    size = together[0].size if together else 1
    if how not in MEASURES or together not in ([], [Atom("C", 1, size)]) or not places:
        return None
    return PlaceReduce(MEASURES[how], x.base[0] // size if together else None)


def _over_channels(x: View, over: list[Atom], how: How) -> Op | None:
    """All channels, or one of each run of them."""
    atom = over[0]
    whole = len(over) == 1 and atom.stride * atom.size == x.base[0]
    groups = None if atom.stride == 1 else atom.size
    if not whole or how == "norm":
        return None
    return ChannelReduce(how, groups)
