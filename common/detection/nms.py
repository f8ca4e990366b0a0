"""Non-maximum suppression: of boxes that overlap, the one with the best score.

The meaning in NumPy, box by box; `torch_impl` and `tf_impl` have the same function, of fixed sizes, for tensors.

* A candidate is a box with a class whose score is above `score`: NaN never is.
* Candidates go by score, equal ones by the place of the box, then by class. The best `max_candidates` of an image stay.
* In that order each suppresses those behind it whose overlap with it is above `iou`; one that equals `iou` stays, and
  so does a box with NaN in it. Two empty boxes overlap by 0.
* Of what is left the first `max_boxes` are the answer.
"""

from __future__ import annotations

import numpy as np

from ..spec import Array
from .boxes import diou
from .boxes import iou as iou_of
from .checks import require_boxes, require_limits
from .detector import Found


def nms(
    boxes: Array,
    scores: Array,
    *,
    iou: float = 0.45,
    score: float = 0.25,
    max_candidates: int = 1000,
    max_boxes: int = 100,
    power: float | None = None,
    per_class: bool = True,
    best_only: bool = False,
) -> Found:
    """What is left of boxes (N, M, 4), corners, with scores (N, M, classes): best first, (N, max_boxes) and a count.

    With a `power` the overlap is Darknet's, IoU - (distance^2 / diagonal^2)^power: 0.6 in its code. Without `per_class`
    boxes suppress those of other classes too; with `best_only` each box has its best class alone, the first of equal
    ones. Raises DiptychError for other shapes, thresholds outside [0, 1], and `max_boxes` above `max_candidates`.
    """
    require_boxes(boxes.shape, scores.shape)
    require_limits(iou, score, max_candidates, max_boxes)
    scores = _wanted(scores, score, best_only)
    found = _nothing(boxes, max_boxes)
    for image, own in enumerate(scores):
        places, classes = _candidates(own, max_candidates)
        groups = classes if per_class else np.zeros_like(classes)
        left = _greedy(boxes[image, places], groups, iou, power)[:max_boxes]
        count = len(left)
        found.boxes[image, :count] = boxes[image, places[left]]
        found.scores[image, :count] = own[places[left], classes[left]]
        found.classes[image, :count], found.places[image, :count] = classes[left], places[left]
        found.count[image] = count
    return found


def _wanted(scores: Array, score: float, best_only: bool) -> Array:
    """The scores, minus infinity where they are no candidates."""
    scores = np.where(scores > score, scores, np.full_like(scores, -np.inf))
    if best_only:
        best = scores.argmax(2)[..., None]
        scores = np.where(np.arange(scores.shape[2]) == best, scores, np.full_like(scores, -np.inf))
    return scores


def _candidates(scores: Array, most: int) -> tuple[Array, Array]:
    """The boxes and the classes of one image's best scores (M, classes), in their order."""
    flat = scores.ravel()
    order = np.argsort(-flat, kind="stable")[:most]
    order = order[flat[order] > -np.inf]
    return order // scores.shape[1], order % scores.shape[1]


def _greedy(boxes: Array, groups: Array, iou: float, power: float | None) -> list[int]:
    """Those of the candidates (K, 4), best first, that none before them suppresses."""
    left: list[int] = []
    suppressed = np.zeros(len(boxes), bool)
    for place, box in enumerate(boxes):
        if not suppressed[place]:
            left.append(place)
            suppressed |= (groups == groups[place]) & (_overlap(box, boxes, power) > iou)
    return left


def _overlap(first: Array, second: Array, power: float | None) -> Array:
    """IoU, or Darknet's form of DIoU."""
    with np.errstate(invalid="ignore"):
        return iou_of(first, second, 0.0) if power is None else diou(first, second, 0.0, power)


def _nothing(boxes: Array, most: int) -> Found:
    """An answer of padding alone."""
    batch = len(boxes)
    whole = np.full((batch, most), -1)
    zeros = np.zeros((batch, most), boxes.dtype)
    return Found(np.zeros((batch, most, 4), boxes.dtype), zeros, whole, whole.copy(), np.zeros(batch, np.int64))
