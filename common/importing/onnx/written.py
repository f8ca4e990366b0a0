"""Norms that a graph writes out in several ops, as one op: found by their numbers, not by their form.

A part of a network that computes a value from another, and from means of that, may be a norm in any of the forms that
code has for it: x * inv + (beta - mean * inv), (x - mean) / sqrt(...). Where it is that of an op for random images, up
to a scale and an offset of each channel that parameters hold, it is that op.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...op import Op
from ...ops.adaptive_avg_pool import AdaptiveAvgPool
from ...ops.add import Add
from ...ops.channel_gather import ChannelGather
from ...ops.channel_reduce import ChannelReduce
from ...ops.divide import Divide
from ...ops.flatten import Flatten
from ...ops.group_norm import GroupNorm
from ...ops.layer_norm import LayerNorm
from ...ops.multiply import Multiply
from ...ops.parameter import Parameter
from ...ops.place_reduce import PlaceReduce
from ...ops.power import Power
from ...ops.rescale import Rescale
from ...ops.rms_norm import RmsNorm
from ...ops.to_map import ToMap
from ...spec import Array
from ..draft import Step
from ..tidy import Steps
from .table import Reading

JOINTS = (Add, Multiply, Divide)
NORMS = (LayerNorm, GroupNorm)
"""Without weights: they are found, and joined with what comes after them."""
MOMENTS = (AdaptiveAvgPool, ChannelReduce, PlaceReduce, *NORMS)
EACH = (ChannelGather, Flatten, Power, Rescale, ToMap)
MOST = 24
"""Ops of one norm at most."""
NEAR = 1e-9
TRIED = (3, 4)
"""The height and width of the images that are tried."""


@dataclass(frozen=True)
class Written:
    """A norm of a step's value, the parameters of its scale and offset, as far as there are such, and what it was."""

    op: Op
    source: int
    weight: int | None
    bias: int | None
    inside: frozenset[int]


def written(given: Steps, reading: Reading, last: int) -> Written | None:
    """The norm that the steps up to one are; None for none."""
    if not isinstance(given.steps[last].op, JOINTS):
        return None
    found = None
    for source, inside in _cones(given, last):
        if any(isinstance(given.steps[index].op, MOMENTS) for index in inside):
            found = _norm(given, reading, source, inside) or found
    return found


def _cones(given: Steps, last: int) -> Iterator[tuple[int, list[int]]]:
    """(step, the steps between it and the last), the larger the later, of those that compute from it alone."""
    inside, open_, free = [last], set(given.steps[last].inputs), set[int]()
    while len(inside) < MOST and open_:
        index = max(open_)
        step = given.steps[index]
        open_.remove(index)
        if isinstance(step.op, Parameter):
            free.add(index)
            continue
        if not open_ - {n for n in open_ if isinstance(given.steps[n].op, Parameter)}:
            yield index, sorted({*inside, *free, *open_})
        if step.names or not isinstance(step.op, (*JOINTS, *MOMENTS, *EACH)):
            return
        inside.append(index)
        open_.update(step.inputs)


def _norm(given: Steps, reading: Reading, source: int, inside: list[int]) -> Written | None:
    """The norm of a value that steps compute, tried on random images."""
    shape = given.steps[source].shape
    size = (2, int(shape[0]), *(TRIED if len(shape) == 3 and shape[1:] != (1, 1) else shape[1:]))
    x = np.random.default_rng(0).standard_normal(size) + 0.3
    parameters = [index for index in inside if isinstance(given.steps[index].op, Parameter)]
    if any(given.steps[index].shape[1:] not in ((), (1, 1)) for index in parameters):
        return None  # numbers for each place are no scale of channels
    with np.errstate(all="ignore"):
        y = _run(given, reading, inside, {source: x})
        if y.size != x.size or not np.isfinite(y).all():
            return None
        y = y.reshape(x.shape)
        for op in _candidates([given.steps[index] for index in inside], size[1]):
            plain = {weight.name: np.ones(size[1]) for weight in op.weights(shape)}
            found = _scaled(
                op.run(x, **plain), y, [(index, _numbers(given.steps[index], reading)) for index in parameters]
            )
            if found is not None:
                return Written(op, source, *found, frozenset(inside))
    return None


def _run(given: Steps, reading: Reading, inside: list[int], values: dict[int, Array]) -> Array:
    for index in inside:
        step = given.steps[index]
        weights = {name: np.asarray(reading.tensors[theirs], float) for name, theirs in step.names.items()}
        values[index] = step.op.run(*(values[n] for n in step.inputs), **weights)  # type: ignore[union-attr]
    return values[inside[-1]]


def _numbers(step: Step, reading: Reading) -> Array:
    return np.asarray(reading.tensors[step.names[""]], float).reshape(-1)


def _candidates(steps: list[Step], channels: int) -> Iterator[Op]:
    """The norms of these moments, by each number that is added as an epsilon may be."""
    ops: list[Any] = [step.op for step in steps]
    yield from (op for op in ops if isinstance(op, NORMS))
    added = {op.offset for op in ops if isinstance(op, Rescale) and op.factor == 1 and 0 < op.offset < 0.1}
    groups = {op.groups or channels for op in ops if isinstance(op, PlaceReduce)}
    groups |= {channels} if any(isinstance(op, AdaptiveAvgPool) for op in ops) else set()
    for eps in sorted(added):
        if any(isinstance(op, ChannelReduce) for op in ops):
            yield from (LayerNorm("channels", eps, False, False), RmsNorm(eps))
        yield from (GroupNorm(number, eps, False) for number in sorted(groups))


def _scaled(x: Array, y: Array, parameters: list[tuple[int, Array]]) -> tuple[int | None, int | None] | None:
    """The parameters by which y is x times a scale, and an offset, of each channel; None where it is not."""
    axes = tuple(n for n in range(x.ndim) if n != 1)
    middle = [item.mean(axes, keepdims=True) for item in (x, y)]
    apart = [item - mean for item, mean in zip((x, y), middle, strict=True)]
    scale = (apart[0] * apart[1]).sum(axes, keepdims=True) / (apart[0] ** 2).sum(axes, keepdims=True)
    offset = middle[1] - scale * middle[0]
    found, made = list[int | None](), x
    for wanted, usual, by in ((scale, 1.0, np.multiply), (offset, 0.0, np.add)):
        flat = wanted.reshape(-1)
        if np.abs(flat - usual).max() <= NEAR:
            found.append(None)
            continue
        near = [(float(np.abs(own - flat).max()), index) for index, own in parameters if own.shape == flat.shape]
        if not near:
            return None
        found.append(min(near)[1])
        made = by(made, dict(parameters)[min(near)[1]].reshape(wanted.shape))
    return (found[0], found[1]) if np.abs(made - y).max() <= NEAR * np.abs(y).max() else None


def with_weights(op: Op, weight: bool, bias: bool) -> Op | None:
    """The norm with as many weights; None where it has no such form."""
    if isinstance(op, LayerNorm):
        return None if bias and not weight else replace(op, scale=weight, bias=bias)
    if isinstance(op, RmsNorm):
        return op if weight and not bias else None
    affine = isinstance(op, GroupNorm) and weight == bias
    return replace(op, affine=weight) if affine else None  # type: ignore[call-arg]
