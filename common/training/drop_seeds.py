"""Where DropBlock drops: seeds (N, C, H - b + 1, W - b + 1) for blocks of b x b numbers, 1 where one begins, else 0.

A block covers the b rows and columns from its seed on. The draws are even numbers from 0 to 1, an argument, so that
both frameworks drop the same; `layouts` turns seeds into TensorFlow's order.
"""

from __future__ import annotations

import numpy as np

from ..errors import DiptychError
from ..geometry import Pair
from ..spec import Array


def gamma(rate: float, size: Pair, block: int) -> float:
    """How often a seed is set, so that about `rate` of all numbers is dropped (the paper's; torchvision's too).

    >>> gamma(0.1, (10, 10), 1), round(gamma(0.1, (10, 10), 3), 6)
    (0.1, 0.017361)
    """
    _require(rate, size, block)
    height, width = size
    return rate * height * width / (block**2 * (height - block + 1) * (width - block + 1))


def even(draws: Array, rate: float, size: Pair, block: int) -> Array:
    """The seeds of draws (N, C, H - b + 1, W - b + 1): each below `gamma` is one."""
    height, width = size
    chance = gamma(rate, size, block)
    if draws.shape[2:] != (height - block + 1, width - block + 1):
        raise DiptychError(
            f"draws for blocks of {block} on {height} x {width} are (N, C, {height - block + 1}, {width - block + 1}), "
            f"not {draws.shape}"
        )
    return (draws < chance).astype(np.float64)


def one_a_channel(draws: Array, rate: float, block: int) -> Array:
    """Darknet's seeds of draws (N, C, H, W): of each channel the place of the smallest draw, if below rate / b^2.

    A block that would reach beyond the map is moved back into it; of equal draws the first counts.
    """
    height, width = draws.shape[2:]
    _require(rate, (height, width), block)
    flat = draws.reshape(*draws.shape[:2], -1)
    place, drops = flat.argmin(2), flat.min(2) < rate / block**2
    rows, columns = np.minimum(place // width, height - block), np.minimum(place % width, width - block)
    seeds = np.zeros((*draws.shape[:2], height - block + 1, width - block + 1))
    image, channel = np.nonzero(drops)
    seeds[image, channel, rows[drops], columns[drops]] = 1
    return seeds


def _require(rate: float, size: Pair, block: int) -> None:
    if not 0 <= rate <= 1:
        raise DiptychError(f"the rate of DropBlock is from 0 to 1, not {rate}")
    if not (isinstance(block, int) and 1 <= block <= min(size)):
        raise DiptychError(f"a block of DropBlock on {size[0]} x {size[1]} has a whole side of 1 or more, not {block}")
