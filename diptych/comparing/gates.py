"""The gates of a comparison; each says whether two models are one function in some respect, and where they are not.

What proves nothing is no pass: a gate that could not be asked is left open, with the reason, and the comparison as a
whole cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from ..checking.case import Finding
from ..checking.gates import FLOAT32_FACTOR, FLOAT32_FLOOR
from ..common.comparing.causes import causes
from ..common.comparing.parting import Partings
from ..common.compare import FLOAT64_TOLERANCE
from ..common.spec import Array
from ..common.text import first_few
from .pair import Pair, channelwise, matched
from .sides import Images
from .training import dropout, gradients, training

Answers = dict[str, Array]
RANGES = 4
"""How many of the batches every node is held to."""


def outputs(pair: Pair) -> Finding | None:
    """Both answer alike, as they stand, and so do their copies in float64."""
    worst, count, told = Finding(True, 0.0, FLOAT64_TOLERANCE), 0, False
    for images in pair.images:
        found = _answers(pair, images)
        if found is None:
            continue
        if not told and (why := _says_nothing(found, pair)):
            pair.unsure.append(why)
            return None
        told = True
        if _restless(pair, images, found):
            label = _restless(pair, images, found)
            return Finding(False, float("inf"), 0.0, "output", f"{label} answers twice to the same images with other numbers", 1)
        one = _held(pair, images, found)
        count += one.compared
        if not one.passed:
            return one
        worst = one if one.measured > worst.measured else worst
    if not told:
        return None
    return Finding(True, worst.measured, worst.tolerance, worst.where, worst.detail, count)


def _answers(pair: Pair, images: Images) -> list[Answers] | None:
    """What both models and both copies answer; None, with a note, for a size that one does not take."""
    found: list[Answers] = []
    for side in pair.both:
        for given in (side.given, side.wide):
            if given is None:
                found.append({})
                continue
            try:
                found.append(dict(given.outputs(images.values)))
            except Exception as error:  # noqa: BLE001 - whatever a model raises at a size or a batch that it does not take
                said = str(error).strip().partition("\n")[0][:160]
                pair.notes.append(f"not compared: {images.name}, which the {side.label} model does not take ({said})")
                return None
    return found


def _says_nothing(found: list[Answers], pair: Pair) -> str:
    """Why comparing these answers proves nothing, "" where it does."""
    one, other = (next(filter(None, half), {}) for half in (found[:2], found[2:]))
    together = matched(one, other)
    if together is None:
        return ""
    for name, a, b in together:
        if a.size != b.size:
            return (f"{name} has the shape {a.shape[1:]} in {pair.one.label} and {b.shape[1:]} in {pair.other.label}: "
                    "compare models of the same number of classes")  # fmt: skip
        if not np.isfinite(a).all() and not np.isfinite(b).all():
            return f"{name} is not finite on both sides: look for NaN and infinity in the weights"
    return ""


def _restless(pair: Pair, images: Images, found: list[Answers]) -> str:
    """The model that answers twice with other numbers."""
    for side, before in zip(pair.both, (found[0], found[2]), strict=True):
        again = side.given.outputs(images.values)
        if any(not np.array_equal(again[name], before[name], equal_nan=True) and channelwise(again[name], before[name]) > 1e-4 for name in before):
            return side.label
    return ""


def _held(pair: Pair, images: Images, found: list[Answers]) -> Finding:
    low, wide, other_low, other_wide = found
    worst, count = Finding(True, 0.0, FLOAT64_TOLERANCE), 0
    ways: list[tuple[str, Answers, Answers]] = []
    if wide and other_wide:
        ways.append(("in float64", wide, other_wide))
    if (pair.one.given.dtype, pair.other.given.dtype) != ("float64", "float64"):
        ways.append(("as they stand", low, other_low))
    for words, one, other in ways:
        together = matched(one, other)
        if together is None:
            return Finding(False, float("inf"), 0.0, "output",
                           f"{pair.one.label} answers with {len(one)} values and {pair.other.label} with {len(other)}", count)  # fmt: skip
        for name, a, b in together:
            gap, bound = channelwise(a.reshape(b.shape), b), FLOAT64_TOLERANCE
            if words != "in float64":
                bound = _noise(low, wide, other_low, other_wide)
            count += 1
            where = f"{name} [{images.name}, {words}]"
            if not gap <= bound:
                return Finding(False, gap, bound, where, "", count)
            worst = Finding(True, gap, bound, where) if gap >= worst.measured and words == "in float64" else worst
    return Finding(True, worst.measured, worst.tolerance, worst.where, "", count)


def _noise(low: Answers, wide: Answers, other_low: Answers, other_wide: Answers) -> float:
    """What rounding may do: a multiple of that of the quieter side, each against its own copy in float64."""
    noises = []
    for one, exact in ((low, wide), (other_low, other_wide)):
        if exact:
            noises.append(max(channelwise(one[name].reshape(exact[name].shape), exact[name]) for name in exact))
    return FLOAT32_FACTOR * (min(noises) if noises else FLOAT32_FLOOR) + FLOAT32_FLOOR * 8


def nodes(pair: Pair) -> Finding | None:
    """Every step of the second computes what the first one does, given the same."""
    if not pair.readable:
        return None
    assert pair.one.read is not None
    assert pair.other.read is not None
    weights = pair.one.read.weights, pair.other.read.weights
    shape, count = tuple(map(int, pair.one.read.net.input_shape)), 0
    batches = [images for images in pair.images if images.values.shape[1:] == shape and len(images.values) == 2]
    for images in batches[:RANGES]:
        steps: list[str] = []
        found = Partings(pair.alignment, weights)
        for part in found.find(images.values, lambda step, gap: steps.append(step.path)):
            one, other = found.one.steps[part.one], found.other.steps[part.other]
            before = next((a for a, b in pairwise(steps) if b == one.path), "the image")
            why = "; ".join(f"{cause.kind}: {cause.one} in {pair.one.label}, {cause.other} in {pair.other.label}" for cause in causes(part, found))
            same = f" (here {other.path})" if other.path != one.path else ""
            said = f"{why or 'no change that was tried brings them together'}{same}; the last that agrees is {before}"
            return Finding(False, part.gap, FLOAT64_TOLERANCE, one.path, said, count + len(steps))
        count += len(steps)
    return Finding(bool(count), 0.0, FLOAT64_TOLERANCE, "", "", count)


def parameters(pair: Pair) -> Finding | None:
    """What is trained in one is trained in the other."""
    if not pair.readable:
        return None
    found = [_trained(side.read, known) for side, known in zip(pair.both, (set(pair.weights), set(pair.weights.values())), strict=True)]
    lone = [f"{name} of {side.label}" for side, names in zip(pair.both, found, strict=True) for name in names]
    count = len(pair.weights)
    if lone:
        return Finding(False, float(len(lone)), 0.0, lone[0].partition(" of ")[0], f"trained in one model alone: {first_few(lone, 6)}", count)
    return Finding(True, 0.0, 0.0, "", "", count)


def _trained(read: object, known: set[str]) -> list[str]:
    from ..common.importing.imported import Imported

    assert isinstance(read, Imported)
    return [name for name, weight in read.net.weights.items() if weight.kind == "trainable" and name not in known]


GATES: dict[str, Callable[[Pair], Finding | None]] = {gate.__name__: gate for gate in (nodes, outputs, parameters, gradients, training, dropout)}
