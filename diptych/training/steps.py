"""Both sides trained side by side, step by step, up to the first thing that differs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from ..common.compare import difference
from ..common.errors import DiptychError
from ..common.memory import trim
from ..common.spec import Array, Net
from ..common.training.masks import Masks
from ..common.training.setting import Observed, Setting
from .course import Course, Diverged, Parted
from .judge import Judge
from .sides import Side
from .statistics import Series, biases_before, values_of

TOLERANCE = 1e-8
"""Of the largest entry of a tensor, after any number of steps: rounding of 1e-15 grows as training goes on."""
COARSE = 1e-6
"""The same where one side computes its rate in float32."""
SMALL = 1e-3
"""Of the network's largest gradient: below it a gradient is measured by this share, not by its own largest entry."""
ROUNDING = 1e-9
"""Of the network's largest gradient: below it a gradient is rounding, as of a bias before batch normalisation."""
OFTEN = 4_000_000
"""Numbers of a network up to which everything is held after each step, and not after the marked ones alone."""
MARKS = (1, 5)

T = TypeVar("T")
Batch = tuple[Array, Sequence[Array]]
Entry = tuple[str, str, Array, Array, float]
"""What is held after a step: its kind and name, both arrays, and the smallest number that is a measure."""


def trained(
    sides: tuple[Side, Side],
    batches: Sequence[Batch],
    net: Net | None,
    settings: tuple[Setting, Setting],
    seed: int,
    judged: tuple[Judge | None, Judge | None] = (None, None),
    say: Callable[[str], None] = lambda text: None,
    tolerance: float = TOLERANCE,
    watched: Parted | None = None,
) -> Course:
    """Train both, and hold them to each other after each step, or after the marked ones where they are large.

    What is `watched` is measured and nothing is held: how far the two are apart there stands in `worst`.
    """
    old = [side.shared(side.trainer.weights()) for side in sides]
    series = [_series(side, setting, net, weights) for side, setting, weights in zip(sides, settings, old, strict=True)]
    often = sum(array.size for array in old[0].values()) <= OFTEN
    run = _Run(sides, series, judged, seed, tolerance, watched)
    for step, batch in enumerate(batches, start=1):
        say(f"step {step} of {len(batches)}")
        trim()
        old = run.step(step, batch, old, often or step in MARKS or step == len(batches))
        if run.course.parted is not None:
            break
    return run.course


@dataclass
class _Run:
    """Both sides in training. What a step takes, several times as large as the model, is let go before the next."""

    sides: tuple[Side, Side]
    series: Sequence[Series]
    judged: tuple[Judge | None, Judge | None]
    seed: int
    tolerance: float
    watched: Parted | None
    course: Course = field(default_factory=Course)

    def step(self, step: int, batch: Batch, old: list[dict[str, Array]], due: bool) -> list[dict[str, Array]]:
        """Train both with a batch, and hold them to each other where that is `due`; the weights after it."""
        course, sides = self.course, self.sides
        seen = [_step(side, *batch, Masks(self.seed, step)) for side in sides]
        for curve, item in zip(course.losses, seen, strict=True):
            curve.append(item.loss)
        _check_finite(sides, seen, step)
        course.reached = step
        new = [side.shared(side.trainer.weights()) for side in sides]
        for one, before, after in zip(self.series, old, new, strict=True):
            one.step(before, after, len(batch[0]))
        gradients = [side.shared(item.gradients) for side, item in zip(sides, seen, strict=True)]
        whole = [_with_added(*of) for of in zip(sides, gradients, seen, strict=True)]
        wrong = [_judged(*of, due) for of in zip(self.judged, old, whole, new, strict=True)]
        _note_small(course, gradients)
        entries = _entries(course, seen, gradients, self.series, new, sides, step, due)
        course.parted = self._parted(step, entries, wrong if due else [])
        if course.parted is not None:
            course.seen = seen
        course.variances = max(course.variances, _variance_gap(new))
        return new

    def _parted(self, step: int, entries: Iterator[Entry], wrong: Sequence[Mapping[str, float]]) -> Parted | None:
        """The first thing that differs, else the first weight that is not what the rule of its side means."""
        course = self.course
        for kind, name, a, b, floor in entries:
            gap, why = difference(a, b, floor)
            if self.watched is not None:
                if (step, kind, name) == (self.watched.step, self.watched.kind, self.watched.name):
                    course.worst = gap
                continue
            course.compared += 1
            if not gap <= self.tolerance:
                found = Parted(step, kind, name, gap, self.tolerance, why, (a, b))
                return _blamed(found, self.sides, wrong) if kind == "parameter" else found
            if gap > course.worst:
                course.worst, course.worst_at = gap, Parted(step, kind, name, gap, self.tolerance).where
        for side, gaps in zip(self.sides, wrong, strict=False) if self.watched is None else ():
            for name, gap in gaps.items():
                if name not in (course.quiet or ()) and not gap <= self.tolerance:
                    return Parted(step, "parameter", name, gap, self.tolerance, judged=side.label)
        return None


def _with_added(side: Side, gradients: Mapping[str, Array], seen: Observed) -> Mapping[str, Array]:
    """The gradients that an update is of: those of the loss, and of what the model itself adds to it."""
    if not seen.added:
        return gradients
    added = side.shared(seen.added)
    return {n: sum((of[n] for of in (gradients, added) if n in of), np.zeros(1)) for n in {**gradients, **added}}


def _series(side: Side, setting: Setting, net: Net | None, weights: Mapping[str, Array]) -> Series:
    shares = {name: float(array.flat[0]) for name, array in side.shared(side.trainer.shares()).items()}
    values, biases = ({}, {}) if net is None else (values_of(net), biases_before(net))
    return Series(side.framework, setting.variance, values, biases, shares, dict(weights))


def shapes(side: Side, x: Array) -> list[tuple[int, ...]]:
    """The shapes of the outputs of a side in training."""
    return _asked(side, lambda: side.trainer.shapes(x))


def _asked(side: Side, call: Callable[[], T]) -> T:
    """What a side answers; what its own code raises is one sentence."""
    try:
        return call()
    except DiptychError:
        raise
    except Exception as error:
        said = str(error).strip().partition("\n")[0][:300]
        if "more than 1 value per channel" in said:
            said = (f"{said}; batch normalisation has one value for each channel, of which Keras makes 0: take batches "
                    "of two images or more, or freeze_norms")  # fmt: skip
        raise DiptychError(f"{side.label} cannot be trained: {type(error).__name__}: {said}") from error


def _step(side: Side, x: Array, targets: Sequence[Array], masks: Masks) -> Observed:
    return _asked(side, lambda: side.trainer.step(x, targets, masks))


def _check_finite(sides: tuple[Side, Side], seen: Sequence[Observed], step: int) -> None:
    wrong = [side.label for side, item in zip(sides, seen, strict=True) if not math.isfinite(item.loss)]
    if len(wrong) == len(sides):
        raise Diverged(f"the loss is {seen[0].loss} at step {step} in both")


def _note_small(course: Course, gradients: Sequence[Mapping[str, Array]]) -> None:
    """Keep the names of those whose gradient was nothing but rounding, or small, in every step so far."""
    most = {name: max(float(np.abs(found[name]).max()) for found in gradients if name in found)
            for name in {**gradients[0], **gradients[1]}}  # fmt: skip
    largest = max(most.values(), default=0.0)
    quiet = {name for name, value in most.items() if value <= ROUNDING * largest}
    small = {name for name, value in most.items() if value <= SMALL * largest} - quiet
    course.quiet = quiet if course.quiet is None else course.quiet & quiet
    course.small = small if course.small is None else course.small & small


def _entries(
    course: Course,
    seen: Sequence[Observed],
    gradients: Sequence[Mapping[str, Array]],
    series: Sequence[Series],
    new: Sequence[Mapping[str, Array]],
    sides: tuple[Side, Side],
    step: int,
    due: bool,
) -> Iterator[Entry]:
    """What is held after a step, in the order in which a fault spreads."""
    counts = [len(item.outputs) for item in seen]
    if counts[0] != counts[1]:
        yield "outputs", "", np.zeros((counts[0], 1)), np.ones((counts[1], 2)), 0.0
    masks = [sorted(f"{d.kind} {d.rate:.6g}" for d, _ in item.masks.taken) for item in seen]
    if masks[0] != masks[1]:
        yield "dropout", "", np.zeros((len(masks[0]), 1)), np.ones((len(masks[1]), 2)), 0.0
    for place, (a, b) in enumerate(zip(seen[0].outputs, seen[1].outputs, strict=False)):
        if step == 1:
            yield "output", str(place), a.reshape(b.shape) if a.size == b.size else a, b, 0.0
    yield "loss", "", np.array([seen[0].loss]), np.array([seen[1].loss]), 0.0
    if not due:
        return
    one, other = gradients
    floor = SMALL * max((float(np.abs(g).max()) for g in other.values()), default=0.0)
    quiet = course.quiet or set()
    for name in reversed([name for name in {**one, **other} if name not in quiet]):
        yield "gradient", name, *_both(one, other, name), floor
    held = series[0].held, series[1].held
    for name in held[0]:
        if name in held[1]:
            spread = held[1].get(name.replace("running_mean", "running_var"), held[1][name])
            as_is = new[0][name].reshape(new[1][name].shape), new[1][name]
            equal = difference(*as_is)[0] <= TOLERANCE  # where both write the same variance by themselves
            yield (
                "statistic",
                name,
                *(as_is if equal else (held[0][name], held[1][name])),
                float(np.sqrt(np.abs(spread).max())),
            )
    statistics = set(held[0]) | set(held[1])
    for name in (name for name in new[0] if name not in quiet and name not in statistics):
        if name in new[1]:
            yield "parameter", name, new[0][name], new[1][name], 0.0
    if step < sides[0].trainer.setting.rule.accumulate:
        return
    averages = [side.shared(side.trainer.averages()) for side in sides]
    if bool(averages[0]) != bool(averages[1]):
        yield "average", "", np.zeros((1, 1)), np.ones((1, 2)), 0.0
    for name in (name for name in averages[0] if name not in quiet):
        yield "average", name, *_both(averages[0], averages[1], name), 0.0


def _both(one: Mapping[str, Array], other: Mapping[str, Array], name: str) -> tuple[Array, Array]:
    """The arrays of both; zeros where one has none, as of a gradient that does not get there."""
    a, b = one.get(name), other.get(name)
    return np.zeros_like(b) if a is None else a, np.zeros_like(a) if b is None else b


def _judged(
    judge: Judge | None, before: Mapping[str, Array], gradients: Mapping[str, Array], after: Mapping[str, Array],
    due: bool,
) -> dict[str, float]:  # fmt: skip
    """How far each weight is from what its rule means, where that is `due`; nothing without a rule."""
    if judge is None:
        return {}
    wanted = judge.step(before, gradients)
    return {n: difference(after[n].reshape(of.shape), of)[0] for n, of in wanted.items()} if due else {}


def _blamed(parted: Parted, sides: tuple[Side, Side], wrong: Sequence[Mapping[str, float]]) -> Parted:
    """The side whose update is not what its own rule means, where just one is."""
    found = [side.label for side, gaps in zip(sides, wrong, strict=True)
             if parted.name in gaps and not gaps[parted.name] <= parted.tolerance]  # fmt: skip
    return replace(parted, judged=found[0] if len(found) == 1 else "")


def _variance_gap(new: Sequence[Mapping[str, Array]]) -> float:
    names = [name for name in new[0] if name.endswith("running_var") and name in new[1]]
    return max((difference(new[0][name].reshape(new[1][name].shape), new[1][name])[0] for name in names), default=0.0)
