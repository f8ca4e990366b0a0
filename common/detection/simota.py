"""How YOLOX learns: assignment by cost with a dynamic number of places, and its loss; see `learning.SimOTA`.

The meaning in NumPy; `torch_impl` and `tf_impl` have the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..spec import Array
from .boxes import centres, iou
from .candidates import take
from .decode import decode_level
from .detector import Detector
from .grid import Grid, grid
from .learning import SimOTA, Terms
from .terms import Whole, best, constant, cross_entropy, detached, first, flattened, kept, log_sigmoid, one_hot


def loss(cells: Sequence[Array], labels: Array, detector: Detector, rule: SimOTA) -> Terms:
    """The loss of the cells of `joined` and labels (N, G, 5)."""
    places = grid([part.shape[1:3] for part in cells], detector.levels)
    raw = flattened(cells)
    pairs = zip(cells, detector.levels, strict=True)
    boxes = flattened([decode_level(part, level, detector.rule)[0] for part, level in pairs])
    owner, overlap = assigned(detached(boxes), detached(raw[..., 4:]), labels, places, rule)
    taken = owner >= 0
    own = take(labels, kept(taken, owner))
    number = np.sum(taken.astype(raw.dtype))
    share = 1 / np.where(number > 0, number, np.ones_like(number))
    target = own[..., 1:]
    # What is left out by a mask must have a gradient all the same, or there is NaN.
    fitted = 1 - iou(np.where(taken[..., None], boxes, target), target, rule.eps) ** 2
    classes = cross_entropy(raw[..., 5:], one_hot(own[..., 0], raw.shape[-1] - 5) * overlap[..., None])
    parts = (
        rule.box * share * np.sum(kept(taken, fitted)),
        share * np.sum(cross_entropy(raw[..., 4], taken.astype(raw.dtype))),
        share * np.sum(kept(taken[..., None], classes)),
        share * np.sum(kept(taken[..., None], _distances(raw, target, places))) * float(rule.distances),
    )
    return Terms(sum(parts), *parts)


def assigned(boxes: Array, logits: Array, labels: Array, places: Grid, rule: SimOTA) -> tuple[Whole, Array]:
    """Which label each place answers for, (N, M), -1 for none, and the overlap with it, (N, M), 0 for none.

    `boxes` (N, M, 4) are the decoded ones, `logits` (N, M, 1 + classes) those of the object and the classes.
    """
    there = labels[..., :1] >= 0
    near, certain = _near(labels[..., 1:], places, rule)
    allowed = np.any(near & there, 1)[:, None] & there
    overlaps = iou(labels[:, :, None, 1:], boxes[:, None], 0.0)
    overlaps = kept(allowed, overlaps)
    cost = _of_classes(logits, labels[..., 0]) - rule.cost * np.log(overlaps + 1e-8)
    cost = np.where(certain, cost, cost + rule.penalty)
    cost = np.where(allowed, cost, np.full_like(cost, np.inf))
    chosen = allowed & _cheapest(cost, _count(overlaps, rule.most), rule.most)
    shared = np.sum(chosen.astype(np.int64), 1) > 1
    least = first(cost == np.min(cost, 1)[:, None], 1)
    order = np.arange(labels.shape[1])[:, None]
    chosen = np.where(shared[:, None], least[:, None] == order, chosen)
    owner = first(chosen, 1)
    overlap = np.sum(kept(chosen, overlaps), 1)
    return np.where(np.any(chosen, 1), owner, np.full_like(owner, -1)), overlap


def _near(boxes: Array, places: Grid, rule: SimOTA) -> tuple[Whole, Whole]:
    """Whether a place (N, G, M) is a candidate because of a box (N, G, 4), and whether it costs no penalty."""
    x, y = np.moveaxis(constant(places.centre, boxes), -1, 0)
    reach = constant(places.stride[:, 0], boxes) * rule.radius
    across, down = (centres(boxes)[..., axis : axis + 1] for axis in (0, 1))
    low = (x - (across - reach) > 0) & (y - (down - reach) > 0)
    close = low & (across + reach - x > 0) & (down + reach - y > 0)
    if not rule.inside:
        return close, close
    x1, y1, x2, y2 = (boxes[..., side : side + 1] for side in range(4))
    inside = (x - x1 > 0) & (y - y1 > 0) & (x2 - x > 0) & (y2 - y > 0)
    return close | inside, close & inside


def _of_classes(logits: Array, classes: Array) -> Array:
    """The cost (N, G, M) of the class of each label: cross-entropy of the roots of the scores, its logarithms cut."""
    score = np.exp((log_sigmoid(logits[..., :1]) + log_sigmoid(logits[..., 1:])) / 2)
    yes, no = (_logarithm(part) for part in (score, 1 - score))
    wanted = one_hot(classes, logits.shape[-1] - 1)
    answer: Array = -np.sum(no, -1)[:, None] + wanted @ (no - yes).transpose(0, 2, 1)
    return answer


def _logarithm(x: Array) -> Array:
    """The logarithm, at least -100."""
    least = np.exp(-100.0)
    return np.log(np.where(x < least, np.full_like(x, least), x))


def _count(overlaps: Array, most: int) -> Whole:
    """How many places each label takes, (N, G): the sum of its largest overlaps, cut, at least 1."""
    largest, _ = best(overlaps, most)
    total = largest[..., 0]
    for place in range(1, largest.shape[-1]):  # in one order, or a sum of 2 is 1.9999 in one framework
        total = total + largest[..., place]
    whole: Whole = total.astype(np.int64)
    return np.where(whole < 1, np.ones_like(whole), whole)


def _cheapest(cost: Array, count: Whole, most: int) -> Whole:
    """Whether a place is among the `count` (N, G) of least cost of a label, of equal ones the first; (N, G, M)."""
    values, order = best(-cost, most)
    end = count[..., None] - 1
    edge, at = np.take_along_axis(-values, end, -1), np.take_along_axis(order, end, -1)
    found: Whole = (cost < edge) | ((cost == edge) & (np.arange(cost.shape[-1]) <= at))
    return found


def _distances(raw: Array, boxes: Array, places: Grid) -> Array:
    """How far the raw numbers (N, M, 4) lie from those of the boxes that are asked for."""
    cell, stride = constant(places.cell, raw), constant(places.stride, raw)
    size = centres(boxes) / stride
    target = np.concatenate([size[..., :2] - cell, np.log(size[..., 2:] + 1e-8)], -1)
    answer: Array = np.abs(raw[..., :4] - target)
    return answer
