"""Soft non-maximum suppression (Bodla et al. 2017): overlapping boxes lose score instead of being dropped.

The meaning in NumPy; `torch_impl` and `tf_impl` have the same function, of fixed sizes, for tensors.

* Candidates are those of `candidates`.
* The candidate with the best score of now is taken, of equal ones the first box, then the first class.
* Each of the others has its score of now times exp(-IoU^2 / sigma), which TensorFlow's NonMaxSuppressionV5 calls
  2 x soft_nms_sigma. One with NaN in it, and one that overlaps by nothing, keeps its score.
* What is no longer above the threshold is dropped. So it goes on, until `max_boxes` are taken.

Scores that would be equal but for the last bits of exp are not equal in every framework, and neither is their order.
"""

from __future__ import annotations

import numpy as np

from ..spec import Array
from .boxes import iou as iou_of
from .candidates import NEVER, candidates
from .checks import require_boxes
from .detector import Found, nothing_found
from .limits import require_limits


def soft_nms(
    boxes: Array,
    scores: Array,
    *,
    sigma: float = 0.5,
    score: float = 0.001,
    max_candidates: int = 1000,
    max_boxes: int = 100,
    per_class: bool = True,
    best_only: bool = False,
) -> Found:
    """What is taken of boxes (N, M, 4), corners, with scores (N, M, classes): (N, max_boxes) and a count, in order.

    The scores are those with which the boxes were taken. Without `per_class` boxes take score from those of other
    classes too; with `best_only` each has its best class alone. Raises DiptychError as `nms` does, and for a sigma that
    is not above 0.
    """
    require_boxes(boxes.shape, scores.shape)
    require_limits(0.0, score, max_candidates, max_boxes, sigma)
    running, places, classes = candidates(scores, score, max_candidates, max_boxes, best_only)
    found = nothing_found(boxes, max_boxes)
    for image in range(len(boxes)):
        order = np.lexsort((classes[image], places[image]))
        order = order[running[image, order] > NEVER]
        own, groups = boxes[image, places[image, order]], classes[image, order]
        for turn, (at, value) in enumerate(_taken(own, groups, running[image, order], sigma, score, per_class)):
            if turn == max_boxes:
                break
            found.boxes[image, turn], found.scores[image, turn] = own[at], value
            found.classes[image, turn], found.places[image, turn] = groups[at], places[image, order[at]]
            found.count[image] = turn + 1
    return found


def _taken(
    boxes: Array, groups: Array, scores: Array, sigma: float, least: float, per_class: bool
) -> list[tuple[int, float]]:
    """The candidates (K, 4) in the order in which they are taken, with their scores then."""
    scores, taken = scores.copy(), []
    while (scores > least).any():
        at = int(scores.argmax())
        taken.append((at, scores[at]))
        with np.errstate(invalid="ignore"):
            overlap = iou_of(boxes[at], boxes, 0.0)
            meets = (overlap > 0) & ((groups == groups[at]) | (not per_class))
            scores = scores * np.where(meets, np.exp(-overlap * overlap / sigma), np.ones_like(scores))
        scores[at] = NEVER
        scores = np.where(scores > least, scores, np.full_like(scores, NEVER))
    return taken
