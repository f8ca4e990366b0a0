"""How YOLOv5 learns: anchors matched by the ratio of sides, at neighbouring cells too; see `learning.Ratio`.

The meaning in NumPy; `torch_impl` and `tf_impl` have the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..spec import Array
from .boxes import centres
from .candidates import take
from .checks import require_balance
from .decode import decode_level
from .detector import Detector, Level
from .learning import Ratio, Terms
from .terms import Whole, constant, cross_entropy, detached, flattened, kept, last, one_hot, overlap_of

SHIFTS = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (-0.5, 0.0), (0.0, -0.5))
"""What is taken from a centre (x, y), in cells, for its own cell, the left, the upper, the right and the lower one."""


def loss(cells: Sequence[Array], labels: Array, detector: Detector, rule: Ratio) -> Terms:
    """The loss of the cells of `joined` and labels (N, G, 5)."""
    require_balance(rule, detector)
    images = np.sum(np.ones_like(labels[:, 0, 0]))
    gain = 3 / len(cells) * images
    size = max(side * detector.levels[0].stride for side in cells[0].shape[1:3])
    count = cells[0].shape[-1] - 5
    found = [
        _of_level(part, labels, level, balance, detector, rule)
        for part, level, balance in zip(cells, detector.levels, rule.balance, strict=True)
    ]
    boxes, objects, classes = (sum(parts) for parts in zip(*found, strict=True))
    parts = (
        rule.box * gain * boxes,
        rule.object * (size / 640) ** 2 * gain * objects,
        rule.classes * (count / 80) * gain * classes,
    )
    return Terms(sum(parts), *parts, np.zeros_like(parts[0]))


def _of_level(
    part: Array, labels: Array, level: Level, balance: float, detector: Detector, rule: Ratio
) -> tuple[Array, Array, Array]:
    """The terms of a level: of boxes, of objects with its balance, of classes."""
    raw = flattened([part])
    boxes = flattened([decode_level(part, level, detector.rule)[0]]) / level.stride
    where, wanted = assigned(labels, part.shape[1:3], level, rule)
    own = np.tile(labels, (1, len(SHIFTS) * len(level.anchors), 1))
    target = own[..., 1:] / level.stride
    number = np.sum(wanted.astype(raw.dtype))
    share = 1 / np.where(number > 0, number, np.ones_like(number))
    overlaps = overlap_of(rule.overlap, np.where(wanted[..., None], take(boxes, where), target), target, rule.eps)
    fitted = share * np.sum(kept(wanted, 1 - overlaps))
    winner = last(where, wanted, raw.shape[1])
    there = winner >= 0
    reached = detached(kept(overlaps > 0, overlaps))
    objects = kept(there, (1 - rule.gain) + rule.gain * take(reached, kept(there, winner)))
    classes = cross_entropy(take(raw[..., 5:], where), one_hot(own[..., 0], raw.shape[-1] - 5))
    of_class = np.sum(kept(wanted[..., None], classes)) * share / (raw.shape[-1] - 5)
    sure = np.asarray(np.mean(cross_entropy(raw[..., 4], objects)))
    return fitted, balance * sure, of_class


def assigned(labels: Array, shape: Sequence[int], level: Level, rule: Ratio) -> tuple[Whole, Whole]:
    """The places (N, R) in the flattened map of (height, width), and which rows are wanted, (N, R).

    The rows are in the order cell (own, left, up, right, down), anchor, label.
    """
    height, width = shape[0], shape[1]
    anchors = len(level.anchors)
    own = centres(labels[..., 1:]) / level.stride
    x, y, w, h = np.moveaxis(own, -1, 0)
    near = [
        labels[..., 0] >= 0,
        (x % 1 < 0.5) & (x > 1),
        (y % 1 < 0.5) & (y > 1),
        ((width - x) % 1 < 0.5) & (width - x > 1),
        ((height - y) % 1 < 0.5) & (height - y > 1),
    ]
    across, down = np.moveaxis(constant(np.array(level.anchors) / level.stride, labels)[:, :, None], 1, 0)
    w, h = w[:, None], h[:, None]
    alike = (w < rule.ratio * across) & (across < rule.ratio * w) & (h < rule.ratio * down) & (down < rule.ratio * h)
    alike = alike & near[0][:, None]
    cell = np.stack([_cell(y - dy, height) * width + _cell(x - dx, width) for dx, dy in SHIFTS], 1)
    where = cell[:, :, None] * anchors + np.arange(anchors)[:, None]
    wanted = np.stack(near, 1)[:, :, None] & alike[:, None]
    rows = (-1, len(SHIFTS) * anchors * labels.shape[1])
    return np.reshape(where, rows), np.reshape(wanted, rows)


def _cell(position: Array, count: int) -> Whole:
    """The number of the cell that a position lies in, cut at the border of the map."""
    found = position.astype(np.int64)
    found = np.where(found < 0, np.zeros_like(found), found)
    return np.where(found > count - 1, np.full_like(found, count - 1), found)
