"""How Darknet's YOLOv3 and YOLOv4 learn, in PyTorch; see `common.detection.best_anchor`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ...common.detection.checks import all_anchors, require_squares
from ...common.detection.detector import Detector
from ...common.detection.grid import Grid, grid
from ...common.detection.learning import BestAnchor, Terms
from .boxes import centres, iou
from .candidates import take
from .decode import decode_level
from .terms import constant, cross_entropy, detached, first, flattened, kept, last, log_sigmoid, overlap_of


def loss(cells: Sequence[torch.Tensor], labels: torch.Tensor, detector: Detector, rule: BestAnchor) -> Terms:
    """The loss of the cells of `joined` and labels (N, G, 5)."""
    require_squares(rule, detector)
    shapes = [part.shape[1:3] for part in cells]
    places = grid(shapes, detector.levels)
    raw = flattened(cells)
    pairs = zip(cells, detector.levels, strict=True)
    boxes = flattened([decode_level(part, level, detector.rule)[0] for part, level in pairs])
    where, wanted = assigned(labels, shapes, detector, rule)
    own = torch.tile(labels, (1, where.shape[1] // labels.shape[1], 1))
    count = raw.shape[-1] - 5
    there = last(where, wanted, raw.shape[1]) >= 0
    class_places = where * count + own[..., 0].to(torch.int64)
    answered = last(class_places, wanted, raw.shape[1] * count) >= 0
    classes = torch.reshape(answered, (-1, raw.shape[1], count)).to(raw.dtype)
    left = ignored(detached(boxes), detached(raw[..., 5:]), labels, rule) & ~there
    down, across = (side * detector.levels[0].stride for side in shapes[0])
    share = 1 / torch.sum(torch.ones_like(labels[:, 0, 0]))
    if rule.overlap == "squares":
        fitted = _squares(raw, own, where, wanted, places, across * down)
    else:
        sides = constant(np.array([across, down, across, down], np.float64), raw)
        target = own[..., 1:] / sides
        ours = torch.where(wanted[..., None], take(boxes / sides, where), target)
        fitted = 1 - overlap_of(rule.overlap, ours, target, 0.0, rule.eps)
    if rule.shared:
        several = take(torch.sum(classes, -1), where)
        fitted = fitted / torch.where(wanted, several, torch.ones_like(several))
    objects = kept(~left, cross_entropy(raw[..., 4], there.to(raw.dtype)))
    of_class = kept(there[..., None], cross_entropy(raw[..., 5:], classes))
    parts = rule.box * share * torch.sum(kept(wanted, fitted)), share * torch.sum(objects), share * torch.sum(of_class)
    return Terms(sum(parts), *parts, torch.zeros_like(parts[0]))


def assigned(
    labels: torch.Tensor, shapes: Sequence[Sequence[int]], detector: Detector, rule: BestAnchor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The places (N, R) among those of all levels, and which rows are wanted, (N, R).

    The rows are in the order level, anchor, label.
    """
    x, y, w, h = centres(labels[..., 1:]).unbind(-1)
    every = all_anchors(rule, detector)
    alike = _alike(w, h, constant(np.array(every), labels))
    best = first(alike == torch.amax(alike, 2)[..., None], 2)
    wheres, wants, begin = [], [], 0
    for (height, width), level in zip(shapes, detector.levels, strict=True):
        column, row = (torch.floor(position / level.stride).to(torch.int64) for position in (x, y))
        inside = (labels[..., 0] >= 0) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
        for number, anchor in enumerate(level.anchors):
            place = begin + (row * width + column) * len(level.anchors) + number
            index = every.index(anchor)
            mine = best == index
            if rule.match is not None:
                mine = mine | (alike[..., index] > rule.match)
            wheres.append(kept(inside, place))
            wants.append(inside & mine)
        begin += height * width * len(level.anchors)
    return torch.cat(wheres, 1), torch.cat(wants, 1)


def ignored(boxes: torch.Tensor, classes: torch.Tensor, labels: torch.Tensor, rule: BestAnchor) -> torch.Tensor:
    """Whether a place (N, M) is left out of the loss of the object, where it has none."""
    overlaps = iou(labels[:, :, None, 1:], boxes[:, None], 0.0)
    found: torch.Tensor = torch.any((overlaps > rule.ignore) & (labels[..., :1] >= 0), 1)
    if rule.ignore_score is not None:
        found = found & torch.any(torch.exp(log_sigmoid(classes)) > rule.ignore_score, 2)
    return found


def _alike(w: torch.Tensor, h: torch.Tensor, anchors: torch.Tensor) -> torch.Tensor:
    """The IoU (N, G, A) of boxes of widths and heights (N, G) with anchors (A, 2) around the same centre."""
    corner = torch.zeros_like(w)
    ours = torch.stack([corner, corner, w, h], -1)
    return iou(ours[:, :, None], torch.cat([torch.zeros_like(anchors), anchors], -1), 0.0)


def _squares(
    raw: torch.Tensor, own: torch.Tensor, where: torch.Tensor, wanted: torch.Tensor, places: Grid, pixels: float
) -> torch.Tensor:
    """The loss (N, R) of x and y by cross-entropy and of w and h by squares, more for smaller boxes."""
    cell, stride, anchor = (constant(numbers, raw)[None] for numbers in (places.cell, places.stride, places.anchors))
    target = centres(torch.where(wanted[..., None], own[..., 1:], torch.ones_like(own[..., 1:])))
    size = torch.where(wanted[..., None], target[..., 2:], torch.ones_like(target[..., 2:]))
    images = torch.ones_like(raw[..., :1])
    cell, stride, anchor = (take(numbers * images, where) for numbers in (cell, stride, anchor))
    found = take(raw[..., :4], where)
    inside = target[..., :2] / stride - cell
    centre = cross_entropy(found[..., :2], inside)
    errors = found[..., 2:] - torch.log(size / anchor)
    weight = 2 - size[..., 0] * size[..., 1] / pixels
    return weight * torch.sum(centre + errors * errors / 2, -1)
