"""COCO's twelve figures of what a detector finds, by COCO's own code (pycocotools).

AP is the mean over categories of the area under the curve of precision and recall, and over the IoU from 0.5 to 0.95 in
steps of 0.05; AR is the recall of the best 1, 10 or 100 boxes of each image and category. Small is an area of up to
32 x 32 pixels, large one above 96 x 96.
"""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..common.errors import DiptychError, NotInstalled
from ..common.text import NAME, first_few, printable
from .coco import entries_of
from .labels import nameless
from .results import Detections
from .truth import Truth

SCORE = 0.001
"""Boxes of a higher score are counted unless another is asked for: a curve needs those that are hardly sure."""


class Figure(NamedTuple):
    """What one of the figures is of: its name, the IoU, the area of things, and how many boxes of an image count."""

    name: str
    iou: str
    area: str
    most: int


_ALL = "0.50 to 0.95"
FIGURES = (
    Figure("AP", _ALL, "all", 100),
    Figure("AP50", "0.50", "all", 100),
    Figure("AP75", "0.75", "all", 100),
    Figure("APs", _ALL, "small", 100),
    Figure("APm", _ALL, "medium", 100),
    Figure("APl", _ALL, "large", 100),
    Figure("AR1", _ALL, "all", 1),
    Figure("AR10", _ALL, "all", 10),
    Figure("AR100", _ALL, "all", 100),
    Figure("ARs", _ALL, "small", 100),
    Figure("ARm", _ALL, "medium", 100),
    Figure("ARl", _ALL, "large", 100),
)
Ids = tuple[int | None, ...]


def pycocotools() -> tuple[Any, Any]:
    """The classes COCO and COCOeval; raises NotInstalled, with the extra that has them, where they are missing."""
    try:
        coco, judge = (importlib.import_module(f"pycocotools.{name}") for name in ("coco", "cocoeval"))
    except ModuleNotFoundError:
        raise NotInstalled("COCO's figures need pycocotools: pip install 'diptych[evaluate]'") from None
    return coco.COCO, judge.COCOeval


def categories_of(truth: Truth, labels: tuple[str, ...], whose: str) -> tuple[Ids, str | None]:
    """The number of each class's category in the file, by name, and a note where names did not decide.

    None is a class that the file does not have: what is found of it does not count. A detector whose classes have no
    names takes as many categories in the order of their numbers. Raises DiptychError where a category of a box is none
    of the detector's classes, or a name is there twice.
    """
    numbers = {name: number for number, name in truth.categories.items()}
    if len(numbers) < len(truth.categories):
        raise DiptychError("two categories of the annotations have one name; their boxes cannot be told apart")
    if nameless(labels):
        if len(labels) != len(numbers):
            raise DiptychError(
                f"{whose} has {len(labels)} classes without names, and the annotations {len(numbers)} categories; name "
                "the classes, --labels"
            )
        return tuple(sorted(truth.categories)), "the classes have no names: they are the categories by their numbers"
    used = dict.fromkeys(truth.categories[box["category_id"]] for box in truth.boxes)
    unknown = [printable(name, NAME) for name in used if name not in labels]
    if unknown:
        raise DiptychError(
            f"{whose} has no class of the name {first_few(unknown, 3)}, which the annotations have; its classes are "
            f"{first_few([printable(label, NAME) for label in labels], 3)}: name them as the file does, --labels"
        )
    return tuple(numbers.get(label) for label in labels), None


def results(found: Mapping[int, Detections], ids: Ids) -> list[dict[str, Any]]:
    """The boxes of each image, by its number, as COCO's results, without classes that the file does not have."""
    every = (entry for number, one in found.items() for entry in entries_of(number, one, ids))
    return [entry for entry in every if entry["category_id"] is not None]


def figures(truth: Truth, boxes: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """The figures by name, 0 to 1; None of an area that nothing has.

    Annotations are numbered anew from 1: pycocotools takes a box that is found for one that is not if its id is 0.
    """
    coco, judge = pycocotools()
    images = [{"id": number} for number in truth.images]
    categories = [{"id": number} for number in truth.categories]
    with contextlib.redirect_stdout(io.StringIO()):
        sides = []
        for entries in (truth.boxes, boxes):
            side = coco()
            numbered = [{**entry, "id": number} for number, entry in enumerate(entries, start=1)]
            side.dataset = {"images": images, "categories": categories, "annotations": numbered}
            side.createIndex()
            sides.append(side)
        judged = judge(*sides, "bbox")
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
    values = [float(value) for value in judged.stats]
    return {figure.name: None if value < 0 else value for figure, value in zip(FIGURES, values, strict=True)}
