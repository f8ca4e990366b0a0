"""Two readings of a model, at two sizes of image: the same but for sizes, or no network that any size can have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from ..errors import DiptychError
from ..op import Op
from ..ops.adaptive_avg_pool import AdaptiveAvgPool
from ..ops.avg_pool import AvgPool
from ..ops.pad import Pad
from ..ops.resize import Resize
from ..text import first_few
from .draft import Step
from .tidy import Steps

SIZES = {"input": {"size"}, "flatten": {"folded"}, "linear": {"folded"}, "resize": {"size", "source"}}
"""Fields that hold the size of a map: they may differ."""
MORE = ((33, 49), (32, 64), (64, 128))
"""By how much the second image is larger: an odd number, or for networks that take multiples of 32 such ones."""


def larger(height: int, width: int) -> Iterator[tuple[int, int]]:
    """Sizes for the second reading, the best first."""
    return ((height + down, width + across) for down, across in MORE)


def agreed(name: str, one: Steps, other: Steps) -> Steps:
    """The network of which both are readings; raises DiptychError, with the places, where they are of two."""
    faults = list(differences(one, other))
    if faults:
        sizes = " and ".join(f"{h} x {w}" for _, h, w in (one.steps[0].shape, other.steps[0].shape))
        raise DiptychError(
            f"{name} is not the same network for images of {sizes}: {first_few(faults, 6, '; ')}. Read it with "
            "one_size=True (--one-size) to have it as it is for images of the size of the example"
        )
    steps = [_agreed(one, other, a, b) for a, b in zip(one.steps, other.steps, strict=True)]
    return Steps([_alike(one, other, place, step) for place, step in enumerate(steps)], one.outputs)


def differences(one: Steps, other: Steps) -> Iterator[str]:
    """What two readings of a model differ in, in more than sizes."""
    for a, b in zip(one.steps, other.steps, strict=False):
        if type(a.op) is not type(b.op) or _kind(a) != _kind(b) or a.inputs != b.inputs or a.names != b.names:
            yield f"{a.label} ({_kind(a)}) where the other has {b.label} ({_kind(b)})"
            return
        if not _agrees(one, other, a, b):
            changed = [f for f in _differing(a, b) if f not in _sized(a)]
            yield f"{a.label} has {', '.join(f'{f} {getattr(a.op, f)} and {getattr(b.op, f)}' for f in changed)}"
    if len(one.steps) != len(other.steps):
        yield f"it has {len(one.steps)} and {len(other.steps)} ops"
    if one.outputs != other.outputs:
        yield "it answers with other values"


def _sized(step: Step) -> set[str]:
    """The fields of a step that hold the size of a map: of a function that runs as it is, its arguments."""
    return {"function"} if step.op and step.op.foreign else SIZES.get(_kind(step), set())


def _kind(step: Step) -> str:
    return step.op.kind if step.op else "unknown"


def _differing(a: Step, b: Step) -> list[str]:
    return [f.name for f in fields(a.op) if getattr(a.op, f.name) != getattr(b.op, f.name)]  # type: ignore[arg-type]


def _agrees(one: Steps, other: Steps, a: Step, b: Step) -> bool:
    return _merged(one, other, a, b) is not None


def _agreed(one: Steps, other: Steps, a: Step, b: Step) -> Step:
    return replace(a, op=_merged(one, other, a, b))


def _merged(one: Steps, other: Steps, a: Step, b: Step) -> Op | None:
    """The op at both sizes; None where there is none."""
    assert a.op is not None  # noqa: S101 - a list with holes is refused before
    differing = set(_differing(a, b)) - _sized(a)
    if not differing:
        return a.op
    if differing == {"pads"} and not isinstance(a.op, Pad) and _same(one, a) and _same(other, b):
        return replace(a.op, pads="same")  # type: ignore[call-arg]
    whole = isinstance(a.op, AvgPool) and _whole(one, a) and _whole(other, b)
    if whole and differing <= {"kernel", "stride"}:
        return AdaptiveAvgPool((1, 1))
    return None


def _same(steps: Steps, step: Step) -> bool:
    """Whether the pads are those of SAME at the size that a step has."""
    op: Any = step.op
    _, height, width = steps.steps[step.inputs[0]].shape
    return bool(op.pads == "same" or replace(op, pads="same").explicit((height, width)) == op.pads)


def doubtful(one: Steps, other: Steps) -> tuple[int, int] | None:
    """How much (height, width) an image must grow to tell SAME from pads that do not depend on the size; None for none.

    Pads that code computes may be the same at both sizes by chance: at a depth of 1/8 eight more rows are one more.
    """
    for a, b in zip(one.steps, other.steps, strict=True):
        op: Any = a.op
        if a.padded and op.pads != "same" and op.stride != (1, 1) and _same(one, a) and _same(other, b):
            sizes = zip(one.steps[0].shape[1:], one.steps[a.inputs[0]].shape[1:], strict=True)
            height, width = (max(1, round(image / size)) for image, size in sizes)
            return height, width
    return None


def _whole(steps: Steps, step: Step) -> bool:
    """Whether a pool is over the whole map."""
    before = steps.steps[step.inputs[0]].shape
    return isinstance(step.op, AvgPool) and step.op.kernel == before[1:] and step.op.pads == (0, 0, 0, 0)


def _alike(one: Steps, other: Steps, place: int, step: Step) -> Step:
    """A resize to a size that differs is one to the size of another value: the last one that has it at both sizes."""
    op = step.op
    if not isinstance(op, Resize) or op.size is None or op == other.steps[place].op:
        return step
    wanted = (step.shape[1:], other.steps[place].shape[1:])
    source = step.inputs[0]
    for index in range(place - 1, -1, -1):
        found = (one.steps[index].shape[1:], other.steps[index].shape[1:])
        if found == wanted and index != source and len(one.steps[index].shape) == 3 and one.steps[index].inputs != ():
            return replace(step, op=replace(op, size=None, source=None), inputs=(source, index))
    if wanted == (one.steps[0].shape[1:], other.steps[0].shape[1:]):
        return replace(step, op=replace(op, size=None, source=None), inputs=(source, 0))
    return step
