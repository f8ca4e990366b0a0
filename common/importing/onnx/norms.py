"""Normalisation by moments of the image itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...ops.group_norm import GroupNorm
from ...ops.layer_norm import LayerNorm
from ...ops.rms_norm import RmsNorm
from ..axes import Unknown
from ..draft import View
from ..layout import as_value, channels_first, like
from .table import Call, Const, attribute, means, own_axes

USUAL = float(np.float32(1e-5))


def _flat(const: Const | None) -> Const | None:
    return None if const is None else replace(const, array=const.array.reshape(-1))


def _first(x: View) -> View:
    """A value whose channels come last as one whose channels come first."""
    if x.order == "last":
        return channels_first(x)
    if len(x.axes) == 4 and x.axes[1:3] == ((), ()):
        return x.seen((x.axes[0], x.axes[3], (), ()))
    if x.order == "vector":
        return x
    raise Unknown(f"over the last of {len(x.axes)} axes")


def _back(x: View, made: View) -> View:
    if x.order == "last" or x.order == "vector":
        return like(x, made)
    return made.seen((made.axes[0], (), (), made.axes[1]))


@means("LayerNormalization")
def layer_norm(call: Call) -> View:
    """Over the channels at each place, or over a whole map."""
    x, weight, bias = call.value(), call.const(1, "a weight"), call.const(2, "an offset")
    axis = call.said("axis", -1) % len(x.axes)
    eps = attribute(call.said("epsilon", USUAL))
    op = LayerNorm("channels", eps, weight is not None, bias is not None)
    if x.order == "map" and axis == 1 and x.shape[2:] != (1, 1):
        return call.weighted(replace(op, over="map"), call.map(), {"weight": weight, "bias": bias})
    if axis != len(x.axes) - 1:
        raise Unknown(f"over the axes from {axis} of {len(x.axes)}")
    given = {"weight": _flat(weight), "bias": _flat(bias)}
    return _back(x, call.weighted(op, as_value(call.draft, _first(x)), given))


@means("RMSNormalization")
def rms_norm(call: Call) -> View:
    """Over the channels at each place."""
    x, weight = call.value(), call.const(1, "a weight")
    if call.said("axis", -1) % len(x.axes) != len(x.axes) - 1 or weight is None:
        raise Unknown("over several axes, or without a weight")
    op = RmsNorm(attribute(call.said("epsilon", USUAL)))
    return _back(x, call.weighted(op, as_value(call.draft, _first(x)), {"weight": _flat(weight)}))


@means("InstanceNormalization")
def instance_norm(call: Call) -> View:
    """Over each channel, or over each group that channels are seen in."""
    x, weight, bias = call.value(), call.const(1, "a weight"), call.const(2, "an offset")
    eps = attribute(call.said("epsilon", USUAL))
    if weight is None or bias is None:
        raise Unknown("without a weight or an offset")
    plain = bool((weight.array == 1).all()) and not bias.array.any()
    groups = _groups(x)
    if groups is not None:
        if not plain:
            raise Unknown("of groups, with weights")
        return call.add(GroupNorm(groups, eps, False), x.step).seen(x.axes)
    given = {} if plain and not weight.name else {"weight": weight, "bias": bias}
    return (
        call.weighted(GroupNorm(x.shape[1], eps, bool(given)), call.map(), given)
        if given
        else call.add(GroupNorm(x.shape[1], eps, False), call.map())
    )


def _groups(x: View) -> int | None:
    """The number of groups that the channels of a map are seen in, where the rest of each is all that follows."""
    if len(x.base) != 3 or x.order == "map" or len(x.axes) < 3:
        return None
    inside = x.base[0] // max(x.shape[1], 1)
    head = x.axes[1]
    rest = [atom for axis in x.axes[2:] for atom in axis]
    wanted = [*x.whole("H"), *x.whole("W")]
    first = not head or (len(head) == 1 and head[0].letter == "C" and head[0].stride == inside)
    channels = [atom for atom in rest if atom.letter == "C"]
    places = [atom for atom in rest if atom.letter != "C"]
    whole = int(np.prod([atom.size for atom in channels] or [1])) == inside and places == wanted
    return x.shape[1] if first and whole and x.base[0] % max(x.shape[1], 1) == 0 else None


@means("GroupNormalization")
def group_norm(call: Call) -> View:
    """Over groups of channels."""
    groups, weight, bias = call.said("num_groups", 1), call.const(1, "a weight"), call.const(2, "an offset")
    step = call.map()
    channels = call.draft.steps[step].shape[0]
    if weight is None or bias is None:
        raise Unknown("without a weight or an offset")
    if weight.shape == (groups,) and groups != channels:  # as in the opsets 18 to 20
        weight, bias = (replace(item, array=item.array.repeat(channels // groups)) for item in (weight, bias))
    op = GroupNorm(groups, attribute(call.said("epsilon", USUAL)))
    return call.weighted(op, step, {"weight": weight, "bias": bias})


@means("_Standardised")
def standardised(call: Call) -> View:
    """(x - mean) / sqrt(variance + eps), as operators write it out."""
    x = call.value()
    gone = {n % len(x.axes) for n in call.node.attributes["axes"]}
    eps = call.node.attributes["eps"]
    over = [atom for n in sorted(gone) for atom in x.axes[n]]
    found = {atom.letter for atom in over}
    plain = LayerNorm("channels", eps, False, False)
    whole_map = len(x.base) == 3 and sorted(over) == sorted(atom for letter in "CHW" for atom in x.whole(letter))
    if found == {"C"} and tuple(over) == x.whole("C"):
        return call.add(plain, x.step).seen(x.axes)
    if whole_map and found - {"C"}:
        return call.add(replace(plain, over="map"), x.step).seen(x.axes)
    if len(x.base) == 3 and sorted(over) == sorted([*x.whole("H"), *x.whole("W")]) and over:
        return call.add(GroupNorm(x.base[0], eps, False), x.step).seen(x.axes)
    groups = _groups(x)
    if groups is None or gone != set(range(2, len(x.axes))):
        raise Unknown(f"a norm over {''.join(sorted(found)) or 'nothing'} of a value of {len(x.axes)} axes")
    return call.add(GroupNorm(groups, eps, False), x.step).seen(x.axes)


@means("_RootMeanSquare")
def root_mean_square(call: Call) -> View:
    """x / sqrt(mean(x * x) + eps) * weight, over channels."""
    x, weight = call.value(), call.const(1, "a weight")
    gone = [n % len(x.axes) for n in call.node.attributes["axes"]]
    over: list[Any] = [atom for n in gone for atom in x.axes[n]]
    if tuple(over) != x.whole("C") or weight is None or weight.array.size != x.base[0]:
        raise Unknown("a root of a mean of squares over other axes than channels")
    if [axis for axis in own_axes(x, weight.shape) if axis] != [x.whole("C")]:
        raise Unknown("a root of a mean of squares, and a weight of other axes than channels")
    view = x.seen(x.axes) if x.order != "last" else channels_first(x)
    op = RmsNorm(call.node.attributes["eps"])
    return like(x, call.weighted(op, as_value(call.draft, view), {"weight": _flat(weight)}))
