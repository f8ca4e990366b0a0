"""Key points from heat maps of PyTorch; see `common.functions.keypoints`."""

from __future__ import annotations

import torch

from ...common.errors import DiptychError
from ...common.functions.keypoints import OFFSET
from ...common.geometry import Pair


def peaks(maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The pixel (x, y) of the first largest value of each map (N, J, H, W), and that value; (0, 0) for none above 0."""
    if maps.ndim != 4 or 0 in maps.shape:
        raise DiptychError(f"heat maps are a batch (N, J, H, W) of at least one pixel, not {tuple(maps.shape)}")
    if not torch.isfinite(maps).all():
        raise DiptychError("heat maps hold values that are not finite, which have no peak")
    width = maps.shape[3]
    flat = maps.flatten(2)
    confidence, place = flat.max(2)
    points = torch.stack([place % width, place // width], 2) * (confidence > 0)[..., None]
    return points.to(maps.dtype), confidence


def keypoints(maps: torch.Tensor, size: Pair | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """The peaks of maps (N, J, H, W), each a quarter of a pixel towards its larger neighbours, and their values.

    Points (N, J, 2) are (x, y) in pixels of the maps, or of an image of `size` (height, width).
    """
    points, confidence = peaks(maps)
    height, width = maps.shape[2:]
    x, y = points.long().unbind(2)
    inside = (x > 1) & (x < width - 1) & (y > 1) & (y < height - 1)
    n, j = torch.meshgrid(*(torch.arange(length, device=maps.device) for length in x.shape), indexing="ij")
    x, y = torch.where(inside, x, 0), torch.where(inside, y, 0)
    right, left = maps[n, j, y, (x + 1) % width], maps[n, j, y, x - 1]
    below, above = maps[n, j, (y + 1) % height, x], maps[n, j, y - 1, x]
    towards = torch.stack([torch.sign(right - left), torch.sign(below - above)], 2)
    points = points + OFFSET * towards * inside[..., None]
    if size is not None:
        points = points * torch.tensor([size[1] / width, size[0] / height], dtype=maps.dtype, device=maps.device)
    return points, confidence
