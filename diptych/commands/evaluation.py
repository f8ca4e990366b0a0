"""`detect --evaluate`: COCO's figures of a detector on annotated images."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.errors import DiptychError
from ..common.language import gettext, message
from .progress import progress
from .quiet import native_stderr_kept
from .streams import say

if TYPE_CHECKING:
    from ..detecting.detector import ObjectDetector
    from ..detecting.results import Detections
    from ..detecting.truth import Truth

Opened = tuple["ObjectDetector", dict[str, Any], dict[str, Any]]
Figures = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Asked:
    """The annotations, the folder of their images, images at once, where results go, and how figures are printed."""

    annotations: Path
    folder: Path
    batch: int
    outputs: Sequence[Path]
    force: bool
    as_json: bool


def evaluated(asked: Asked, opened: Callable[[float], Opened], score: float | None) -> None:
    """Print the figures of a detector, which is opened once all else is known to fit; a column for each framework."""
    from ..detecting import evaluate, images
    from ..detecting.truth import located, read_truth
    from . import output as out

    images.pillow()
    evaluate.pycocotools()
    target = _target(asked)
    with native_stderr_kept():
        with out.waiting(gettext("reading {name}").format(name=asked.annotations)):
            truth = read_truth(asked.annotations)
            paths = located(truth, asked.folder)
        with out.waiting(gettext("reading the weights")):
            detector, models, info = opened(evaluate.SCORE if score is None else score)
        ids, note = evaluate.categories_of(truth, detector.labels, detector.net.name)
        found = _found(truth, paths, detector, models, asked.batch)
        with out.waiting(gettext("counting")):
            boxes = {side: evaluate.results(each, ids) for side, each in found.items()}
            figures = {side: evaluate.figures(truth, each) for side, each in boxes.items()}
    info = info | {"notes": [*info["notes"], *([note] if note else []), *_notes(truth)]}
    _write(target, next(iter(boxes.values())), asked.force)
    if asked.as_json:
        counts = {"images": len(truth.images), "boxes": len(truth.boxes), "categories": len(truth.categories)}
        out.data(info | {"annotations": asked.annotations.name} | counts | {"figures": figures})
    else:
        _report(truth, detector, info, figures)


def _found(
    truth: Truth, paths: Mapping[int, Path], detector: ObjectDetector, models: Mapping[str, Any], batch: int
) -> dict[str, dict[int, Detections]]:
    """What each framework finds on each image; raises DiptychError at the first that cannot be read or does not fit."""
    from ..detecting.run import each

    numbers = {path: number for number, path in paths.items()}
    found: dict[str, dict[int, Detections]] = {side: {} for side in models}
    with progress("detecting", len(paths)) as advance:
        for path, answer in each(detector, models, list(numbers), batch):
            if isinstance(answer, DiptychError):
                raise DiptychError(str(answer) if str(path) in str(answer) else f"{path}: {answer}")
            number = numbers[path]
            for side, one in answer.items():
                _require_size(path, truth.images[number][1], one.size)
                found[side][number] = one
            advance()
    return found


def _require_size(path: Path, said: tuple[int, int] | None, there: tuple[int, int]) -> None:
    if said is not None and said != there:
        raise DiptychError(
            message(
                "{path} has {height} x {width} pixels (height x width, turned as its EXIF says), and the "
                "annotations are for {rows} x {columns}",
                path=path,
                height=there[0],
                width=there[1],
                rows=said[0],
                columns=said[1],
            )
        )


def _target(asked: Asked) -> Path | None:
    """Where the results go; raises DiptychError for anything but one .json that can be written."""
    from ..files.atomic import check_destination

    if not asked.outputs:
        return None
    if len(asked.outputs) > 1 or asked.outputs[0].suffix.lower() != ".json":
        raise DiptychError(
            message("with --evaluate -o takes one .json, for the boxes as COCO's results; it draws no pictures")
        )
    check_destination(asked.outputs[0], asked.annotations, asked.force)
    return asked.outputs[0]


def _write(target: Path | None, boxes: Sequence[Mapping[str, Any]], force: bool) -> None:
    from ..files.atomic import replacing

    if target is not None:
        kept = [{key: box[key] for key in ("image_id", "category_id", "bbox", "score")} for box in boxes]
        with replacing(target, force=force) as staged:
            staged.write_text(json.dumps(kept) + "\n", encoding="utf-8")


def _notes(truth: Truth) -> list[str]:
    """What of the annotations shows in the figures."""
    notes = []
    if truth.empty:
        notes.append(f"{truth.empty} of the annotated boxes have no area: nothing that is found is one of them")
    if truth.bare:
        notes.append(f"{truth.bare} of the images have no annotation: all that is found on them is wrong")
    return notes


def _report(truth: Truth, detector: ObjectDetector, info: Mapping[str, Any], figures: Figures) -> None:
    """Print the table, and what it was measured with."""
    from ..detecting.evaluate import FIGURES
    from ..detecting.picture import NAMES
    from . import output as out

    sides = [NAMES[side] for side in figures]
    rows = []
    for figure in FIGURES:
        values = (each[figure.name] for each in figures.values())
        shown = ["-" if value is None else f"{100 * value:.1f}" for value in values]
        rows.append((figure.name, figure.iou, figure.area, str(figure.most), *shown))
    out.grid(("figure", "IoU", "area", "boxes", *(sides if len(sides) > 1 else ["percent"])), rows, 3)
    height, width = detector.size
    overlap = f"IoU up to {info['iou']:g}" if "iou" in info else f"soft-NMS with sigma {info['sigma']:g}"
    say(
        f"{len(truth.boxes)} boxes of {len(truth.categories)} categories in {len(truth.images)} images, by "
        f"{info['network']} in {' and '.join(sides)} at {height}x{width}, score above {info['score']:g}, {overlap}"
    )
    say(*(f"  note: {note}" for note in info["notes"]))
