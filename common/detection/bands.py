"""How EfficientDet and RetinaNet learn: anchors matched by bands of overlap, and their loss; see `learning.Bands`.

The meaning in NumPy; `torch_impl` and `tf_impl` have the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..spec import Array
from .boxes import centres, iou
from .candidates import take
from .detector import Detector
from .grid import Grid, grid
from .learning import Bands, Terms
from .terms import Whole, constant, first, flattened, focal, huber, kept, one_hot


def loss(cells: Sequence[Array], labels: Array, detector: Detector, rule: Bands) -> Terms:
    """The loss of the cells of `joined` and labels (N, G, 5)."""
    places = grid([part.shape[1:3] for part in cells], detector.levels)
    raw = flattened(cells)
    owner = assigned(labels, places, rule)
    taken = owner >= 0
    own = take(labels, kept(taken, owner))
    wanted = kept(taken[..., None], one_hot(own[..., 0], raw.shape[-1] - 4))
    classes = focal(raw[..., 4:], wanted, rule.alpha, rule.gamma, rule.smoothing)
    classes = kept((owner != -2)[..., None], classes)
    target = coded(own[..., 1:], taken, places, rule.eps)
    errors = kept(taken[..., None], raw[..., :4] - target)
    near = kept(target != 0, huber(errors, rule.delta)) / 4
    boxes = near if rule.overlap == "huber" else np.abs(errors)
    number = np.sum(taken.astype(raw.dtype), 1)
    if rule.normaliser == "batch":
        share = 1 / (np.sum(number) + 1)
    else:
        number = np.where(number > 0, number, np.ones_like(number))[:, None, None]
        share = 1 / number / np.sum(np.ones_like(number))
    parts = rule.box * np.sum(boxes * share), np.sum(classes * share)
    nothing = np.zeros_like(parts[0])
    return Terms(parts[0] + parts[1], parts[0], nothing, parts[1], nothing)


def assigned(labels: Array, places: Grid, rule: Bands) -> Whole:
    """Which label each anchor answers for, (N, M): -1 for none, and -2 where it is left out."""
    there = labels[..., :1] >= 0
    overlaps = iou(labels[:, :, None, 1:], constant(places.boxes, labels), 0.0)
    overlaps = np.where(there, overlaps, np.full_like(overlaps, -1))
    most = np.max(overlaps, 1)
    own = first(overlaps == most[:, None], 1)
    none, left = np.full_like(own, -1), np.full_like(own, -2)
    owner = np.where(most >= rule.positive, own, np.where(most < rule.negative, none, left))
    equal = overlaps == np.max(overlaps, 2)[..., None]
    if rule.forced == "anchor":
        return np.where(np.any(equal & there, 1), own, owner)
    asked = there & (first(equal, 2)[..., None] == np.arange(overlaps.shape[2]))
    return np.where(np.any(asked, 1), first(asked, 1), owner)


def coded(boxes: Array, taken: Whole, places: Grid, eps: float) -> Array:
    """Boxes (N, M, 4) as the numbers that the network is to answer with at their anchors; 0 of places not taken."""
    anchors = constant(places.boxes, boxes)
    ours, theirs = centres(np.where(taken[..., None], boxes, anchors)), centres(anchors)
    size = theirs[..., 2:] + eps
    where = (ours[..., :2] - theirs[..., :2]) / size
    return np.concatenate([where, np.log((ours[..., 2:] + eps) / size)], -1)
