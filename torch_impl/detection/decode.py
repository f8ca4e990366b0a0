"""From a detector's raw maps of PyTorch to boxes and scores; see `common.detection.decode`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from ...common.detection.checks import require_cells, require_levels, require_one_input, require_pairs
from ...common.detection.detector import Detector, Level, Rule
from .boxes import swapped


def cells(raw: torch.Tensor, anchors: int, before: int = 5) -> torch.Tensor:
    """A raw map (N, anchors (before + classes), H, W) as (N, H, W, anchors, before + classes).

    `before` is how many numbers an anchor has before its classes. Numbers of 16 bits become float32: the area of a box
    of 256 x 256 pixels is too large for float16. Raises DiptychError for a map of another shape.
    """
    require_cells(raw.shape, 1, anchors, before)
    _, channels, height, width = raw.shape
    raw = raw.to(torch.promote_types(raw.dtype, torch.float32))
    parts = raw.reshape(-1, anchors, channels // anchors, height, width)
    return parts.permute(0, 3, 4, 1, 2)


def joined(maps: Sequence[torch.Tensor], detector: Detector) -> list[torch.Tensor]:
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
        found = [torch.cat([swapped(box), one], -1) for box, one in zip(boxes, classes, strict=True)]
    require_one_input([part.shape for part in found], detector)
    return found


def decode(maps: Sequence[torch.Tensor], detector: Detector) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes (N, M, 4) as corners in pixels of the network's input, and the scores (N, M, classes) of the raw maps.

    The order of the M boxes: level, row, column, anchor; or level, anchor, row, column of `anchors_first`.
    """
    found = [
        _flat(*decode_level(parts, level, detector.rule), detector.anchors_first)
        for parts, level in zip(joined(maps, detector), detector.levels, strict=True)
    ]
    boxes, scores = zip(*found, strict=True)
    return torch.cat(boxes, 1), torch.cat(scores, 1)


def decode_level(parts: torch.Tensor, level: Level, rule: Rule) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes (N, H, W, A, 4), corners in pixels, and scores (N, H, W, A, classes) of the cells of `joined`."""
    cell = _places(parts)
    anchors = torch.tensor(level.anchors, dtype=parts.dtype, device=parts.device)
    xy, wh = parts[..., :2], parts[..., 2:4]
    if rule == "yolov3":
        xy, wh = level.scale * torch.sigmoid(xy) - (level.scale - 1) / 2, torch.exp(wh) * anchors
    elif rule == "yolov5":
        xy, wh = 2 * torch.sigmoid(xy) - 0.5, (2 * torch.sigmoid(wh)) ** 2 * anchors
    elif rule == "efficientdet":
        xy, wh = xy * anchors / level.stride + 0.5, torch.exp(wh) * anchors
    else:
        wh = torch.exp(wh) * level.stride
    centre, half = (xy + cell) * level.stride, wh / 2
    boxes = torch.cat([centre - half, centre + half], -1)
    if rule == "efficientdet":
        return boxes, torch.sigmoid(parts[..., 4:])
    return boxes, torch.sigmoid(parts[..., 4:5]) * torch.sigmoid(parts[..., 5:])


def _places(parts: torch.Tensor) -> torch.Tensor:
    """The (column, row) of each cell, as (H, W, 1, 2)."""
    height, width = parts.shape[1:3]
    across, down = (torch.arange(length, device=parts.device) for length in (width, height))
    columns, rows = torch.meshgrid(across, down, indexing="xy")
    return torch.stack([columns, rows], -1)[:, :, None].to(parts.dtype)


def _flat(boxes: torch.Tensor, scores: torch.Tensor, anchors_first: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Both with one axis for rows, columns and anchors, in that order or with the anchors first."""
    if anchors_first:
        boxes, scores = boxes.permute(0, 3, 1, 2, 4), scores.permute(0, 3, 1, 2, 4)
    number = math.prod(boxes.shape[1:4])
    return boxes.reshape(-1, number, 4), scores.reshape(-1, number, scores.shape[-1])
