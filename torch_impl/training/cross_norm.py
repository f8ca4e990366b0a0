"""Cross mini-batch normalisation in PyTorch; see `common.training.cross_norm`."""

from __future__ import annotations

from typing import Any

import torch

from ...common.training.cross_norm import EPS, NOTHING, RATE, Seen
from ...common.training.regular import require_channels


def cross_norm(
    x: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor, seen: Seen = NOTHING, eps: float = EPS
) -> tuple[torch.Tensor, Seen]:
    """A mini-batch (n, C, H, W), normalised with scale and shift (C,), and what has been seen with it."""
    require_channels(x.shape, scale.shape, shift.shape, 1)
    count = x.numel() // x.shape[1]
    mean = x.mean((0, 2, 3))
    square = (x * x).sum((0, 2, 3)) / (count - 1)
    square = torch.where(square > mean * mean, square, mean * mean)
    after = Seen(seen.number + 1, *(_joined(seen, *pair) for pair in ((seen.mean, mean), (seen.square, square))))
    factor = scale / torch.sqrt(variance(after) + eps)
    y = (x - after.mean[:, None, None]) * factor[:, None, None] + shift[:, None, None]
    return y, Seen(after.number, after.mean.detach(), after.square.detach())


def variance(seen: Seen) -> torch.Tensor:
    """The variance (C,) that the last mini-batch was normalised with."""
    found = seen.square - seen.mean * seen.mean
    return torch.where(found > 0, found, torch.zeros_like(found))


def averaged(running: torch.Tensor, value: torch.Tensor, rate: float = RATE) -> torch.Tensor:
    """Running statistics after a mini-batch."""
    return running * (1 - rate) + value * rate


def _joined(seen: Seen, before: Any, value: torch.Tensor) -> torch.Tensor:
    """The mean over the mini-batches before, which are constant, and this one."""
    share = 1 / (seen.number + 1)
    return value * share + before * (1 - share)
