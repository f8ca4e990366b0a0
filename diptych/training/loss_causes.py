"""Why two losses of equal outputs differ: what one says of itself is changed until it gives the other's."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..common.spec import Array
from ..common.training.loss_values import value
from ..common.training.losses import Binary, CrossEntropy, Loss
from ..common.training.setting import Observed
from .given import Given

CLOSE = 1e-6
"""Relative, of two values of a loss: one of them may have been computed in float32."""
SMOOTHINGS = (0.0, 0.1, 0.05, 0.2)
"""What people write."""


def of_losses(given: tuple[Given, Given], seen: Sequence[Observed], targets: Array, labels: tuple[str, str]) -> str:
    """What one side computes otherwise, in words; "" where nothing that is tried gives its number."""
    if any(len(item.outputs) != 1 for item in seen):
        return ""
    outputs, losses = np.asarray(seen[0].outputs[0], np.float64), [item.loss for item in seen]
    for place in sorted((0, 1), key=lambda place: not given[place].loss_known):
        base = given[place].loss
        if not _fits(base, outputs, targets) or not _near(_value(base, outputs, targets), losses[place]):
            continue
        for words, found in variants(base, outputs, targets):
            if _near(found, losses[1 - place]):
                return f"the loss: {words} in {labels[1 - place]}"
    for times, words in _factors(outputs):
        for place in (0, 1):
            if _near(losses[place] * times, losses[1 - place]):
                return f"the loss: {words} in {labels[1 - place]}, of what {labels[place]} takes the mean of"
    return ""


def variants(base: Loss, outputs: Array, targets: Array) -> Iterator[tuple[str, float]]:
    """What a loss would be with some of its settings otherwise, those with the fewest changes first."""
    fields: dict[str, list[object]] = {}
    if isinstance(base, (CrossEntropy, Binary)):
        fields["label_smoothing"] = [base.label_smoothing, *(s for s in SMOOTHINGS if s != base.label_smoothing)]
    if isinstance(base, CrossEntropy) and base.class_weights is not None:
        fields |= {"class_weights": [base.class_weights, None], "weighing": ["class", "image"]}
        fields["mean"] = sorted(("weights", "batch"), key=lambda word: word != base.mean)
    choices = sorted(itertools.product(*fields.values()), key=lambda chosen: _changes(base, fields, chosen))
    for chosen in choices:
        changed = dict(zip(fields, chosen, strict=True))
        told = [f"{name} {new!r} and not {getattr(base, name)!r}" for name, new in changed.items()
                if new != getattr(base, name)]  # fmt: skip
        found = _value(replace(base, **changed), outputs, targets)
        if told:
            yield "; ".join(told), found
        for times, words in _factors(outputs):
            yield "; ".join([*told, words]), found * times


def _changes(base: Loss, fields: dict[str, list[object]], chosen: Sequence[object]) -> int:
    return sum(new != getattr(base, name) for name, new in zip(fields, chosen, strict=True))


def _factors(outputs: Array) -> Iterator[tuple[float, str]]:
    if len(outputs) > 1:
        yield float(len(outputs)), "the sum over the batch (reduction)"
    if outputs.size > len(outputs) > 0:
        yield float(outputs.size), "the sum over all outputs (reduction)"
        yield outputs.size / len(outputs), "the sum over classes (reduction)"


def _fits(base: Loss, outputs: Array, targets: Array) -> bool:
    return isinstance(base, (CrossEntropy, Binary)) and outputs.ndim == 2 and len(outputs) == len(targets)


def _value(base: Loss, outputs: Array, targets: Array) -> float:
    with np.errstate(all="ignore"):
        try:
            return value(base, outputs, targets)
        except (IndexError, ValueError):
            return float("nan")


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE * max(abs(one), abs(other))
