"""A draft without what nothing depends on, and with ops that code writes as two of them put together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..errors import SpecError
from ..op import Op
from ..ops.adaptive_avg_pool import AdaptiveAvgPool
from ..ops.avg_pool import AvgPool
from ..ops.conv import Conv
from ..ops.conv_transpose import ConvTranspose
from ..ops.crop import Crop
from ..ops.flatten import Flatten
from ..ops.global_avg_pool import GlobalAvgPool
from ..ops.max_pool import MaxPool
from ..ops.pad import Pad
from .composed import composed
from .draft import Scope, Step
from .layout import MEAN


@dataclass
class Steps:
    """The steps of a model, and which of them are its outputs, by name ("" for none)."""

    steps: list[Step]
    outputs: list[tuple[str, int]]

    def uses(self) -> Counter[int]:
        """How often each step is read."""
        found = Counter(index for step in self.steps for index in step.inputs)
        found.update(index for _, index in self.outputs)
        return found


def tidied(steps: list[Step], outputs: list[tuple[str, int]]) -> Steps:
    """The steps that the outputs depend on, put together where two of them are one op."""
    found = pruned(Steps(composed(steps), outputs))
    while (moved := _flattened_before(found)) is not None:
        found = pruned(moved)
    for join in (_pad_joined, _crop_joined, _mean_of_vector):
        found = pruned(_joined(found, join))
    return found


def pruned(given: Steps) -> Steps:
    """Without the steps that no output depends on; the first use of weights is the first that is left."""
    live = {0, *(index for _, index in given.outputs)}
    for index in range(len(given.steps) - 1, -1, -1):
        if index in live:
            live.update(given.steps[index].inputs)
    order = sorted(live)
    places = {index: place for place, index in enumerate(order)}
    owners = dict[tuple[str, ...], int]()
    kept = []
    for place, index in enumerate(order):
        step = given.steps[index]
        first = owners.setdefault(tuple(step.names.values()), place) if step.names else place
        inputs = tuple(places[item] for item in step.inputs)
        kept.append(replace(step, inputs=inputs, owner=None if first == place else first))
    return Steps(kept, [(name, places[index]) for name, index in given.outputs])


def _joined(given: Steps, join: Callable[[Step, Step], Op | None]) -> Steps:
    """Each step joined with the one before it, where that is read by it alone and the two are one op."""
    uses, steps = given.uses(), list(given.steps)
    for index, step in enumerate(steps):
        if len(step.inputs) != 1 or uses[step.inputs[0]] != 1:
            continue
        before = steps[step.inputs[0]]
        op = join(before, step)
        if isinstance(op, ConvTranspose):
            steps[index] = replace(before, op=op, shape=step.shape)
        elif op is not None:
            named = before if isinstance(op, GlobalAvgPool) else step
            padded = step.padded or isinstance(before.op, Pad)
            steps[index] = replace(step, op=op, inputs=before.inputs, padded=padded, label=named.label,
                                   scopes=named.scopes, line=named.line)  # fmt: skip
    return Steps(steps, given.outputs)


def _pad_joined(before: Step, step: Step) -> Op | None:
    """A border of a convolution or a pool in the same block as a pad of its own."""
    pad, op = before.op, step.op
    if not isinstance(pad, Pad) or not isinstance(op, Conv | MaxPool | AvgPool) or op.pads == "same":
        return None
    if pad.mode != "constant" or _blocks(before) != _blocks(step):
        return None
    nothing = isinstance(op, AvgPool) and (any(op.pads) or op.ceil_mode)
    if pad.value != (-math.inf if isinstance(op, MaxPool) else 0) or nothing:
        return None
    top, bottom, left, right = (a + b for a, b in zip(pad.pads, op.pads, strict=True))
    found = replace(op, pads=(top, bottom, left, right))
    if isinstance(found, AvgPool):
        found = replace(found, count_include_pad=True)  # zeros that code pads are counted in every case
    return found if _takes(found, before, step) else None


def _crop_joined(before: Step, step: Step) -> Op | None:
    """A transposed convolution and what code cuts off it, as Keras has what PyTorch calls its pads."""
    crop, op = step.op, before.op
    if not isinstance(crop, Crop) or not isinstance(op, ConvTranspose) or before.owner is not None:
        return None
    if _blocks(before) != _blocks(step):
        return None
    top, bottom, left, right = crop.cuts
    extra = op.extra[0] + top - bottom, op.extra[1] + left - right
    found = replace(op, pads=(op.pads[0] + top, op.pads[1] + left), extra=extra)
    fits = all(0 <= more < stride for more, stride in zip(extra, op.stride, strict=True))
    return found if fits else None


def _takes(op: Op, before: Step, step: Step) -> bool:
    """Whether the op makes the same shape of what the step before it took."""
    pads = before.op.pads  # type: ignore[union-attr]
    channels, height, width = before.shape
    try:
        return op.shape((channels, height - pads[0] - pads[1], width - pads[2] - pads[3])) == step.shape
    except SpecError:
        return False


def _blocks(step: Step) -> tuple[tuple[str, int], ...]:
    """The blocks that a step stands in, without a layer of the framework or the module whose weights it has."""
    inner = [scope for scope in step.scopes if scope.style != "leaf"]
    return tuple((scope.path, scope.number) for scope in inner)


def _mean_of_vector(before: Step, step: Step) -> Op | None:
    """A mean that code takes to a vector at once."""
    pool = isinstance(before.op, AdaptiveAvgPool) and before.label.rpartition(".")[2] == MEAN
    return GlobalAvgPool() if pool and isinstance(step.op, Flatten) and step.flattened is None else None


def _flattened_before(given: Steps) -> Steps | None:
    """With one flatten before the op that it came after, where that is an op of vectors as well; None for none."""
    uses = given.uses()
    for index, step in enumerate(given.steps):
        if isinstance(step.op, Flatten) and uses[step.inputs[0]] == 1:
            before = given.steps[step.inputs[0]]
            if before.vector is not None and before.shape[1:] == (1, 1) and len(before.inputs) == 1:
                return _moved(given, index, step.inputs[0])
    return None


def _moved(given: Steps, flatten: int, of_map: int) -> Steps:
    """The steps with a flatten of what an op takes, and the op of its vector where the flatten was read."""
    old, before = given.steps[flatten], given.steps[of_map]
    (source,) = before.inputs
    steps, places = list[Step](), dict[int, int]()
    made: int | None = None
    for index, step in enumerate(given.steps):
        if made is not None and (index == flatten or _flattens(step, source)):
            places[index] = places[of_map] if index == flatten else made
            continue
        step_inputs = tuple(places[item] for item in step.inputs)
        if index == of_map and made is None:
            shape = given.steps[source].shape
            steps.append(replace(old, op=Flatten(shape), inputs=step_inputs, shape=shape[:1], scopes=_outer(before),
                                 line=before.line))  # fmt: skip
            made = len(steps) - 1
        if index == of_map:
            step, step_inputs = replace(before, op=before.vector, shape=old.shape), (made or 0,)
        places[index] = len(steps)
        steps.append(replace(step, inputs=step_inputs))
        made = places[index] if _flattens(step, source) else made
    return Steps(steps, [(name, places[index]) for name, index in given.outputs])


def _flattens(step: Step, source: int) -> bool:
    return isinstance(step.op, Flatten) and step.inputs == (source,)


def _outer(step: Step) -> tuple[Scope, ...]:
    """Where a step stands that is made for a layer: beside it."""
    return step.scopes[:-1] if step.scopes and step.scopes[-1].style == "leaf" else step.scopes
