"""How far two networks are apart along all of their steps: numbers for a chart, which decide nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..errors import DiptychError
from ..spec import Array
from .apart import apart_by_channel
from .flow import Flow, Step
from .parting import Parting, Partings
from .sketch import Sketch, sketch

MOST = 2e10
"""MACs of an image up to which both networks run once more."""
SKETCHES = 3
"""How many tensors are kept, made small."""
GIVEN, ITSELF = "given the same", "each model by itself"


@dataclass(frozen=True)
class Measure:
    """How far a pair of steps, or of layers, is apart, relative to the largest number; None where it is not known.

    `own` is what its second step adds, given what the first network computed; `accumulated` is what has come together
    where each model runs by itself; `noise` is what float32 makes of the step.
    """

    one: str
    other: str
    kind: str
    own: float | None = None
    accumulated: float | None = None
    noise: float | None = None


@dataclass(frozen=True)
class Along:
    """The pairs in the order of the first network, and the tensors that are furthest apart, the first one first."""

    curve: tuple[Measure, ...] = ()
    tensors: tuple[Sketch, ...] = ()

    def worse(self, other: Along) -> Along:
        """Of two that were measured on other images, the larger of each number."""
        if len(self.curve) != len(other.curve):
            return other
        pairs = zip(self.curve, other.curve, strict=True)
        return replace(other, curve=tuple(replace(b, own=max(a.own or 0.0, b.own or 0.0)) for a, b in pairs))


def met(found: Partings) -> Along:
    """What was measured while the steps were held to each other."""
    return Along(tuple(_measures(found, {}, {})))


def beyond(found: Partings, part: Parting, ahead: Iterator[Parting]) -> Along:
    """The same beyond the first parting, with what both networks are apart by themselves, where that is cheap."""
    try:
        return _beyond(found, part, ahead)
    except Exception:  # noqa: BLE001 - a chart must not stand in the way of what was found
        return met(found)


def _beyond(found: Partings, part: Parting, ahead: Iterator[Parting]) -> Along:
    with contextlib.suppress(DiptychError):
        for _ in ahead:
            pass
    image = _furthest(found, part)
    cheap = max(net.macs for net in (found.one.net, found.other.net)) <= MOST
    itself, last = _itself(found, image) if cheap else ({}, [])
    noise = {a: _noise(found, a, image) for a in found.gaps} if cheap else {}
    return Along(tuple(_measures(found, itself, noise)), tuple([*_sketches(found, part), *last][:SKETCHES]))


def _measures(found: Partings, itself: Mapping[int, float], noise: Mapping[int, float | None]) -> Iterator[Measure]:
    back = {a: b for b, a in found.partner.items()}
    for a, gap in found.gaps.items():
        if a in back:
            step = found.one.steps[a]
            yield Measure(step.path, found.other.steps[back[a]].path, step.node.kind, gap, itself.get(a), noise.get(a))


def _furthest(found: Partings, part: Parting) -> int:
    """The image of the batch at which a pair is furthest apart."""
    theirs = found._hybrid(part.other, {})
    if theirs is None or theirs.size != part.answer.size:
        return 0
    gaps = np.abs(theirs.reshape(part.answer.shape) - part.answer).reshape(len(part.answer), -1).max(1)
    return int(np.argmax(np.nan_to_num(gaps, nan=np.inf)))


def _itself(found: Partings, image: int) -> tuple[dict[int, float], list[Sketch]]:
    """Of each step of the first how far the second network, run by itself on an image, is from it; and the outputs."""
    flow, gaps = found.other, dict[int, float]()
    values = {0: found.values[0][image : image + 1]}
    left = _left(flow)
    for b, step in enumerate(flow.steps[1:], start=1):
        value = found._run(step, found.weights[1], tuple(values[item] for item in step.inputs))
        if value is None:
            break
        values[b] = value
        a = found.partner.get(b)
        if a is not None and a in found.values:
            gaps[a] = apart_by_channel(value, found.values[a][image : image + 1])
        _let_go(values, left, step)
    return gaps, [_output(found, a, values[b], image) for a, b in _outputs(found, values)]


def _left(flow: Flow) -> dict[int, int]:
    """How often each step is read; an output once more than it is."""
    return {place: len(flow.readers[place]) + (place in flow.outputs) for place in range(len(flow.steps))}


def _let_go(values: dict[int, Array], left: dict[int, int], step: Step) -> None:
    for item in step.inputs:
        left[item] -= 1
        if not left[item]:
            values.pop(item, None)


def _outputs(found: Partings, values: Mapping[int, Array]) -> Iterator[tuple[int, int]]:
    pairs = zip(found.one.outputs, found.other.outputs, strict=False)
    return ((a, b) for a, b in pairs if a in found.values and b in values)


def _output(found: Partings, a: int, theirs: Array, image: int) -> Sketch:
    paths = found.one.steps[a].path, f"{ITSELF}, an output"
    return sketch(paths[0], paths[1], found.values[a][image : image + 1], theirs)


def _noise(found: Partings, a: int, image: int) -> float | None:
    """What a step of the first is off by in float32, for the same image."""
    step = found.one.steps[a]
    own = {kind: np.asarray(found.weights[0][name], np.float32) for kind, name in step.node.own_weights().items()}
    given = [found.values[item][image : image + 1].astype(np.float32) for item in step.inputs]
    try:
        with np.errstate(all="ignore"):
            return apart_by_channel(
                step.node.op.run(*given, **own).astype(np.float64), found.values[a][image : image + 1]
            )
    except (ValueError, IndexError, TypeError, DiptychError):
        return None


def _sketches(found: Partings, part: Parting) -> Iterator[Sketch]:
    """The first pair that parts, and the other one that is furthest apart by itself."""
    back = {a: b for b, a in found.partner.items()}
    others = [a for a, gap in found.gaps.items() if gap > found.tolerance and a != part.one and a in back]
    worst = sorted(others, key=lambda a: -found.gaps[a])[: SKETCHES - 2]
    for a, b in [(part.one, part.other), *((a, back[a]) for a in worst)]:
        theirs = found._hybrid(b, {})
        if theirs is not None:
            yield sketch(found.one.steps[a].path, GIVEN, found.values[a], theirs)
