"""Pictures of circles, squares and triangles with their boxes, drawn by chance: a data set that needs no download."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..common.detection.learning import padded_labels
from ..common.errors import DiptychError
from ..common.spec import Array

NAMES = ("circle", "square", "triangle")
"""The classes, in order."""
MOST = 4
"""Shapes of a picture at most."""
APART = 0.1
"""The share of the smaller of two boxes that they have in common at most."""


def shapes(count: int, size: int = 128, seed: int = 0) -> tuple[NDArray[np.uint8], Array]:
    """Pictures (N, size, size, 3) in RGB, and labels (N, MOST, 5): class, x1, y1, x2, y2 in pixels, class -1 for none.

    Every picture has a ground of its own, with a texture, and none to MOST shapes of one colour each, whose sides are
    from a sixth to nearly a half of the picture's. Boxes end where the shape does. Raises DiptychError for no pictures
    and for sizes below 32.
    """
    if count < 1 or size < 32:
        raise DiptychError(f"shapes are drawn on 1 picture or more, of 32 pixels or more, not on {count} of {size}")
    random = np.random.default_rng(seed)
    drawn = [_picture(size, random) for _ in range(count)]
    return np.stack([picture for picture, _ in drawn]), padded_labels([boxes for _, boxes in drawn], MOST)


def _picture(size: int, random: np.random.Generator) -> tuple[NDArray[np.uint8], Array]:
    """A picture and its boxes (K, 5)."""
    ground = random.uniform(40, 215, 3)
    picture = _texture(size, random)[..., None] * random.uniform(10, 40) + ground
    found: list[Array] = []
    for _ in range(int(random.integers(0, MOST + 1))):
        side, kind = random.uniform(size / 6, 0.45 * size), int(random.integers(len(NAMES)))
        centre = random.uniform(side / 2, size - side / 2, 2)
        inside = _inside(kind, centre, side, size, random)
        rows, columns = np.nonzero(inside.any(1))[0], np.nonzero(inside.any(0))[0]
        box = np.array([kind, columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float64)
        if any(_common(box, other) > APART for other in found):
            continue
        colour = random.uniform(0, 255, 3)
        while np.abs(colour - ground).max() < 70:
            colour = random.uniform(0, 255, 3)
        texture = _texture(size, random)[..., None] * random.uniform(0, 25)
        picture = np.where(inside[..., None], colour + texture, picture)
        found.append(box)
    noise = random.normal(0, 4, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8), np.array(found).reshape(-1, 5)


def _texture(size: int, random: np.random.Generator) -> Array:
    """Waves (size, size) from -1 to 1, of a direction and a length by chance."""
    rows, columns = np.mgrid[:size, :size]
    across, down = random.normal(0, 1, 2)
    waves: Array = np.sin((across * columns + down * rows) * random.uniform(0.1, 0.6) + random.uniform(0, 6))
    return waves


def _inside(kind: int, centre: Array, side: float, size: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Which pixels (size, size) lie in a shape that is as wide as `side`, turned a little."""
    rows, columns = np.mgrid[:size, :size] + 0.5
    x, y = columns - centre[0], rows - centre[1]
    half, turn = side / 2, random.uniform(-0.2, 0.2)
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    if kind == 0:
        found: NDArray[np.bool_] = x**2 + y**2 < half**2
    elif kind == 1:
        found = np.maximum(np.abs(x), np.abs(y)) < 0.85 * half
    else:
        found = (y < 0.8 * half) & (y > 2 * np.abs(x) - 0.9 * half)
    return found


def _common(box: Array, other: Array) -> float:
    """The area that two boxes share, of the smaller one's."""
    low, high = np.maximum(box[1:3], other[1:3]), np.minimum(box[3:], other[3:])
    smaller = min(np.prod(part[3:] - part[1:3]) for part in (box, other))
    return float(np.prod(np.maximum(high - low, 0)) / smaller)
