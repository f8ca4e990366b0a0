"""Hold what a program makes of a detector's raw maps to `common.detection`, the meaning in NumPy.

Two questions are kept apart, so that each has a sharp answer. Boxes and scores are held to those of the program's own
raw maps, decoded in float64. What suppression leaves is held to what NumPy leaves of the program's own boxes and
scores: there it must be the same in every place and every bit. Where one rounding of an overlap would decide, other
numbers are drawn.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..common.detection.decode import decode
from ..common.detection.detector import Detector, Found, Suppression
from ..common.detection.nms import nms
from ..common.errors import DiptychError
from ..common.spec import Array
from ..onnx_impl import parts
from ..onnx_impl.tail import Tail
from .detection import Inside

PIXELS, LARGE, SCORES = 1e-3, 1000.0, 1e-5
"""How far float32 may take a corner of a box, in pixels, if none of its corners is beyond LARGE; and a score.

For larger boxes it is the same share: those of random maps may be larger than any image.
"""
ROUNDING = 2e-6
"""How far float32 may take an overlap."""
DRAWS, ENOUGH = 20, 3
"""How often maps are drawn at most, and how often suppression must have been sure."""
FAR = 1e30
"""A corner beyond is as good as infinite."""


@dataclass(frozen=True)
class Measured:
    """The largest differences of boxes in pixels and of scores, and how many boxes were left of how many candidates.

    The boxes are those without a corner beyond LARGE; `basis` says what both sides began with.
    """

    pixels: float
    scores: float
    left: int = 0
    candidates: int = 0
    basis: str = "of the same maps"

    def __str__(self) -> str:
        kept = f"; of {self.candidates} candidates it leaves the same {self.left} boxes" if self.candidates else ""
        return (
            f"{self.basis}, its boxes differ from NumPy's in float64 by {self.pixels:.1e} pixels and its scores by "
            f"{self.scores:.1e}{kept}"
        )

    def with_(self, other: Measured) -> Measured:
        """What both found."""
        pixels, scores = max(self.pixels, other.pixels), max(self.scores, other.scores)
        return Measured(pixels, scores, self.left + other.left, self.candidates + other.candidates, self.basis)


def check_model(path: Path, tail: Tail, inside: Inside, x: Array, where: str) -> tuple[list[Array], Measured]:
    """The raw maps of a written ONNX model for a batch of images, and how near to NumPy it is behind them.

    The whole model runs on the images, and what stands behind the network on maps that are drawn, for on random images
    a trained detector finds nothing. Raises DiptychError where anything differs.
    """
    names = [*tail.maps, *tail.decoded, *tail.names]
    lengths = [len(tail.maps), len(tail.decoded), len(tail.names)]

    def split(values: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]:
        rest = iter(values)
        maps, decoded, found = (list(itertools.islice(rest, length)) for length in lengths)
        return maps, decoded, found

    def judge(values: Sequence[Array]) -> Measured:
        return held(*split(values), inside.detector, inside.suppression, where)

    own = parts.answers(parts.observed(path, names), names, {"input": x})
    maps, drawing = own[: len(tail.maps)], parts.behind(path, tail, names[lengths[0] :])
    first = judge(own)

    def attempt(seed: int) -> Measured:
        score = inside.suppression.score if inside.suppression else 0.25
        given = drawn([raw.shape[1:] for raw in maps], inside.detector, score, seed)
        given = [raw.astype(x.dtype) for raw in given]
        answer = parts.answers(drawing, names[lengths[0] :], dict(zip(tail.maps, given, strict=True)))
        return judge([*given, *answer])

    second = until_sure(attempt, where) if inside.suppression else attempt(0)
    return maps, second.with_(first)


def held(
    maps: Sequence[Array], decoded: Sequence[Array], found: Sequence[Array] | None, detector: Detector,
    suppression: Suppression | None, where: str,
) -> Measured:  # fmt: skip
    """Hold boxes and scores to the maps they are of, and what is left to them, unless rounding would decide.

    Raises DiptychError where anything differs.
    """
    measured = _decoded(maps, decoded, detector, where)
    if suppression is None or found is None:
        return measured
    wanted = _wanted(decoded, suppression)
    if wanted is None:
        return measured
    boxes, scores, classes, count = found
    same = {
        "count": np.array_equal(count, wanted.count),
        "classes": np.array_equal(classes, wanted.classes),
        "boxes": np.array_equal(boxes, wanted.boxes),
        "scores": np.array_equal(scores, wanted.scores),
    }
    if not all(same.values()):
        name = next(name for name, equal in same.items() if not equal)
        raise DiptychError(f"{where}: suppression leaves other {name} than NumPy's; please report it")
    candidates = int((decoded[1] > np.float32(suppression.score)).sum())
    return dataclasses.replace(measured, left=int(count.sum()), candidates=candidates)


def drawn(shapes: Sequence[Sequence[int]], detector: Detector, score: float, seed: int) -> list[Array]:
    """Raw maps (2, channels, H, W) in float32, with overlaps, and in the second image ties.

    Candidates are in plenty or few by turns: more than are looked at, and fewer than fill the answer.
    """
    rng, maps = np.random.default_rng(seed), []
    paired, count = detector.rule == "efficientdet", len(detector.levels)
    share = min(max(score, 0.01), 0.999) ** (1 if paired else 0.5)
    middle = np.log(share / (1 - share)) + (0.5, -1.0, -2.0)[seed % 3]
    for place, (channels, height, width) in enumerate(shapes):
        anchors = len(detector.levels[place % count].anchors)
        parts = rng.standard_normal((2, anchors, channels // anchors, height, width))
        geometry = (4 if place >= count else 0) if paired else 4
        parts[:, :, 2:geometry] *= 0.5
        parts[:, :, geometry:] = 1.5 * parts[:, :, geometry:] + middle
        parts[:, :, geometry + (2 if paired else 3) :] -= 9  # most candidates are of two classes, and meet
        parts[1] = np.round(parts[1] * 4) / 4
        maps.append(parts.reshape(2, channels, height, width).astype(np.float32))
    return maps


def until_sure(attempt: Callable[[int], Measured], where: str) -> Measured:
    """What ENOUGH attempts found, with seeds 0, 1, ..., that left a box and in which rounding did not decide."""
    sure: list[Measured] = []
    for answer in map(attempt, range(DRAWS)):
        sure += [answer] if answer.left else []
        if len(sure) == ENOUGH:
            return functools.reduce(Measured.with_, sure)
    raise DiptychError(
        f"{where}: of {DRAWS} draws there were {len(sure)} that left a box and that rounding did not decide, so that "
        "suppression could not be checked; is the score threshold too high?"
    )


def _decoded(maps: Sequence[Array], decoded: Sequence[Array], detector: Detector, where: str) -> Measured:
    boxes, scores = decode([np.asarray(raw, np.float64) for raw in maps], detector)
    if boxes.shape != decoded[0].shape or scores.shape != decoded[1].shape:
        shapes = f"{decoded[0].shape} and {decoded[1].shape}, expected {boxes.shape} and {scores.shape}"
        raise DiptychError(f"{where}: boxes and scores have the shapes {shapes}; please report it")
    gaps, size = corner_gaps(decoded[0], boxes)
    apart = np.abs(np.where(np.isnan(scores) & np.isnan(decoded[1]), 0, decoded[1] - scores))
    if not ((gaps <= PIXELS * np.maximum(1, size / LARGE)).all() and (apart <= SCORES).all()):
        worst = f"boxes differ by up to {np.max(gaps):.1e} pixels and scores by {np.max(apart):.1e}"
        raise DiptychError(f"{where}: {worst} from those that NumPy decodes of the same maps; please report it")
    near = np.where(size <= LARGE, gaps, 0)
    return Measured(float(near.max()), float(apart.max()))


def corner_gaps(got: Array, wanted: Array) -> tuple[Array, Array]:
    """How far each corner of boxes is off, and the largest corner of each; all beyond FAR are as good as equal.

    A corner of NaN is in both or in none: else it is infinitely off.
    """
    got, wanted = (np.clip(part.astype(np.float64), -FAR, FAR) for part in (got, wanted))
    gaps = np.where(np.isnan(got) & np.isnan(wanted), 0, np.abs(got - wanted))
    size = np.nan_to_num(np.abs(wanted)).max(-1, keepdims=True)
    return np.where(np.isnan(gaps), np.inf, gaps), size


def _wanted(decoded: Sequence[Array], suppression: Suppression) -> Found | None:
    """What NumPy leaves, with overlaps in float64; None where others are left at a threshold next to it."""
    boxes, scores = decoded[0].astype(np.float64), decoded[1]
    answers = []
    for step in (0, -ROUNDING, ROUNDING):
        iou = min(max(suppression.iou + step, 0), 1)
        answers.append(nms(boxes, scores, **dataclasses.asdict(dataclasses.replace(suppression, iou=iou))))
    first, *others = answers
    return first if all(np.array_equal(first.places, other.places) for other in others) else None
