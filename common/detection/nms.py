"""Non-maximum suppression: of boxes that overlap, the one with the best score.

The meaning in NumPy, box by box; `torch_impl` and `tf_impl` have the same function, of fixed sizes, for tensors.

* Candidates are those of `candidates`, the best `max_candidates` of an image, best first.
* In that order each suppresses those behind it whose overlap with it is above `iou`; one that equals `iou` stays, and
  so does a box with NaN in it. Two empty boxes overlap by 0.
* Of what is left the first `max_boxes` are the answer.
"""

from __future__ import annotations

import numpy as np

from ..spec import Array
from .boxes import diou
from .boxes import iou as iou_of
from .candidates import NEVER, candidates
from .checks import require_boxes
from .detector import Found, nothing_found
from .limits import require_limits
from .soft_nms import soft_nms


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
    sigma: float | None = None,
) -> Found:
    """What is left of boxes (N, M, 4), corners, with scores (N, M, classes): best first, (N, max_boxes) and a count.

    With a `power` the overlap is Darknet's, IoU - (distance^2 / diagonal^2)^power: 0.6 in its code. Without `per_class`
    boxes suppress those of other classes too; with `best_only` each box has its best class alone, the first of equal
    ones. With a `sigma` this is `soft_nms`, to which `iou` and `power` mean nothing. Raises DiptychError for other
    shapes, thresholds outside [0, 1], and `max_boxes` above `max_candidates`.
    """
    if sigma is not None:
        return soft_nms(
            boxes,
            scores,
            sigma=sigma,
            score=score,
            max_candidates=max_candidates,
            max_boxes=max_boxes,
            per_class=per_class,
            best_only=best_only,
        )
    require_boxes(boxes.shape, scores.shape)
    require_limits(iou, score, max_candidates, max_boxes)
    best, places, classes = candidates(scores, score, max_candidates, max_boxes, best_only)
    found = nothing_found(boxes, max_boxes)
    for image, number in enumerate((best > NEVER).sum(1)):
        own, groups = boxes[image, places[image, :number]], classes[image, :number]
        left = _greedy(own, groups if per_class else np.zeros_like(groups), iou, power)[:max_boxes]
        count = len(left)
        found.boxes[image, :count], found.scores[image, :count] = own[left], best[image, left]
        found.classes[image, :count], found.places[image, :count] = groups[left], places[image, left]
        found.count[image] = count
    return found


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
