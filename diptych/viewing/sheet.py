"""The same maps as one picture: a row for each node, both frameworks and their difference beside each other."""

from __future__ import annotations

import base64
import io
from typing import Any

from ..common.language import local
from ..detecting.images import pillow
from .features import Features
from .page import Strip, strip

WIDE, LEFT, TOP = 400, 16, 44
"""Pixels of a picture's width, of the margin, and of the line above a picture."""


def sheet(seen: Features) -> Any:
    """A Pillow image of what was seen."""
    module = pillow()
    rows = [(item, [_opened(uri, item, module) for uri in (item.both[0][1], item.both[1][1], item.gap)])
            for item in map(strip, seen.nodes)]  # fmt: skip
    height = 2 * TOP + sum(pictures[0].height + TOP for _, pictures in rows)
    made = module.new("RGB", (3 * (WIDE + LEFT) + LEFT, height), "white")
    said = (
        f"{seen.net.name}, {seen.dtype}: largest relative difference {seen.worst.relative:.1e}; {local(seen.weights)}"
    )
    _write(made, (LEFT, 14), said, 16)
    top = TOP
    for item, pictures in rows:
        for number, picture in enumerate(pictures):
            left = LEFT + number * (WIDE + LEFT)
            _write(made, (left, top + 14), _title(item, number), 14)
            made.paste(picture, (left, top + TOP - 6))
        top += pictures[0].height + TOP
    return made


def _title(item: Strip, number: int) -> str:
    """The words above a picture; a long path keeps its end."""
    if number == 2:
        return f"difference, {item.gap_scale}"
    path = item.maps.path if len(item.maps.path) < 30 else f"...{item.maps.path[-27:]}"
    return f"{item.both[number][0]}: {path}, {item.scale}"


def _opened(uri: str, item: Strip, module: Any) -> Any:
    """The picture of a data: URI, so wide as the column; what is clear becomes white."""
    image = module.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGBA")
    size = WIDE, max(1, round(item.height * WIDE / item.width))
    image = image.resize(size, module.Resampling.NEAREST)
    return module.alpha_composite(module.new("RGBA", size, "white"), image).convert("RGB")


def _write(image: Any, place: tuple[int, int], text: str, size: int) -> None:
    from PIL import ImageDraw, ImageFont

    ImageDraw.Draw(image).text(place, text, fill="black", font=ImageFont.load_default(size))
