"""The gate of the outputs: both models as they stand, and their copies in float64, on all images."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..checking.case import Finding
from ..checking.gates import FLOAT32_FACTOR, FLOAT32_FLOOR, nearby
from ..common.comparing.apart import channelwise
from ..common.comparing.rounding import ROUNDED
from ..common.errors import DiptychError
from ..common.spec import Array
from .of_size import made_for_size
from .pair import Pair, matched
from .sides import Images, Side
from .trained import shortly

Answers = dict[str, Array]
MOST = 5
"""Of how many outputs all orders are tried at most."""
HIDDEN = "so that it hides"
REPEATED = 3
"""How often a difference is asked for again, to tell it from chance."""
RESTLESS = 1e-4
"""Relative: two runs of a model that differ by more do not compute the same."""
WIDE = float(np.finfo(np.float64).eps / np.finfo(np.float32).eps)
"""The unit of float64 in that of float32."""
LARGEST = float(np.finfo(np.float64).max)
FAR = 1e-4
"""Relative: how far rounded constants may grow in what comes after them."""
ALIKE = 1e-9
"""Relative: answers to other images that differ by less show nothing of what is done with an image."""


@dataclass(frozen=True)
class Asked:
    """What a side answers as it stands and in float64, None where there is no copy.

    `copied` where the model takes images of another size alone, so that a copy of it was asked.
    """

    side: Side
    low: Answers
    wide: Answers | None
    dtype: str
    copied: bool = False

    @property
    def best(self) -> Answers:
        """The answers in float64 where there are some."""
        return self.low if self.wide is None else self.wide


def outputs(pair: Pair) -> Finding | str:
    """Both answer alike, as they stand, and so do their copies in float64."""
    worst, count = Finding(True, 0.0, pair.bound), 0
    unseen = {False, True}
    for images in pair.images:
        asked = [_asked(pair, place, images) for place in (0, 1)]
        if asked[0] is None or asked[1] is None:
            continue
        one, other, several = asked[0], asked[1], len(images.values) > 1
        pair.compared.append(images)
        if several in unseen and (why := _shows_nothing(one, other)):
            pair.unsure.append(why)
            pair.hidden = HIDDEN in why
            return why
        first = several in unseen  # of one image and of several: a flip by chance may be the same twice for one
        unseen.discard(several)
        restless = _restless(pair, one, other, images) if first else None
        found = restless or _held(pair, one, other, images)
        if not (found.passed or restless or one.copied or other.copied):  # chance may have fallen out the same
            repeated = (_restless(pair, one, other, images) for _ in range(REPEATED))
            restless = next((item for item in repeated if item is not None), None)
            found = restless or found
        pair.restless_side = pair.restless_side or (restless.side if restless else "")
        if not found.passed and (one.copied or other.copied) and (names := made_for_size(pair)):
            pair.notes.append(
                f"at {images.name} a copy of {(one if one.copied else other).side.label} differs by "
                f"{found.measured:.1e}; {names}, so that this is no difference of the models as they stand"
            )
            continue
        count += found.compared
        if not found.passed:
            pair.parted = images
            exchanged = _exchanged(one, other)
            return replace(found, detail=found.detail or exchanged, cause=found.cause or exchanged)
        worst = found if found.measured >= worst.measured else worst
    if not count:
        why = f" ({pair.unread})" if pair.read is None else ""
        pair.unsure.append(f"no images were found that both models take{why}")
        return pair.unsure[-1]
    return Finding(True, worst.measured, worst.tolerance, worst.where, "", count)


def _asked(pair: Pair, place: int, images: Images) -> Asked | None:
    """The answers of a side; None, with a note, for images that it does not take."""
    side, given = pair.both[place], pair.low[place]
    exact = side.exact.at(*images.shape[1:])
    try:
        if exact is None:
            raise DiptychError("it takes images of one size")
        if exact is not side.exact:
            copied = dict(exact.outputs(images.values))
            return Asked(side, copied, copied, "float64", copied=True)
        low = dict(given.outputs(images.values))
    except Exception as error:  # noqa: BLE001 - whatever a model raises at a size or a batch that it does not take
        begins = f"which {side.label} does not take ({type(error).__name__}"  # said once, with the first one's numbers
        known = next((why for why in pair.refused if why.startswith(begins)), "")
        why = known or f"which {side.label} does not take ({shortly(error)})"
        pair.refused.setdefault(why, []).append(images.name)
        return None
    if side.wide is None or side.wide is given:
        return Asked(side, low, None if side.wide is None else low, given.dtype)
    try:
        return Asked(side, low, dict(side.wide.outputs(images.values)), given.dtype)
    except Exception as error:  # noqa: BLE001 - a part that stays in its own dtype, such as a tensor that is no buffer
        note = f"not compared in float64, where {side.label} raises {shortly(error)}"
        pair.notes += [] if note in pair.notes else [note]
        return Asked(side, low, None, given.dtype)


def _shows_nothing(one: Asked, other: Asked) -> str:
    """Why comparing these answers proves nothing, "" where it does."""
    for name, a, b in matched(one.best, other.best) or ():
        if a.size != b.size:
            return (f"{name} has the shape {a.shape[1:]} in {one.side.label} and {b.shape[1:]} in {other.side.label}; "
                    "compare models of the same number of classes")  # fmt: skip
        if not np.isfinite(a).all() and not np.isfinite(b).all():
            return f"{name} is not finite in both models; look for NaN and infinity in their weights"
        if _saturated(a) and _saturated(b):
            return (f"every number of {name} is 0 or 1 in both models, {HIDDEN} what comes before; "
                    "compare them without their last softmax or sigmoid")  # fmt: skip
        if _alike(a) and _alike(b):
            return (f"{name} is the same for all images in both models, {HIDDEN} what is done with them; give them "
                    "weights with which the images count")  # fmt: skip
    return ""


def _saturated(answer: Array) -> bool:
    """Whether a last function has brought all numbers to its ends."""
    ends = np.minimum(np.abs(answer), np.abs(answer - 1))
    return bool((ends <= ALIKE).all() and np.abs(answer).max() > 1 / 2)


def _alike(answer: Array) -> bool:
    """Whether all images of a batch have one answer, in each of its numbers."""
    if len(answer) == 1 or not np.isfinite(answer).all():
        return False
    return bool((np.ptp(answer, 0) <= ALIKE * np.abs(answer).max(0)).all())


def _exchanged(one: Asked, other: Asked) -> str:
    """Whether the outputs of the second are those of the first in another order."""
    names, theirs = list(one.best), list(other.best.values())
    for order in itertools.permutations(range(len(theirs))) if 1 < len(theirs) <= MOST else ():
        if list(order) != sorted(order) and all(
            channelwise(one.best[name], theirs[at]) <= ALIKE for name, at in zip(names, order, strict=True)
        ):
            told = ", ".join(f"{name} is {list(other.best)[at]}" for name, at in zip(names, order, strict=True))
            return f"outputs exchanged: of {one.side.label} in {other.side.label}, {told}"
    return ""


def _restless(pair: Pair, one: Asked, other: Asked, images: Images) -> Finding | None:
    """A model that answers twice to the same images with other numbers."""
    for given, asked in zip(pair.low, (one, other), strict=True):
        again = given.outputs(images.values)
        for name, before in asked.low.items():
            same = np.array_equal(again[name], before, equal_nan=True)
            if not same and channelwise(again[name], before) > RESTLESS:
                said = f"{asked.side.label} answers to the same images twice with other numbers: noise or dropout"
                return Finding(
                    False, float("inf"), 0.0, f"{name or 'output'} [{images.name}]", said, 1, asked.side.label
                )
    return None


def _held(pair: Pair, one: Asked, other: Asked, images: Images) -> Finding:
    """Both answers in float64 against the tolerance, and as they stand against the rounding that each shows."""
    worst, count = Finding(True, 0.0, pair.bound), 0
    narrow = {one.dtype, other.dtype} != {"float64"} and not (one.copied or other.copied)
    bounds = [("in float64", one.wide, other.wide, pair.bound)]
    words = "as they stand" if pair.low == (one.side.given, other.side.given) else "copies in float32"
    bounds += [(words, one.low, other.low, _rounding(one, other))] if narrow else []
    for words, left, right, bound in bounds:
        rounded, most = (_wide_rounding, ROUNDED) if words == "in float64" else (_rounding_nearby, LARGEST)
        if left is None or right is None:
            continue
        together = matched(left, right)
        if together is None:
            said = f"{one.side.label} answers with {len(left)} values and {other.side.label} with {len(right)}"
            lone = _lone(left, right) or _lone(right, left)
            where = f"output {lone}" if lone.isdigit() else lone or "output"
            return Finding(False, float("inf"), 0.0, where, said, 1, cause=said)
        for name, a, b in together:
            gap, count = channelwise(a, b), count + 1
            if bound < gap <= most:
                bound = max(bound, rounded(pair, one, other, images))
            elif ROUNDED <= bound < gap <= FAR and words == "in float64":  # a constant, or a resize, is in float32
                bound = max(bound, _rounding_nearby(pair, one, other, images))
            found = Finding(bool(gap <= bound), gap, bound, f"{name} [{images.name}, {words}]", "", count)
            if not found.passed:
                pair.rounded = words != "in float64"
                return found
            worst = found if gap >= worst.measured and words == "in float64" else worst
    return Finding(True, worst.measured, worst.tolerance, worst.where, "", count)


def _lone(one: Answers, other: Answers) -> str:
    """The first answer of one that is none of the other's, "" where each is."""
    return next((name for name, value in one.items()
                 if all(channelwise(value, answer) > ALIKE for answer in other.values())), "")  # fmt: skip


def _rounding_nearby(pair: Pair, one: Asked, other: Asked, images: Images) -> float:
    """The same at images beside these, of which each side may round the next one less kindly."""
    given = [(low, asked.side.wide) for low, asked in zip(pair.low, (one, other), strict=True) if asked.wide]
    noises = [0.0 for _ in given]
    for near in nearby(images.values):
        answers = [(low.outputs(near), wide.outputs(near)) for low, wide in given if wide is not None]
        noises = [max(noise, *_noises(*pair)) for noise, pair in zip(noises, answers, strict=True)]
    return _bound(one, other, noises)


def _wide_rounding(pair: Pair, one: Asked, other: Asked, images: Images) -> float:
    """The same in float64: as much as float32 shows, in the smaller unit, or what a rounding of the images makes.

    A score that is nearly 0 beside others of hundreds is what large numbers leave: 1e-9 of itself is rounding there.
    """
    if one.copied or other.copied:
        return 0.0
    noises = [_rounding_nearby(pair, one, other, images) * WIDE]
    for asked in (one, other):
        if (wide := asked.side.wide) is None:
            return 0.0
        near = (wide.outputs(turned) for turned in nearby(images.values.astype(np.float64), "float64"))
        noises.append(FLOAT32_FACTOR * max(max(_noises(turned, asked.best)) for turned in near))
    return max(noises[0], min(noises[1:]))


def _rounding(one: Asked, other: Asked) -> float:
    """A multiple of the rounding of the quieter side, each against its own copy in float64.

    Who computes in float64 does not round: then it is that of the other side.
    """
    return _bound(one, other, [max(_noises(asked.low, asked.wide)) for asked in (one, other) if asked.wide])


def _noises(low: Mapping[str, Array], wide: Mapping[str, Array]) -> list[float]:
    return [channelwise(low[name], value) for name, value in wide.items()]


def _bound(one: Asked, other: Asked, noises: Sequence[float]) -> float:
    pick = max if (one.dtype == "float64") != (other.dtype == "float64") else min
    return FLOAT32_FACTOR * (pick(noises, default=FLOAT32_FLOOR) + FLOAT32_FLOOR)
