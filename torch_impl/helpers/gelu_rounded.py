"""The Gaussian error linear unit as TensorFlow computes it in float64: with a constant of float32."""

import torch
from torch import nn


class GELURounded(nn.Module):
    """x * Phi(x), with the square root of 1/2 rounded to float32, as TensorFlow has it at any dtype."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 0.5 * x * (1 + torch.erf(x * 0.7071067690849304))
