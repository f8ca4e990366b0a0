"""From a detector's raw maps of PyTorch to boxes and scores; see `common.detection.decode`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from ...common.detection.checks import require_cells, require_levels
from ...common.detection.detector import Detector, Level, Rule


def cells(raw: torch.Tensor, anchors: int) -> torch.Tensor:
    """A raw map (N, anchors (5 + classes), H, W) as (N, H, W, anchors, 5 + classes); raises DiptychError for others."""
    require_cells(raw.shape, 1, anchors)
    _, channels, height, width = raw.shape
    parts = raw.reshape(-1, anchors, channels // anchors, height, width)
    return parts.permute(0, 3, 4, 1, 2)


def decode(maps: Sequence[torch.Tensor], detector: Detector) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes (N, M, 4) as corners in pixels of the network's input, and the scores (N, M, classes) of the raw maps.

    The order of the M boxes: level, row, column, anchor; or level, anchor, row, column of `anchors_first`.
    """
    require_levels(maps, detector)
    found = [
        _flat(*decode_level(cells(raw, len(level.anchors)), level, detector.rule), detector.anchors_first)
        for raw, level in zip(maps, detector.levels, strict=True)
    ]
    boxes, scores = zip(*found, strict=True)
    return torch.cat(boxes, 1), torch.cat(scores, 1)


def decode_level(parts: torch.Tensor, level: Level, rule: Rule) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes (N, H, W, A, 4), corners in pixels, and scores (N, H, W, A, classes) of cells (N, H, W, A, 5 + classes)."""
    cell = _places(parts)
    anchors = torch.tensor(level.anchors, dtype=parts.dtype, device=parts.device)
    xy, wh = parts[..., :2], parts[..., 2:4]
    if rule == "yolov3":
        xy, wh = level.scale * torch.sigmoid(xy) - (level.scale - 1) / 2, torch.exp(wh) * anchors
    elif rule == "yolov5":
        xy, wh = 2 * torch.sigmoid(xy) - 0.5, (2 * torch.sigmoid(wh)) ** 2 * anchors
    else:
        wh = torch.exp(wh) * level.stride
    centre, half = (xy + cell) * level.stride, wh / 2
    boxes = torch.cat([centre - half, centre + half], -1)
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
