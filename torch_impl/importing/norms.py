"""Normalisation by moments of the image itself, and of weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...common.importing.axes import Unknown
from ...common.importing.draft import View
from ...common.importing.layout import as_map, as_value, channels_first, like
from ...common.ops.group_norm import GroupNorm
from ...common.ops.layer_norm import LayerNorm
from ...common.ops.rms_norm import RmsNorm
from .table import Param, Reading, Standard, means, names_of, value


def _first(x: View, shape: Sequence[int]) -> View:
    """A value whose channels come last as one whose channels come first."""
    if len(shape) == 1 and x.order == "last":
        return channels_first(x)
    if len(shape) == 1 and len(x.axes) == 4 and x.axes[1:3] == ((), ()):
        return x.seen((x.axes[0], x.axes[3], (), ()))
    if len(shape) == 1 and x.order == "vector":
        return x
    raise Unknown(f"over {len(shape)} of {len(x.axes)} axes")


def _back(x: View, made: View) -> View:
    if x.order == "last" or x.order == "vector":
        return like(x, made)
    return made.seen((made.axes[0], (), (), made.axes[1]))


@means("layer_norm")
def layer_norm(
    reading: Reading, x: Any, shape: Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5, *_: Any
) -> View:
    """Over the channels at each place, or over a whole map."""
    x, names = value(x, "a layer norm"), names_of(weight=weight, bias=bias)
    op = LayerNorm("channels", float(eps), weight is not None, bias is not None)
    if x.order == "map" and tuple(shape) == x.shape[1:] and x.shape[2:] != (1, 1):
        return reading.add(replace(op, over="map"), as_map(reading.draft, x), names=names)
    return _back(x, reading.add(op, as_value(reading.draft, _first(x, shape)), names=names))


@means("rms_norm")
def rms_norm(reading: Reading, x: Any, shape: Sequence[int], weight: Any = None, eps: float | None = None) -> View:
    """Over the channels at each place."""
    x, names = value(x, "an RMS norm"), names_of(weight=weight)
    if not names or eps is None:
        raise Unknown("without a weight, or without an epsilon of its own")
    return _back(x, reading.add(RmsNorm(float(eps)), as_value(reading.draft, _first(x, shape)), names=names))


@means("group_norm")
def group_norm(
    reading: Reading, x: Any, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, *_: Any
) -> View:
    """Over groups of channels."""
    names = names_of(weight=weight, bias=bias)
    if len(names) == 1:
        raise Unknown("with a weight or an offset alone")
    op = GroupNorm(int(groups), float(eps), bool(names))
    return reading.add(op, as_map(reading.draft, value(x, "a group norm")), names=names)


@means("instance_norm")
def instance_norm(
    reading: Reading,
    x: Any,
    weight: Any,
    bias: Any,
    mean: Any,
    variance: Any,
    own: bool,
    momentum: float,
    eps: float,
    *_: Any,
) -> View:
    """Over each channel, which is a group of its own."""
    if not own or mean is not None:
        raise Unknown("with running statistics")
    x = value(x, "an instance norm")
    return group_norm(reading, x, x.shape[1], weight, bias, eps)


def standardised(weight: Param, gain: Any, bias: Any, mean: Any, training: bool, eps: float) -> Param:
    """A kernel whose outputs have a mean of 0 and a variance of 1, as code writes it: a batch norm of the kernel."""
    flat = weight.shape[:2] == (1, weight.own[0]) and len(weight.shape) == 3 and weight.shape[1:] != weight.own
    if not training or mean is not None or bias is not None or not flat or weight.computed:
        raise Unknown("of a parameter")
    if gain is not None and (not isinstance(gain, Param) or gain.computed not in ("", FACTOR) or len(gain.shape) != 1):
        raise Unknown("of a parameter, by what is no parameter")
    found = Standard(float(eps), gain.name if gain is not None else "", gain.factor if gain is not None else 1.0)
    return replace(weight, computed="standardised", standard=found)


FACTOR = "a parameter times a number"
