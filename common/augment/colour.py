"""Hue, saturation and value of a picture, changed at random, in bytes as OpenCV has them: hue 0 to 179.

* yolov5: each times a factor, 1 + U(-1, 1) times (0.015, 0.7, 0.4); hue modulo 180, the others cut at 255, bytes cut.
* yolox: to each a whole number is added, int(U(-1, 1) times (5, 30, 30)), one time in two; modulo and cut likewise.
"""

from __future__ import annotations

import numpy as np

from ..errors import DiptychError
from .labelled import Pixels

HUES = 180
GAINS, STEPS = (0.015, 0.7, 0.4), (5, 30, 30)
TINY = 1e-9
"""Whole numbers that float64 misses by a hair are not cut to the one below."""
_BITS = 12
"""Of the fractions in OpenCV's whole numbers."""
Three = tuple[float, float, float]


def draw_factors(source: np.random.Generator, gains: Three = GAINS) -> Three:
    """YOLOv5's factors of hue, saturation and value."""
    hue, saturation, value = 1 + source.uniform(-1, 1, 3) * np.array(gains)
    return float(hue), float(saturation), float(value)


def draw_steps(source: np.random.Generator, steps: Three = STEPS) -> tuple[int, int, int]:
    """YOLOX's whole numbers for hue, saturation and value."""
    hue, saturation, value = source.uniform(-1, 1, 3) * np.array(steps) * source.integers(0, 2, 3)
    return int(hue), int(saturation), int(value)


def multiplied(image: Pixels, factors: Three) -> Pixels:
    """The picture (H, W, 3) of uint8, RGB, with its hue, saturation and value times factors of 0 or more (yolov5)."""
    if not all(0 <= factor < np.inf for factor in factors):
        raise DiptychError(f"factors of hue, saturation and value are 0 or more, not {factors}")
    levels = np.arange(256)
    tables = [levels * factors[0] % HUES, *(np.minimum(levels * factor, 255) for factor in factors[1:])]
    hsv = to_hsv(image)
    return to_rgb(np.stack([tables[k].astype(np.uint8)[hsv[..., k]] for k in range(3)], -1))


def added(image: Pixels, steps: tuple[int, int, int]) -> Pixels:
    """The picture (H, W, 3) of uint8, RGB, with whole numbers added to its hue, saturation and value (yolox)."""
    hsv = to_hsv(image).astype(int) + np.array(steps)
    hsv[..., 0] %= HUES
    return to_rgb(hsv.clip(0, 255).astype(np.uint8))


def to_hsv(image: Pixels) -> Pixels:
    """RGB bytes as bytes of hue (half degrees, 0 to 179), saturation and value, bit for bit OpenCV's.

    >>> to_hsv(np.array([[[255, 0, 0], [0, 0, 128], [9, 9, 9]]], np.uint8)).tolist()
    [[[0, 255, 255], [120, 255, 128], [0, 0, 9]]]
    """
    red, green, blue = np.moveaxis(image.astype(np.int64), -1, 0)
    value = image.max(-1).astype(np.int64)
    span = value - image.min(-1)
    turn = np.where(value == red, green - blue, np.where(value == green, blue - red + 2 * span, red - green + 4 * span))
    half = 1 << (_BITS - 1)
    hue = (turn * _shares(HUES / 6)[span] + half) >> _BITS
    saturation = (span * _shares(255)[value] + half) >> _BITS
    return np.stack([hue + np.where(hue < 0, HUES, 0), saturation, value], -1).astype(np.uint8)


def to_rgb(hsv: Pixels) -> Pixels:
    """Bytes of hue, saturation and value as RGB, cut to bytes as OpenCV's fast code cuts them, to one level.

    OpenCV works in float32: of 60 in the exact answer one is a level lower there.
    """
    hue, saturation, value = np.moveaxis(hsv.astype(np.float64), -1, 0)
    sector = hue / (HUES / 6)
    # How far a colour's place on the circle of six sectors is from the two where it has its full value.
    away = [np.abs((sector + 6 - place) % 6) for place in (0, 2, 4)]
    shares = [np.clip(2 - np.minimum(part, 6 - part), 0, 1) for part in away]
    found = np.stack([value * (1 - saturation / 255 * (1 - share)) for share in shares], -1)
    return np.floor(found + TINY).astype(np.uint8)


def _shares(whole: float) -> Pixels:
    """For each byte n the whole number nearest to `whole` / n, in fractions of 12 bits; 0 for 0."""
    numbers = np.arange(256)
    return np.where(numbers, np.rint(whole * (1 << _BITS) / np.maximum(numbers, 1)), 0).astype(np.int64)
