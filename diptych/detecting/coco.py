"""Boxes as a file of COCO's format (Lin et al. 2014): images, annotations with a score, and categories.

Its `annotations` are the results that pycocotools takes (`loadRes`), and the whole is a data set as other programs read
it. A box is [x, y, width, height] in pixels, without what lies beyond the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .labels import category_ids
from .results import Detections


def image_ids(paths: Sequence[Path]) -> list[int]:
    """A number for each image: that of its name where all have one, as in COCO's own folders, else 1, 2, 3 and so on.

    >>> image_ids([Path("000000000139.jpg"), Path("000000000285.jpg")]), image_ids([Path("bus.jpg"), Path("1.jpg")])
    ([139, 285], [1, 2])
    """
    stems = [path.stem for path in paths]
    if all(stem.isascii() and stem.isdigit() and len(stem) <= 18 for stem in stems):
        numbers = [int(stem) for stem in stems]
        if len(set(numbers)) == len(numbers):
            return numbers
    return list(range(1, len(paths) + 1))


def document(
    found: Sequence[tuple[int, Path, Detections]], labels: tuple[str, ...], info: dict[str, Any]
) -> dict[str, Any]:
    """A COCO file, as JSON values, of (number, path, boxes) of each image."""
    ids = category_ids(labels)
    images = [
        {"id": number, "file_name": path.name, "width": boxes.size[1], "height": boxes.size[0]}
        for number, path, boxes in found
    ]
    entries = [entry for number, _, boxes in found for entry in entries_of(number, boxes, ids)]
    return {
        "info": info,
        "images": images,
        "annotations": [{"id": place, **entry} for place, entry in enumerate(entries, start=1)],
        "categories": [{"id": number, "name": name} for number, name in zip(ids, labels, strict=True)],
    }


def entries_of(number: int, found: Detections, ids: Sequence[int | None]) -> list[dict[str, Any]]:
    """The boxes of one image, to a thousandth of a pixel and six digits of score; `ids` are the classes' categories."""
    entries = []
    for (x1, y1, x2, y2), score, kind in zip(found.clipped.tolist(), found.scores, found.classes, strict=True):
        width, height = x2 - x1, y2 - y1
        entries.append(
            {
                "image_id": number,
                "category_id": ids[kind],
                "bbox": [round(value, 3) for value in (x1, y1, width, height)],
                "score": round(float(score), 6),
                "area": round(width * height, 3),
                "iscrowd": 0,
            }
        )
    return entries
