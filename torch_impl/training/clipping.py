"""Clipping of gradients in PyTorch; see `common.training.clipping`."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...common.training.clipping import Clip


def clipped(clip: Clip, gradients: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The gradients as they are after clipping."""
    if clip.over == "value":
        return [g.clamp(-clip.most, clip.most) for g in gradients]
    if clip.over == "each":
        return [_scaled(clip, g, g.norm()) for g in gradients]
    norm = torch.stack([g.norm() for g in gradients]).norm()
    return [_scaled(clip, g, norm) for g in gradients]


def _scaled(clip: Clip, gradient: torch.Tensor, norm: torch.Tensor) -> torch.Tensor:
    return gradient * (clip.most / (norm + clip.eps)).clamp(max=1.0)
