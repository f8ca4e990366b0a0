"""From a detector's raw maps to boxes and scores, by the rules of YOLOv3 and YOLOv4, YOLOv5, YOLOX and EfficientDet.

The meaning in NumPy; `torch_impl` and `tf_impl` have the same functions. `cells` alone knows how a map is laid
out, and `joined` which maps belong together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..spec import Array
from .boxes import swapped
from .checks import require_cells, require_levels, require_one_input, require_pairs
from .detector import Detector, Level, Rule


def cells(raw: Array, anchors: int, before: int = 5) -> Array:
    """A raw map (N, anchors (before + classes), H, W) as (N, H, W, anchors, before + classes).

    `before` is how many numbers an anchor has before its classes. Numbers of 16 bits become float32: the area of a box
    of 256 x 256 pixels is too large for float16. Raises DiptychError for a map of another shape.
    """
    require_cells(raw.shape, 1, anchors, before)
    batch, channels, height, width = raw.shape
    raw = raw.astype(np.promote_types(raw.dtype, np.float32), copy=False)
    parts = raw.reshape(batch, anchors, channels // anchors, height, width)
    return parts.transpose(0, 3, 4, 1, 2)


def joined(maps: Sequence[Array], detector: Detector) -> list[Array]:
    """The cells of each level, (N, H, W, anchors, 5 + classes); of efficientdet (N, H, W, anchors, 4 + classes).

    Each begins with x, y, width, height. Raises DiptychError for maps that are not those of the detector.
    """
    require_levels(maps, detector)
    counts = [len(level.anchors) for level in detector.levels]
    if detector.rule != "efficientdet":
        found = [cells(raw, count) for raw, count in zip(maps, counts, strict=True)]
    else:
        classes = [cells(raw, count, 0) for raw, count in zip(maps[: len(counts)], counts, strict=True)]
        boxes = [cells(raw, count, 0) for raw, count in zip(maps[len(counts) :], counts, strict=True)]
        require_pairs([part.shape for part in classes], [part.shape for part in boxes])
        found = [np.concatenate([swapped(box), one], -1) for box, one in zip(boxes, classes, strict=True)]
    require_one_input([part.shape for part in found], detector)
    return found


def decode(maps: Sequence[Array], detector: Detector) -> tuple[Array, Array]:
    """Boxes (N, M, 4) as corners in pixels of the network's input, and the scores (N, M, classes) of the raw maps.

    The order of the M boxes: level, row, column, anchor; or level, anchor, row, column of `anchors_first`.
    """
    found = [
        _flat(*decode_level(parts, level, detector.rule), detector.anchors_first)
        for parts, level in zip(joined(maps, detector), detector.levels, strict=True)
    ]
    boxes, scores = zip(*found, strict=True)
    return np.concatenate(boxes, 1), np.concatenate(scores, 1)


@np.errstate(over="ignore")  # a size may be infinite
def decode_level(parts: Array, level: Level, rule: Rule) -> tuple[Array, Array]:
    """Boxes (N, H, W, A, 4), corners in pixels, and scores (N, H, W, A, classes) of the cells of `joined`."""
    cell = _places(parts)
    anchors = np.array(level.anchors, parts.dtype)
    xy, wh = parts[..., :2], parts[..., 2:4]
    if rule == "yolov3":
        xy, wh = level.scale * _sigmoid(xy) - (level.scale - 1) / 2, np.exp(wh) * anchors
    elif rule == "yolov5":
        xy, wh = 2 * _sigmoid(xy) - 0.5, (2 * _sigmoid(wh)) ** 2 * anchors
    elif rule == "efficientdet":
        xy, wh = xy * anchors / level.stride + 0.5, np.exp(wh) * anchors
    else:
        wh = np.exp(wh) * level.stride
    centre, half = (xy + cell) * level.stride, wh / 2
    boxes = np.concatenate([centre - half, centre + half], -1)
    if rule == "efficientdet":
        return boxes, _sigmoid(parts[..., 4:])
    return boxes, _sigmoid(parts[..., 4:5]) * _sigmoid(parts[..., 5:])


def _places(parts: Array) -> Array:
    """The (column, row) of each cell, as (H, W, 1, 2)."""
    height, width = parts.shape[1:3]
    columns, rows = np.meshgrid(np.arange(width), np.arange(height), indexing="xy")
    return np.stack([columns, rows], -1)[:, :, None].astype(parts.dtype)


def _flat(boxes: Array, scores: Array, anchors_first: bool) -> tuple[Array, Array]:
    """Both with one axis for rows, columns and anchors, in that order or with the anchors first."""
    if anchors_first:
        boxes, scores = boxes.transpose(0, 3, 1, 2, 4), scores.transpose(0, 3, 1, 2, 4)
    number = int(np.prod(boxes.shape[1:4]))
    return boxes.reshape(-1, number, 4), scores.reshape(-1, number, scores.shape[-1])


def _sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)) without an overflow."""
    small = np.exp(-np.abs(x))
    share: Array = np.where(x < 0, small, np.ones_like(small)) / (1 + small)
    return share
