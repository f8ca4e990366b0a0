"""Random images that networks are compared on."""

from __future__ import annotations

import numpy as np

from ..common.spec import Array, Net


def random_images(net: Net, batch: int, rng: np.random.Generator) -> Array:
    """A batch (N, C, H, W) in float64, of numbers exact in float32 so that both precisions see the same.

    A network that begins by rescaling takes pixels of 0 to 255: numbers about 0 would all be the same to it.
    """
    spread, mean = (50, 120) if net.nodes[1].op.takes_pixels else (1, 0.1)
    noise = rng.standard_normal((batch, *net.input_shape), dtype=np.float32)
    return (noise * np.float32(spread) + np.float32(mean)).astype(np.float64)
