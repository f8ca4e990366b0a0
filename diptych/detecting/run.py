"""A detector over many images with one model or two: where its files go, and what it finds in each image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.detection.letterbox import Placement
from ..common.errors import DiptychError
from ..common.spec import Array
from ..files.atomic import check_destination
from ..files.destinations import check_several
from .detector import ObjectDetector
from .picture import SUFFIXES, check_suffix
from .results import Detections

JSON = ".json"
Inputs = list[tuple[Path, tuple[Array, Placement]]]


@dataclass(frozen=True)
class Plan:
    """Where the picture of each image goes, if anywhere, and the JSON of all."""

    pictures: Mapping[Path, Path]
    json: Path | None = None


def plan(images: Sequence[Path], outputs: Sequence[Path], weights: Path, force: bool) -> Plan:
    """Where the results go: a .json, a picture of a single image, or a folder of pictures, NAME.png for each image.

    Raises DiptychError where several images have one picture, FileError where one of the files cannot be written.
    """
    pictures: dict[Path, Path] = {}
    document = None
    for output in outputs:
        suffix = output.suffix.lower()
        if suffix == JSON and not output.is_dir():
            document = output
        elif output.is_dir() or not suffix:
            pictures |= _in_folder(images, output)
        elif check_suffix(output) and len(images) > 1:
            raise DiptychError(f"{len(images)} images cannot be drawn on one picture, {output}; name a folder")
        else:
            pictures |= {images[0]: output}
    if len(outputs) > (document is not None) + bool(pictures):
        raise DiptychError(f"-o takes one .json and one picture ({', '.join(SUFFIXES)}) or folder, not several")
    targets = [path for path in (*pictures.values(), document) if path is not None]
    there = [path for path in targets if path.parent.exists() or path == document]
    check_several(there, weights, force)
    for path in there:
        for image in images:
            if image.name == path.name:
                check_destination(path, image, force)
    return Plan(pictures, document)


def _in_folder(images: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """A picture of each image in a folder; raises DiptychError where two would have one name."""
    found: dict[Path, Path] = {}
    taken: dict[Path, Path] = {}
    for image in images:
        target = folder / f"{image.stem}.png"
        if target in taken:
            raise DiptychError(f"{taken[target]} and {image} would both become {target}; draw them into two folders")
        taken[target] = image
        found[image] = target
    return found


def each(
    detector: ObjectDetector, models: Mapping[str, Any], images: Sequence[Path], batch: int
) -> Iterator[tuple[Path, dict[str, Detections] | DiptychError]]:
    """What every model finds in each image, or why the image cannot be read; `batch` of them are in memory at once.

    An image that cannot be read stops nothing; raises DiptychError where a model is not the network's.
    """
    waiting: Inputs = []
    for path in images:
        try:
            waiting.append((path, detector.prepared(path)))
        except DiptychError as error:
            yield path, error
        if len(waiting) == batch:
            yield from _run(detector, models, waiting)
            waiting.clear()
    yield from _run(detector, models, waiting)


def _run(
    detector: ObjectDetector, models: Mapping[str, Any], waiting: Inputs
) -> Iterator[tuple[Path, dict[str, Detections]]]:
    if not waiting:
        return
    found = {side: detector.run([prepared for _, prepared in waiting], model) for side, model in models.items()}
    for place, (path, _) in enumerate(waiting):
        yield path, {side: each[place] for side, each in found.items()}
