"""TensorFlow's SAME padding in torch, printed into the emitted files that need it."""

from __future__ import annotations

import torch
import torch.nn.functional as F


def same_pad(x: torch.Tensor, extent: tuple[int, int], stride: tuple[int, int], value: float = 0.0) -> torch.Tensor:
    """Pad a batch as TensorFlow's SAME does: by what its size needs, and the odd pad last."""
    pads: list[int] = []
    for axis in (1, 0):
        size = x.shape[2 + axis]
        total = max((-(-size // stride[axis]) - 1) * stride[axis] + extent[axis] - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)
