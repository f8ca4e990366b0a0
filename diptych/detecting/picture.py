"""Boxes drawn on a picture, each with its label and score; those of two frameworks over each other."""

from __future__ import annotations

import colorsys
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..common.errors import DiptychError, FileError
from ..common.spec import Array
from ..common.text import printable
from ..files.atomic import replacing
from .images import pillow
from .results import Detections

SUFFIXES = (".png", ".jpg", ".jpeg")
TORCH, KERAS = (200, 69, 43), (43, 106, 200)
SIDES = {"torch": TORCH, "tf": KERAS}
NAMES = {"torch": "PyTorch", "tf": "TensorFlow", "numpy": "NumPy"}
GOLDEN = 0.6180339887498949
"""Turns of the colour circle from one class to the next: neighbours are far apart, and no two of 90 are alike."""
QUALITY = 92
MOST = 40
"""Characters of a label at most."""


class Measures(NamedTuple):
    """Widths in pixels that suit a picture: of a line, of the text, and of a dash."""

    line: int
    text: int
    dash: int


def measures(size: tuple[int, int]) -> Measures:
    """About 1/200 of the shorter side for a line and 1/32 for the text, of 10 pixels at least."""
    short = min(size)
    line = max(2 if short >= 48 else 1, round(short / 200))
    return Measures(line, max(10, round(short / 32)), 5 * line)


def colour(number: int) -> tuple[int, int, int]:
    """The colour of a class, the same in every picture."""
    red, green, blue = colorsys.hsv_to_rgb(number * GOLDEN % 1, 0.85, 0.9 if number % 2 else 0.7)
    return round(red * 255), round(green * 255), round(blue * 255)


def draw(image: Array, found: Detections) -> Any:
    """The picture (H, W, 3) with its boxes, the best on top, as a PIL image."""
    canvas, pen, sizes = _canvas(image)
    for index in reversed(range(len(found))):
        shade = colour(int(found.classes[index]))
        pen.rectangle(_corners(found.clipped[index], canvas.size), outline=shade, width=sizes.line)
    for index in reversed(range(len(found))):
        _label(pen, found, index, colour(int(found.classes[index])), canvas.size, sizes)
    return canvas


def draw_both(image: Array, found: dict[str, Detections]) -> Any:
    """The picture with the boxes of two frameworks: the first's as broad lines, the second's dashed on top of them."""
    canvas, pen, sizes = _canvas(image)
    (first, one), (second, other) = found.items()
    for box in one.clipped:
        pen.rectangle(_corners(box, canvas.size), outline=SIDES[first], width=2 * sizes.line)
    for box in other.clipped:
        _dashed(pen, _corners(box, canvas.size), SIDES[second], sizes)
    for index in reversed(range(len(one))):
        _label(pen, one, index, SIDES[first], canvas.size, sizes)
    known = set(zip(one.places.tolist(), one.classes.tolist(), strict=True))
    for index in reversed(range(len(other))):
        if (int(other.places[index]), int(other.classes[index])) not in known:
            _label(pen, other, index, SIDES[second], canvas.size, sizes)
    _legend(pen, canvas.size, sizes, (first, second))
    return canvas


def save(picture: Any, path: Path, force: bool = False) -> None:
    """Write a PIL image as .png or .jpg, whole or not at all."""
    options = {"quality": QUALITY} if check_suffix(path) != ".png" else {}
    kind = "PNG" if path.suffix.lower() == ".png" else "JPEG"
    with replacing(path, force=force) as staged:
        try:
            picture.save(staged, format=kind, **options)
        except ValueError as error:
            raise FileError(f"cannot write {path}: {error}") from None


def check_suffix(path: Path) -> str:
    """The suffix of a picture to write; raises DiptychError for another than those that are written."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DiptychError(f"cannot draw to {path}: the name of a picture ends in {', '.join(SUFFIXES)}")
    return suffix


def _canvas(image: Array) -> tuple[Any, Any, Measures]:
    pillow()
    from PIL import Image, ImageDraw

    canvas = Image.fromarray(image)
    return canvas, ImageDraw.Draw(canvas), measures(image.shape[:2])


def _corners(box: Array, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box as the first and the last pixel of its line on each axis; one of no area is a point."""
    x1, y1, x2, y2 = (round(float(value)) for value in box)
    left, top = min(x1, size[0] - 1), min(y1, size[1] - 1)
    return left, top, max(min(x2, size[0]) - 1, left), max(min(y2, size[1]) - 1, top)


def _dashed(pen: Any, corners: tuple[int, int, int, int], shade: tuple[int, int, int], sizes: Measures) -> None:
    """A rectangle of dashes, half as broad as the line that may be below it."""
    left, top, right, bottom = corners
    step, broad = 2 * sizes.dash, sizes.line - 1
    for start in range(left, right + 1, step):
        end = min(start + sizes.dash, right)
        pen.rectangle((start, top, end, min(top + broad, bottom)), fill=shade)
        pen.rectangle((start, max(bottom - broad, top), end, bottom), fill=shade)
    for start in range(top, bottom + 1, step):
        end = min(start + sizes.dash, bottom)
        pen.rectangle((left, start, min(left + broad, right), end), fill=shade)
        pen.rectangle((max(right - broad, left), start, right, end), fill=shade)


def _label(
    pen: Any, found: Detections, index: int, shade: tuple[int, int, int], size: tuple[int, int], sizes: Measures
) -> None:
    """Name and score on a plate in the colour of the box: above it, or inside where there is no room above."""
    text = f"{printable(found.labels[index], MOST)} {found.scores[index]:.2f}"
    left, top, *_ = _corners(found.clipped[index], size)
    width, height = _extent(pen, text, sizes)
    x = max(min(left, size[0] - width), 0)
    y = top - height if top >= height else top
    _plate(pen, (x, y), text, shade, sizes)


def _legend(pen: Any, size: tuple[int, int], sizes: Measures, sides: Sequence[str]) -> None:
    """Which line is whose, in the bottom left corner."""
    texts = [f"{NAMES[side]}, {'dashed' if number else 'broad'}" for number, side in enumerate(sides)]
    y = size[1]
    for side, text in reversed(list(zip(sides, texts, strict=True))):
        y -= _extent(pen, text, sizes)[1]
        _plate(pen, (0, y), text, SIDES[side], sizes)


def _plate(pen: Any, place: tuple[int, int], text: str, shade: tuple[int, int, int], sizes: Measures) -> None:
    (x, y), (width, height) = place, _extent(pen, text, sizes)
    pen.rectangle((x, y, x + width - 1, y + height - 1), fill=shade)
    light = 0.299 * shade[0] + 0.587 * shade[1] + 0.114 * shade[2]
    pen.text((x + sizes.text // 4, y), text, fill=(0, 0, 0) if light > 150 else (255, 255, 255), font=_font(sizes.text))


def _extent(pen: Any, text: str, sizes: Measures) -> tuple[int, int]:
    """Width and height of a text's plate."""
    return round(pen.textlength(text, font=_font(sizes.text))) + sizes.text // 2, round(sizes.text * 1.35)


@functools.lru_cache(maxsize=8)
def _font(size: int) -> Any:
    """Pillow's own font; where it was built without FreeType, its one small size."""
    from PIL import ImageFont

    return ImageFont.load_default(size)
