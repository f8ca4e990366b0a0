"""Why two sides train otherwise: settings that differ, and experiments that show which of them restores parity."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ..checking.report import Gate
from ..common.errors import DiptychError
from ..common.text import first_few
from ..common.training.optimisers import Optimiser, differing
from ..common.training.setting import Natives, Setting
from .course import Course, Parted
from .given import Given
from .loss_causes import of_losses
from .sides import Side, Sides, alone, decays_of, shared_numbers
from .steps import Batch, trained

CLOSE = 1e-6
NUDGE = 1e-15
"""Of each weight: what rounding may do to it in a step."""
ROUNDED = 100
"""How many times as far as a side is from itself both may be apart by rounding."""
MOST_ROUNDED = 1e-2
"""A difference that is larger is not laid to rounding."""
MEANINGS = {
    "velocity": "where the rate stands in the velocity",
    "decay": "how the weight decay enters",
    "eps_at": "where eps stands",
    "first": "what the accumulator begins with",
    "rate": "the rate or its schedule",
}
"""What some fields are called in words."""


@dataclass(frozen=True)
class Trial:
    """What an experiment needs: both sides made anew, and the batches up to the step in which they part."""

    sides: Sides
    settings: tuple[Setting, Setting]
    natives: tuple[Natives, Natives]
    batches: Sequence[Batch]
    seed: int
    step: int

    def rounding(self, parted: Parted) -> float:
        """How far the first side is from itself where both part, after its first weights were changed by rounding."""
        if parted.kind in ("dropout", "output", "outputs") or parted.gap > MOST_ROUNDED or parted.judged:
            return 0.0
        one, other = (self.sides.make(self.settings, self.natives, "float64")[0] for _ in range(2))
        other.trainer.nudge(NUDGE, self.seed)
        settings = self.settings[0], self.settings[0]
        course = trained((one, other), self.batches[: self.step], self.sides.net, settings, self.seed, watched=parted)
        return course.worst

    def agree(self, setting: Setting, without: str) -> bool:
        """Whether the two train alike as far as here with another setting of the second, its own object left out."""
        gone: dict[str, Any] = {without: None} | ({"scheduler": None} if without == "optimiser" else {})
        natives = self.natives[0], replace(self.natives[1], **gone)
        settings = self.settings[0], setting
        try:
            both = self.sides.make(settings, natives, "float64")
            course = trained(both, self.batches[: self.step], self.sides.net, settings, self.seed)
        except DiptychError:
            return False
        return course.parted is None


def blamed(
    gate: Gate,
    course: Course,
    sides: Sides,
    given: tuple[Given, Given],
    settings: tuple[Setting, Setting],
    natives: tuple[Natives, Natives],
    batches: Sequence[Batch],
    seed: int,
    both: tuple[Side, Side],
) -> Gate:
    """The gate with the cause of the first difference, and the side that departs where that can be told."""
    parted = course.parted
    if parted is None:
        return gate
    trial = Trial(sides, settings, natives, batches, seed, parted.step)
    if (noise := trial.rounding(parted)) * ROUNDED >= parted.gap:
        said = (f"rounding alone may have grown so far: {both[0].label} against itself, its first weights another by "
                f"{NUDGE:.0e}, is {noise:.1e} apart there; all agreed to step {parted.step - 1}; take larger batches "
                "or images, a smaller rate, or fewer steps")  # fmt: skip
        return replace(gate, passed=None, detail=said, side="")
    lone = [f"{first_few(names, 4)} of {side.label}" for side in both if (names := alone(side))]
    if parted.kind == "output" and lone:
        said = f"weights that training alone uses are no pair, so that both begin otherwise: {' and '.join(lone)}"
        return replace(gate, passed=None, detail=said, side="")
    finders: dict[str, Callable[[], str]] = {
        "dropout": lambda: _of_dropout(both, batches[parted.step - 1], seed),
        "outputs": lambda: _of_outputs(both, batches[parted.step - 1], seed),
        "output": lambda: "the models compute otherwise in training, before any update; `compare` names the layer",
        "loss": lambda: _of_loss(trial, given, sides.labels, course),
        "gradient": lambda: _of_gradient(trial, given, both),
        "statistic": lambda: _of_statistic(parted, both),
        "parameter": lambda: _of_optimiser(trial, given, both, course),
        "average": lambda: _of_optimiser(trial, given, both, course),
    }
    cause = finders[parted.kind]()
    side = parted.judged or _departs(parted, given, sides.labels)
    detail = "; ".join(filter(None, (gate.detail, cause)))
    return replace(gate, cause=cause, side=side, detail=detail)


def _departs(parted: Parted, given: tuple[Given, Given], labels: tuple[str, str]) -> str:
    """The side whose own object stands beside a description: that says what is meant."""
    part = {"loss": "loss", "gradient": "loss", "parameter": "optimiser", "average": "optimiser"}.get(parted.kind)
    own = [] if part is None else [getattr(item.natives, part) is not None for item in given]
    return labels[own.index(True)] if own.count(True) == 1 else ""


def _of_dropout(both: tuple[Side, Side], batch: Batch, seed: int) -> str:
    from ..common.training.masks import Masks

    told = []
    for side in both:
        masks = Masks(seed, 1)
        try:
            side.trainer.step(*batch, masks)
        except DiptychError as error:
            return str(error)
        said = first_few([f"{d.kind} {d.rate:g}" for d, _ in masks.taken], 4) or "none"
        told.append(f"{said} in {side.label}")
    return f"dropout: {' and '.join(told)}"


def _of_outputs(both: tuple[Side, Side], batch: Batch, seed: int) -> str:
    counts = [len(side.trainer.shapes(batch[0])) for side in both]
    return (f"auxiliary outputs: {counts[0]} outputs in training in {both[0].label} and {counts[1]} in "
            f"{both[1].label}, each with a loss")  # fmt: skip


def _of_loss(trial: Trial, given: tuple[Given, Given], labels: tuple[str, str], course: Course) -> str:
    one, other = given
    if not (one.loss_known and other.loss_known):
        targets = trial.batches[trial.step - 1][1][0]
        if said := of_losses(given, course.seen, targets, labels):
            return said
        return f"the loss: equal outputs have another one in {labels[0]} than in {labels[1]}"
    return _fields("loss", trial, one.loss, other.loss, labels) or "the loss, by what neither side says of itself"


def _of_gradient(trial: Trial, given: tuple[Given, Given], both: tuple[Side, Side]) -> str:
    labels = both[0].label, both[1].label
    if frozen := list(_frozen(both)):
        return f"the gradient: {'; '.join(frozen)}"
    own = any(item.natives.loss is not None for item in given)
    if own and trial.agree(replace(trial.settings[1], loss=given[0].loss), "loss"):
        return f"the gradient of the loss, whose value is the same; with {labels[0]}'s in {labels[1]} they agree"
    return "a gradient is lost or changed on its way back; `compare` names the layers that it is between"


def _fields(part: str, trial: Trial, one: Any, other: Any, labels: tuple[str, str]) -> str:
    """The fewest fields of a description that restore parity when the second takes them from the first; "" for none."""
    word = "the loss" if part == "loss" else "the optimiser"
    if type(one) is not type(other):
        return f"{word}: {type(one).__name__} in {labels[0]} and {type(other).__name__} in {labels[1]}"
    names = differing(one, other) if isinstance(one, Optimiser) else _unequal(one, other)
    for count in range(1, len(names) + 1):
        for chosen in itertools.combinations(names, count):
            changed = replace(other, **{name: getattr(one, name) for name in chosen})
            rule = {"loss": changed} if part == "loss" else {"rule": changed}
            if trial.agree(replace(trial.settings[1], **rule), "loss" if part == "loss" else "optimiser"):
                return f"{word}: {'; '.join(_worded(name, one, other, labels) for name in chosen)}"
    return ""


def _unequal(one: Any, other: Any) -> list[str]:
    return [f.name for f in fields(one) if getattr(one, f.name) != getattr(other, f.name)]


def _worded(name: str, one: Any, other: Any, labels: tuple[str, str]) -> str:
    said = f"{name} ({MEANINGS[name]})" if name in MEANINGS else name
    return f"{said}, {getattr(one, name)!r} in {labels[0]} and {getattr(other, name)!r} in {labels[1]}"


def _of_optimiser(trial: Trial, given: tuple[Given, Given], both: tuple[Side, Side], course: Course) -> str:
    labels = both[0].label, both[1].label
    told = [*_left_out(both), *_pulls(both), *_decays(both), *_constraints(both)]
    if told:
        return f"the optimiser: {'; '.join(told)}"
    one, other = given
    if one.known and other.known:
        found = _fields("optimiser", trial, one.rule, other.rule, labels)
        return found or "the optimiser, by what neither side says of itself"
    names = " and ".join(item.says for item in given if not item.known)
    said = f"of equal gradients {names} makes another update than the other side"
    return f"the optimiser: {'; '.join(filter(None, (_of_rates(both, course), said)))}"


def _of_rates(both: tuple[Side, Side], course: Course) -> str:
    """Other rates in the step in which both part, whatever computes them."""
    one, other = (shared_numbers(side, item.rates) for side, item in zip(both, course.seen, strict=True))
    unlike = [n for n in one if n in other and not abs(one[n] - other[n]) <= CLOSE * max(abs(one[n]), abs(other[n]))]
    if not unlike:
        return ""
    whom = "" if len(unlike) == len(one) else f" of {first_few(unlike, 4)}"
    return (f"the rate{whom} in step {course.reached} (the rate or its schedule), {one[unlike[0]]:.6g} in "
            f"{both[0].label} and {other[unlike[0]]:.6g} in {both[1].label}")  # fmt: skip


def _left_out(both: tuple[Side, Side]) -> Iterator[str]:
    """Weights that the optimiser of one side has and that of the other does not."""
    known = [decays_of(side) for side in both]
    for place, side in enumerate(both):
        missing = [name for name in known[1 - place] if name not in known[place]]
        if missing:
            yield f"{first_few(missing, 4)} left out of it in {side.label}"


def _decays(both: tuple[Side, Side]) -> Iterator[str]:
    """Weights that one side decays and the other does not."""
    one, other = (decays_of(side) for side in both)
    for a, b, side in ((one, other, both[0]), (other, one, both[1])):
        more = [name for name, decay in a.items() if decay and b.get(name) == 0.0]
        if more and any(b.values()):
            yield f"the weight decay of {first_few(more, 4)}, which {side.label} decays and the other does not"


def _pulls(both: tuple[Side, Side]) -> Iterator[str]:
    """Weights that a regularizer of one side pulls otherwise than regularizer or decay do on the other."""
    known = [shared_numbers(side, side.trainer.pulls()) for side in both]
    if not any(known):
        return
    whole = [decays_of(side) for side in both]
    sums = [{n: pulls.get(n, 0.0) + decays.get(n, 0.0) for n in {**pulls, **decays}}
            for pulls, decays in zip(known, whole, strict=True)]  # fmt: skip
    unlike = [n for n in sums[0] if n in sums[1] and not abs(sums[0][n] - sums[1][n]) <= CLOSE]
    if unlike:
        told = [_pulled(unlike[0], side.label, pulls, decays)
                for side, pulls, decays in zip(both, known, whole, strict=True)]  # fmt: skip
        yield f"the regularizer or weight decay of {first_few(unlike, 4)}: {' and '.join(told)}"


def _pulled(name: str, label: str, pulls: Mapping[str, float], decays: Mapping[str, float]) -> str:
    l2 = f"L2({pulls[name] / 2:g}), whose gradient is {pulls[name]:g} of the weight" if name in pulls else ""
    decay = f"a decay of {decays[name]:g}" if decays.get(name) else ""
    return f"{' and '.join(filter(None, (l2, decay))) or 'none'} in {label}"


def _constraints(both: tuple[Side, Side]) -> Iterator[str]:
    """Constraints that weights are put under in one side alone."""
    known = [side.trainer.constraints() for side in both]
    pairs = zip(both, known, strict=True)
    names = [set(shared_numbers(side, dict.fromkeys(own, 1.0))) for side, own in pairs]
    for place, side in enumerate(both):
        if more := sorted(names[place] - names[1 - place]):
            kinds = first_few(sorted(set(known[place].values())), 2)
            yield f"the constraint {kinds} of {first_few(more, 4)} in {side.label}"


def _frozen(both: tuple[Side, Side]) -> Iterator[str]:
    """Weights that are trained in one side and frozen in the other."""
    known = [shared_numbers(side, dict.fromkeys(side.trainer.parameters, 1.0)) for side in both]
    for place, side in enumerate(both):
        if missing := [name for name in known[1 - place] if name not in known[place]]:
            yield f"{first_few(missing, 4)} frozen in {side.label} and trained in {both[1 - place].label}"


def _of_statistic(parted: Parted, both: tuple[Side, Side]) -> str:
    name = parted.name.replace("running_mean", "running_var")
    shares = [side.shared(side.trainer.shares()).get(name) for side in both]
    told = [None if share is None else float(share.flat[0]) for share in shares]
    labels = both[0].label, both[1].label
    if None not in told and abs(told[0] - told[1]) > CLOSE:  # type: ignore[operator]
        said = (f"momentum of {name.rpartition('.')[0]}: a batch has the share {told[0]:g} in {labels[0]} and "
                f"{told[1]:g} in {labels[1]}")  # fmt: skip
        complement = abs(told[0] + told[1] - 1) < CLOSE  # type: ignore[operator]
        return (
            f"{said}; one is the complement of the other, and Keras's momentum is 1 - PyTorch's" if complement else said
        )
    if parted.pair is not None and parted.name.endswith("running_var"):
        one, other = (array.ravel() for array in parted.pair)
        times = float(np.median(one / other))
        return (f"running variance: without the factor that each framework's own layer has, that of {labels[0]} is "
                f"{times:.4g} times that of {labels[1]}: one layer writes the unbiased variance where the "
                "framework's own writes the biased one, or the other way round")  # fmt: skip
    return ""
