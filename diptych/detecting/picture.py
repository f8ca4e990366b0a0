"""Boxes drawn on a picture, each with its label and score; those of two frameworks over each other."""

from __future__ import annotations

import colorsys
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..common.errors import DiptychError, FileError
from ..common.spec import Array
from ..common.text import printable
from ..files.atomic import replacing
from .images import Pixels, pillow
from .results import Detections, pairs

SUFFIXES = (".png", ".jpg", ".jpeg")
Colour = tuple[int, int, int]
SIDES: Mapping[str, Colour] = {"torch": (200, 69, 43), "tf": (43, 106, 200)}
STYLES = ("broad", "dashed")
NAMES = {"torch": "PyTorch", "tf": "TensorFlow", "numpy": "NumPy"}
GOLDEN = 0.6180339887498949
"""Turns of the colour circle from one class to the next: neighbours are far apart, and no two of 90 are alike."""
QUALITY, LEVEL = 92, 3
"""Of a .jpg, and of a .png's compression: of a photograph level 3 makes no larger file than 6, in 0.4 of the time."""
LIGHT = 150
"""From this brightness of a plate on, of 255, its text is black."""
MOST = 40
"""Characters of a label at most."""


class Measures(NamedTuple):
    """Widths in pixels that suit a picture: of a line, of the text, and of a dash."""

    line: int
    text: int
    dash: int


def measures(size: tuple[int, int]) -> Measures:
    """About 1/200 of the shorter side for a line, and 1/30 for the text, of 12 pixels at least."""
    short = min(size)
    line = max(2 if short >= 48 else 1, round(short / 200))
    return Measures(line, max(12, round(short / 30)), 5 * line)


def colour(number: int) -> Colour:
    """The colour of a class, the same in every picture."""
    red, green, blue = colorsys.hsv_to_rgb(number * GOLDEN % 1, 0.85, 0.9 if number % 2 else 0.7)
    return round(red * 255), round(green * 255), round(blue * 255)


def draw(image: Pixels, found: Detections) -> Any:
    """The picture (H, W, 3) with its boxes, the best on top, as a PIL image."""
    canvas, pen, sizes = _canvas(image)
    plates = _Plates(pen, canvas.size, sizes)
    shades = [colour(int(number)) for number in found.classes]
    for index in reversed(range(len(found))):
        pen.rectangle(_corners(found.clipped[index], canvas.size), outline=shades[index], width=sizes.line)
    for index, shade in enumerate(shades):
        plates.label(found, index, shade)
    return canvas


def draw_both(image: Pixels, found: Mapping[str, Detections]) -> Any:
    """The picture with the boxes of two frameworks: the first's as broad lines, the second's dashed on top of them."""
    canvas, pen, sizes = _canvas(image)
    plates = _Plates(pen, canvas.size, sizes)
    plates.legend([(SIDES[side], f"{NAMES[side]}, {style}") for side, style in zip(found, STYLES, strict=True)])
    (first, one), (second, other) = found.items()
    for box in one.clipped:
        pen.rectangle(_corners(box, canvas.size), outline=SIDES[first], width=2 * sizes.line)
    for box in other.clipped:
        _dashed(pen, _corners(box, canvas.size), SIDES[second], sizes)
    for index in range(len(one)):
        plates.label(one, index, SIDES[first])
    for pair in pairs(one, other):
        if pair.first is None and pair.second is not None:
            plates.label(other, pair.second, SIDES[second])
    plates.legend([(SIDES[side], f"{NAMES[side]}, {style}") for side, style in zip(found, STYLES, strict=True)])
    return canvas


def save(picture: Any, path: Path, force: bool = False) -> None:
    """Write a PIL image as .png or .jpg, whole or not at all."""
    options = {"compress_level": LEVEL} if check_suffix(path) == ".png" else {"quality": QUALITY}
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


def _canvas(image: Pixels) -> tuple[Any, Any, Measures]:
    pillow()
    from PIL import Image, ImageDraw

    canvas = Image.fromarray(image)
    return canvas, ImageDraw.Draw(canvas), measures(image.shape[:2])


def _corners(box: Array, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box as the first and the last pixel of its line on each axis; one of no area is a point."""
    x1, y1, x2, y2 = (round(float(value)) for value in box)
    left, top = min(x1, size[0] - 1), min(y1, size[1] - 1)
    return left, top, max(min(x2, size[0]) - 1, left), max(min(y2, size[1]) - 1, top)


def _dashed(pen: Any, corners: tuple[int, int, int, int], shade: Colour, sizes: Measures) -> None:
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


class _Plates:
    """Texts on plates of a colour, none of which hides another."""

    def __init__(self, pen: Any, size: tuple[int, int], sizes: Measures) -> None:
        self.pen, self.size, self.sizes = pen, size, sizes
        self.taken: list[tuple[int, int, int, int]] = []

    def label(self, found: Detections, index: int, shade: Colour) -> None:
        """Name and score above the box, or inside where there is no room above, below what stands there already."""
        text = f"{printable(found.labels[index], MOST)} {found.scores[index]:.2f}"
        left, top, *_ = _corners(found.clipped[index], self.size)
        width, height = self._extent(text)
        x = max(min(left, self.size[0] - width), 0)
        y = top - height if top >= height else top
        while any(_meet((x, y, x + width, y + height), other) for other in self.taken):
            y += height
        self._write(x, min(y, max(self.size[1] - height, 0)), text, shade)

    def legend(self, entries: Sequence[tuple[Colour, str]]) -> None:
        """One text above the other in the bottom left corner."""
        y = self.size[1]
        for shade, text in reversed(entries):
            y -= self._extent(text)[1]
            self._write(0, y, text, shade)

    def _write(self, x: int, y: int, text: str, shade: Colour) -> None:
        width, height = self._extent(text)
        self.taken.append((x, y, x + width, y + height))
        self.pen.rectangle((x, y, x + width - 1, y + height - 1), fill=shade)
        light = 0.299 * shade[0] + 0.587 * shade[1] + 0.114 * shade[2]
        ink = (0, 0, 0) if light > LIGHT else (255, 255, 255)
        self.pen.text((x + self.sizes.text // 4, y), text, fill=ink, font=_font(self.sizes.text))

    def _extent(self, text: str) -> tuple[int, int]:
        """Width and height of a text's plate."""
        length = self.pen.textlength(text, font=_font(self.sizes.text))
        return round(length) + self.sizes.text // 2, round(self.sizes.text * 1.35)


def _meet(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    """Whether two rectangles share a pixel."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@functools.lru_cache(maxsize=8)
def _font(size: int) -> Any:
    """Pillow's own font; where it was built without FreeType, its one small size."""
    from PIL import ImageFont

    return ImageFont.load_default(size)
