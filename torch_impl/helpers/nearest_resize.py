"""Nearest resizing in whole numbers.

See `diptych traps`: `nearest_to_any_size`.
"""

import torch
from torch import nn


class NearestResize(nn.Module):
    """Nearest resizing in whole numbers, for sizes at which torch's own rounded coordinates miss by a pixel."""

    def __init__(self, size, half_pixel):
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else size
        self.half_pixel = half_pixel

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for axis, n in ((2, self.size[0]), (3, self.size[1])):
            i, m = torch.arange(n, device=x.device), x.shape[axis]
            x = x.index_select(axis, (2 * i + 1) * m // (2 * n) if self.half_pixel else i * m // n)
        return x
