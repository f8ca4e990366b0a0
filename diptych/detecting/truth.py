"""What there is on pictures, out of a file of COCO's format (instances): held to what evaluation needs, and no more.

A box of no area stays: COCO's own files have some, and pycocotools counts each as a thing that is never found. An image
without annotations stays, too: what is found on it is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeGuard

from ..common.errors import FileError
from ..common.text import NAME, first_few, printable
from ..files import bounded_json
from ..files.kinds import read_small

MOST, VALUES = 1 << 29, 32_000_000
"""Bytes of a file, and values in it: COCO's 5,000 images of 2017 have 20 MB and 3.6 million."""
LARGEST = 1 << 62
"""From here on a number is none that COCO's code takes; NaN is below nothing."""
KEYS = ("images", "annotations", "categories")
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Truth:
    """The images, by number (name, height and width where they are said), the boxes, and the categories by number.

    A box is a dict of image_id, category_id, bbox [x, y, width, height], area and iscrowd.
    """

    images: Mapping[int, tuple[str, tuple[int, int] | None]]
    boxes: tuple[dict[str, Any], ...]
    categories: Mapping[int, str]

    @property
    def empty(self) -> int:
        """How many boxes have no area."""
        return sum(not (box["bbox"][2] and box["bbox"][3]) for box in self.boxes)

    @property
    def bare(self) -> int:
        """How many images have no annotation."""
        return len(self.images.keys() - {box["image_id"] for box in self.boxes})


def read_truth(path: Path) -> Truth:
    """The truth in a file; raises FileError, with the first place that does not fit, where it is no such file."""
    data = read_small(path, MOST, "a file of annotations")
    try:
        found = bounded_json.loads(data, VALUES)
    except (ValueError, UnicodeDecodeError) as error:
        raise FileError(f"{path} is no JSON that can be read: {printable(str(error), NAME)}") from None
    if isinstance(found, list):
        raise FileError(
            f"{path} is a list, as results are; expected a data set of COCO's: images, annotations, categories"
        )
    if not isinstance(found, dict) or not all(isinstance(found.get(key), list) for key in KEYS):
        missing = [key for key in KEYS if not isinstance(found, dict) or not isinstance(found.get(key), list)]
        raise FileError(f"{path} is no data set of COCO's: it has no list {' and no list '.join(missing)}")
    for key in KEYS:
        if not found[key]:
            raise FileError(f"{path}: its {key} are empty, so that there is nothing to measure")
    images = {number: _image(path, place, entry) for place, number, entry in _numbered(path, "images", found)}
    twice = [name for name, count in Counter(PurePosixPath(name) for name, _ in images.values()).items() if count > 1]
    if twice:
        raise FileError(f"{path}: two images have the file_name {printable(str(twice[0]), NAME)}")
    categories = {number: _name(path, place, entry) for place, number, entry in _numbered(path, "categories", found)}
    boxes = [
        _box(f"{path}: annotations[{place}]", entry, images, categories)
        for place, entry in enumerate(found["annotations"])
    ]
    return Truth(images, tuple(boxes), categories)


def located(truth: Truth, folder: Path) -> dict[int, Path]:
    """Where each image is; raises FileError where one is missing: of others alone the figures would be other ones."""
    paths = {number: folder / name for number, (name, _) in truth.images.items()}
    missing = [str(path) for path in paths.values() if not path.is_file()]
    if missing:
        raise FileError(
            f"{len(missing)} of {len(paths)} images are not there: {first_few(missing, 2)}; give their folder, --images"
        )
    return paths


def _numbered(path: Path, key: str, found: Mapping[str, list[Any]]) -> Iterable[tuple[str, int, Entry]]:
    """(place in the file, number, entry) of each entry; raises FileError for numbers that are none, or there twice."""
    seen = set[int]()
    for index, entry in enumerate(found[key]):
        place = f"{key}[{index}]"
        number: Any = entry.get("id") if isinstance(entry, dict) else None
        if not _is_whole(number):
            raise FileError(f"{path}: {place} has the id {_shown(number)}, expected a whole number")
        if number in seen:
            raise FileError(f"{path}: {place} has the id {number} of another entry")
        seen.add(number)
        yield place, number, entry


def _image(path: Path, place: str, entry: Entry) -> tuple[str, tuple[int, int] | None]:
    name = entry.get("file_name")
    if not isinstance(name, str) or not name or "\0" in name:
        raise FileError(f"{path}: {place} has the file_name {_shown(name)}, expected a text")
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts:
        raise FileError(f"{path}: {place} has a file_name outside of the images' folder, {printable(name, NAME)}")
    height, width = entry.get("height"), entry.get("width")
    if height is None and width is None:
        return name, None
    if not (_is_whole(height) and _is_whole(width) and height > 0 and width > 0):
        raise FileError(
            f"{path}: {place} has height and width {_shown((height, width))}, expected whole numbers above 0"
        )
    return name, (height, width)


def _name(path: Path, place: str, entry: Entry) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise FileError(f"{path}: {place} has the name {_shown(name)}, expected a text")
    return name


def _box(where: str, entry: Any, images: Mapping[int, Any], categories: Mapping[int, str]) -> dict[str, Any]:
    """An annotation as evaluation needs it."""
    if not isinstance(entry, dict):
        raise FileError(f"{where} is {_shown(entry)}, expected an object")
    for key, known, what in (("image_id", images, "image"), ("category_id", categories, "category")):
        if not _is_whole(entry.get(key)) or entry[key] not in known:
            raise FileError(f"{where} has the {key} {_shown(entry.get(key))}, which is no {what} of the file")
    box = entry.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(map(_is_number, box)) or min(box[2:]) < 0:
        raise FileError(f"{where} has the bbox {_shown(box)}, expected [x, y, width, height], each side 0 or more")
    area = entry.get("area", box[2] * box[3])
    if not _is_number(area) or area < 0:
        raise FileError(f"{where} has the area {_shown(area)}, expected a number of 0 or more")
    crowd = entry.get("iscrowd", 0)
    if crowd not in (0, 1):
        raise FileError(f"{where} has iscrowd {_shown(crowd)}, expected 0 or 1")
    return {key: entry[key] for key in ("image_id", "category_id", "bbox")} | {"area": area, "iscrowd": int(crowd)}


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < LARGEST


def _shown(value: Any) -> str:
    return printable(repr(value), NAME)
