"""Ops of two values of an image, of which either may be spread over the other."""

from __future__ import annotations

import math

from ..op import Op
from ..ops.place_reduce import PlaceReduce
from .axes import Atom, Axis, Unknown, letters, shape_of, unstretched
from .draft import Draft, View
from .layout import as_map, as_value, channels_first


def of_two(draft: Draft, x: View, y: View, op: Op) -> View:
    """An op of each number of two values; raises Unknown where they are seen in ways that no op joins."""
    if x.doubtful or y.doubtful:
        raise Unknown("a value that is not known")
    if x.base == y.base and x.axes == y.axes:
        return draft.view(draft.add(op, x.step, y.step)).seen(x.axes)
    if _groups_alike(draft, x, y):
        made = draft.view(draft.add(op, x.step, y.step))
        return made.seen(tuple(a or b for a, b in zip(x.axes, y.axes, strict=True)))
    if len(x.axes) != len(y.axes) or not (x.order and y.order):
        raise Unknown(f"of values of {len(x.axes)} and {len(y.axes)} axes")
    if x.order == y.order == "vector" and x.shape != y.shape:  # which are spread as maps of one place
        steps = [as_map(draft, v.seen((*v.axes, (), ()))) for v in (x, y)]
        return draft.view(draft.add(op, *steps)).seen(max(x.axes, y.axes, key=shape_of))
    last = "last" in (x.order, y.order)
    flat = [v.seen(unstretched(v.axes)) for v in (x, y)]
    steps = [as_value(draft, channels_first(v) if last else v) for v in flat]
    made = draft.view(draft.add(op, *steps))
    return made.seen((made.axes[0], made.axes[2], made.axes[3], made.axes[1])) if last else made


def _groups_alike(draft: Draft, x: View, y: View) -> bool:
    """Whether channels are seen in the same groups; one may have no height and width, or be alike in each group."""
    if len(x.axes) != len(y.axes) or len(x.base) != 3 or len(y.base) != 3 or x.base[0] != y.base[0]:
        return False
    for a, b in zip(x.axes, y.axes, strict=True):
        spread = letters(a or b) in ("H", "W", "HW") or (letters(a or b)[:1] == "C" and alike(draft, y if a else x))
        if a != b and ((a and b) or not spread):
            return False
    return True


def alike(draft: Draft, view: View) -> bool:
    """Whether channels are alike in each of the groups that a view without its last atoms of channels sees."""
    groups = [atom for axis in view.axes for atom in axis if atom.letter == "C"]
    one = len(groups) == 1 and groups[0].stride * groups[0].size == view.base[0]
    return (one or not groups) and _measured(draft, view.step, groups[0].size if groups else 1)


def _measured(draft: Draft, index: int, groups: int) -> bool:
    """Whether a value is computed, number by number, of what is measured in so many groups."""
    step = draft.steps[index]
    if isinstance(step.op, PlaceReduce):
        return step.op.groups == groups
    each = step.op is not None and step.op.elementwise and bool(step.inputs)
    return each and all(_measured(draft, source, groups) for source in step.inputs)


def inside_groups(draft: Draft, view: View, size: int) -> Axis:
    """The axis of the channels in each of the groups that a view sees, which are alike; raises Unknown for others."""
    inner = view.base[0] // math.prod(atom.size for axis in view.axes for atom in axis if atom.letter == "C")
    if size != inner or not alike(draft, view):
        raise Unknown(f"of {size} numbers where a value has one")
    return (Atom("C", 1, inner),)
