"""DropBlock and stochastic depth in PyTorch; see `common.training.drop_block`."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from ...common.training.drop_block import Over
from ...common.training.regular import require_rate, require_seeds


def drop_block(
    x: torch.Tensor, seeds: torch.Tensor, block: int, over: Over = "batch", eps: float = 1e-6
) -> torch.Tensor:
    """Maps (N, C, H, W) without the blocks of seeds (N, C, H - b + 1, W - b + 1); where all is dropped, 0."""
    require_seeds(x.shape, seeds.shape, (1, 2, 3), block)
    around = F.pad(seeds.to(x.dtype), [block - 1] * 4)
    left = 1 - F.max_pool2d(around, block, stride=1)
    total = left.sum() if over == "batch" else left.sum((1, 2, 3), keepdim=True)
    whole = left.numel() if over == "batch" else left[0].numel()
    scale = torch.where(total == 0, 0.0, whole / torch.where(total == 0, 1.0, total + eps))
    return x * (left * scale)


def drop_path(x: torch.Tensor, keep: torch.Tensor, rate: float) -> torch.Tensor:
    """A branch (N, ...) for the images that `keep` it, (N,) of 1 or 0, over 1 - rate; 0 for the others."""
    require_rate(x.shape, keep.shape, rate)
    return x * (keep.to(x.dtype) / (1 - rate)).reshape(-1, *(1 for _ in x.shape[1:]))
