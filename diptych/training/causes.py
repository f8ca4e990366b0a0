"""Why two sides train otherwise: settings that differ, and experiments that show which of them restores parity."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ..checking.report import Gate
from ..common.errors import DiptychError
from ..common.text import first_few
from ..common.training.optimisers import Optimiser, differing
from ..common.training.setting import Natives, Setting
from .given import Given
from .sides import Side, Sides, decays_of
from .steps import Batch, Course, Parted, trained

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
        if parted.kind in ("dropout", "output") or parted.gap > MOST_ROUNDED or parted.judged:
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
    finders: dict[str, Callable[[], str]] = {
        "dropout": lambda: _of_dropout(both, batches[parted.step - 1], seed),
        "output": lambda: "the models compute otherwise in training, before any update; `compare` names the layer",
        "loss": lambda: _of_loss(trial, given, sides.labels),
        "gradient": lambda: _of_gradient(trial, given, sides.labels),
        "statistic": lambda: _of_statistic(parted, both),
        "parameter": lambda: _of_optimiser(trial, given, both),
        "average": lambda: _of_optimiser(trial, given, both),
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


def _of_loss(trial: Trial, given: tuple[Given, Given], labels: tuple[str, str]) -> str:
    one, other = given
    if not (one.loss_known and other.loss_known):
        return f"the loss: equal outputs have another one in {labels[0]} than in {labels[1]}"
    return _fields("loss", trial, one.loss, other.loss, labels) or "the loss, by what neither side says of itself"


def _of_gradient(trial: Trial, given: tuple[Given, Given], labels: tuple[str, str]) -> str:
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


def _of_optimiser(trial: Trial, given: tuple[Given, Given], both: tuple[Side, Side]) -> str:
    labels = both[0].label, both[1].label
    told = [*_left_out(both), *_decays(both)]
    if told:
        return f"the optimiser: {'; '.join(told)}"
    one, other = given
    if one.known and other.known:
        found = _fields("optimiser", trial, one.rule, other.rule, labels)
        return found or "the optimiser, by what neither side says of itself"
    names = " and ".join(item.says for item in given if not item.known)
    return (
        f"the optimiser: of equal gradients {names}, no class that is known, makes another update than the other side"
    )


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
