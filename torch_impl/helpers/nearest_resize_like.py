"""Nearest resizing to the size of another map, in whole numbers."""

import torch


def nearest_resize_like(x: torch.Tensor, like: torch.Tensor, half_pixel: bool) -> torch.Tensor:
    """Nearest resizing in whole numbers, for sizes at which torch's own rounded coordinates miss by a pixel."""
    for axis in (2, 3):
        m, n = x.shape[axis], like.shape[axis]
        i = torch.arange(n, device=x.device)
        x = x.index_select(axis, (2 * i + 1) * m // (2 * n) if half_pixel else i * m // n)
    return x
