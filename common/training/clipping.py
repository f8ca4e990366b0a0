"""Clipping of gradients, as data and in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..spec import Array
from .rates import among, positive


@dataclass(frozen=True)
class Clip:
    """Gradients whose norm is above `most` are scaled down to it.

    The norm is that of "all" gradients together or of "each" tensor; by "value" numbers are cut at -most and most.
    `eps` is added to the norm: `torch.nn.utils.clip_grad_norm_` has 1e-6 there, Keras and TensorFlow have 0.
    """

    most: float
    over: Literal["all", "each", "value"] = "all"
    eps: float = 1e-6

    def __post_init__(self) -> None:
        positive(self, "most")
        positive(self, "eps", zero=True)
        among(self, "over", ("all", "each", "value"))


def clipped(clip: Clip, gradients: Sequence[Array]) -> list[Array]:
    """The gradients as they are after clipping."""
    if clip.over == "value":
        return [np.clip(g, -clip.most, clip.most) for g in gradients]
    if clip.over == "each":
        return [_scaled(clip, g, np.sqrt(np.sum(g**2))) for g in gradients]
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
    return [_scaled(clip, g, norm) for g in gradients]


def _scaled(clip: Clip, gradient: Array, norm: float) -> Array:
    return gradient * min(1.0, clip.most / (norm + clip.eps)) if norm + clip.eps > 0 else gradient
