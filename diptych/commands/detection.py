"""The command that finds things in pictures: detect."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..common.errors import DiptychError, FileError
from ..common.language import gettext, message
from .options import Cfg, Classes, Force, Json, size_of
from .progress import progress
from .quiet import native_stderr_kept
from .streams import complain, say
from .words import BAD, DIFFERENT

if TYPE_CHECKING:
    from ..detecting.detector import ObjectDetector
    from ..detecting.results import Detections, Difference
    from ..detecting.run import Plan

Found = dict[Path, "dict[str, Detections]"]
Images = Annotated[
    list[Path] | None, typer.Argument(metavar="[IMAGE...]", help="Pictures, or folders of them; none with --evaluate.")
]
Weights = Annotated[Path, typer.Option(help="A file of the detector's weights, in any format that convert reads.")]
Network = Annotated[str | None, typer.Option(help="The detector, where the file does not tell.")]
Framework = Annotated[
    str, typer.Option(metavar="torch|tf|both|numpy", help="Who runs it; both are held against each other.")
]
Score = Annotated[float | None, typer.Option(help="Only boxes of a higher score, 0 to 1.")]
Iou = Annotated[
    float | None,
    typer.Option(
        help="Of boxes of a class that overlap more than this, 0 to 1, the best; of EfficientDet, of boxes of any "
        "class, in place of its soft-NMS."
    ),
]
Labels = Annotated[Path | None, typer.Option(help="A file with the name of a class on each line.")]
InputSize = Annotated[
    str | None, typer.Option("--input-size", "--size", metavar="HxW", help="Size of the network's input.")
]
Batch = Annotated[int, typer.Option(min=1, help="Images that are in memory at once.")]
Output = Annotated[
    list[Path] | None,
    typer.Option("-o", "--output", help="Write a picture (.png, .jpg), a folder of them, or a .json."),
]
Evaluate = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="COCO's twelve figures on the images of this file of annotations (instances)."),
]
Folder = Annotated[
    Path | None,
    typer.Option("--images", metavar="FOLDER", help="With --evaluate: where the images are, if not beside the file."),
]


def detect(
    weights: Weights,
    images: Images = None,
    network: Network = None,
    cfg: Cfg = None,
    framework: Framework = "torch",
    score: Score = None,
    iou: Iou = None,
    labels: Labels = None,
    size: InputSize = None,
    batch: Batch = 8,
    output: Output = None,
    force: Force = False,
    num_classes: Classes = None,
    evaluate: Evaluate = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Find things in pictures with a detector in either framework: a table, drawn boxes, COCO's JSON and figures."""
    source, options = (weights, network, cfg), {"num_classes": num_classes, "input_size": size_of(size)}
    if evaluate is not None:
        from .evaluation import Asked, evaluated

        if images:
            raise DiptychError(
                message("with --evaluate the images are those of the annotations; say where they are: --images")
            )
        asked = Asked(evaluate, folder or evaluate.parent, batch, output or [], force, as_json)
        evaluated(asked, lambda score: opened_for(source, framework, options, (score, iou, labels)), score)
        return
    if not images or folder is not None or as_json:
        raise DiptychError(
            "--images and --json go with --evaluate" if images else "name a picture, a folder of them, or --evaluate"
        )
    from ..detecting import images as reading
    from ..detecting.run import plan
    from . import output as out

    reading.pillow()
    paths = list(dict.fromkeys(reading.files(images)))
    places = plan(paths, output or [], weights, force)
    with native_stderr_kept():
        with out.waiting(gettext("reading {name}").format(name=weights)):
            detector, models, info = opened_for(source, framework, options, (score, iou, labels))
        found, total, errors = _found(detector, models, paths, batch, places, force)
    complain(*errors)
    _report(found, detector, info, total)
    _write(paths, found, detector, places, info | _said(total, len(models)), force)
    if errors:
        complain(gettext("{bad} of {count} images could not be read").format(bad=len(errors), count=len(paths)))
        raise typer.Exit(BAD)
    if not total.same:
        raise typer.Exit(DIFFERENT)


def _found(
    detector: ObjectDetector, models: dict[str, Any], paths: list[Path], batch: int, places: Plan, force: bool
) -> tuple[Found, Difference, list[str]]:
    """(what is on each picture, how far two frameworks are apart, errors), with the boxes drawn where that is asked."""
    from ..detecting.results import Difference, compare
    from ..detecting.run import each

    found: Found = {}
    total, errors = Difference(), list[str]()
    with progress("detecting", len(paths)) as advance:
        for path, answer in each(detector, models, paths, batch):
            if isinstance(answer, DiptychError):
                errors.append(f"error: {_named(path, answer)}")
            else:
                found[path] = answer
                total += compare(*answer.values()) if len(answer) == 2 else Difference()
                _draw(path, answer, places, force)
            advance()
    return found, total, errors


def opened_for(
    source: tuple[Path, str | None, Path | None], framework: str, options: dict[str, Any], given: tuple[Any, Any, Any]
) -> tuple[ObjectDetector, dict[str, Any], dict[str, Any]]:
    """(detector, model by side, what is said of both) of (weights, network, .cfg)."""
    from .. import backends
    from ..detecting.opened import opened

    sides = ["torch", "tf"] if framework == "both" else [framework]
    sides = [side if side == "numpy" else backends.key_of(side) for side in sides]
    detector, arrays, info = opened(*source, options, *given)
    models = {side: arrays if side == "numpy" else backends.get(side).build(detector.net, arrays) for side in sides}
    return detector, models, info | {"framework": sides[0]}


def _named(path: Path, error: DiptychError) -> str:
    """What is said of an image, with its path."""
    return str(error) if str(path) in str(error) else f"{path}: {error}"


def _draw(path: Path, answer: dict[str, Detections], places: Plan, force: bool) -> None:
    """Draw the boxes on the picture, which is read again: large ones are not kept in memory."""
    from ..detecting import picture
    from ..detecting.images import read

    target = places.pictures.get(path)
    if target is None:
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            message("cannot make the folder {parent}: {why}", parent=target.parent, why=error.strerror)
        ) from None
    one = next(iter(answer.values()))
    drawn = picture.draw_both(read(path), answer) if len(answer) == 2 else picture.draw(read(path), one)
    picture.save(drawn, target, force)


def _report(found: Found, detector: ObjectDetector, info: dict[str, Any], total: Difference) -> None:
    """Print a row for each box, and what they were found with."""
    from ..detecting.picture import NAMES
    from . import output as out

    both = [answer for answer in found.values() if len(answer) == 2]
    header: tuple[str, ...] = ("image", "label", "box: x1 y1 x2 y2", "score")
    if both:
        header = (*header[:3], *(f"score in {NAMES[side]}" for side in both[0]), "pixels apart")
    if found:
        out.grid(header, [row for path, answer in found.items() for row in _rows(path, answer)], 2)
    boxes = sum(len(next(iter(answer.values()))) for answer in found.values())
    height, width = detector.size
    overlap = f"IoU up to {info['iou']:g}" if "iou" in info else f"soft-NMS with sigma {info['sigma']:g}"
    say(
        f"{_count(boxes, 'box')} in {_count(len(found), 'image')} by {info['network']} at {height}x{width}, "
        f"score above {info['score']:g}, {overlap}"
    )
    say(*(f"  note: {note}" for note in info["notes"]))
    if both:
        say(
            f"both frameworks find {total.shared} of them; the largest difference is {total.pixels:.2g} pixels and "
            f"{total.score:.2g} of score; only PyTorch finds {total.first}, only TensorFlow {total.second}"
        )


def _rows(path: Path, answer: dict[str, Detections]) -> list[tuple[str, ...]]:
    """The rows of an image; one with dashes where nothing was found."""
    from ..detecting.results import apart, pairs

    first, *others = answer.values()
    rows = list[tuple[str, ...]]()
    if not others:
        for index in range(len(first)):
            rows.append((str(path), first.labels[index], _box(first, index), f"{first.scores[index]:.3f}"))
        return rows or [(str(path), "-", "-", "-")]
    for pair in pairs(first, others[0]):
        two = [(side, place) for side, place in zip((first, others[0]), pair, strict=True) if place is not None]
        scores = [
            "-" if place is None else f"{side.scores[place]:.6f}"
            for side, place in zip((first, others[0]), pair, strict=True)
        ]
        gap = f"{apart(first, others[0], pair)[0]:.1e}" if len(two) == 2 else "-"
        shown, index = two[0]
        rows.append((str(path), shown.labels[index], _box(shown, index), *scores, gap))
    return rows or [(str(path), *"-----")]


def _box(found: Detections, index: int) -> str:
    return " ".join(f"{value:.0f}" for value in found.clipped[index])


def _count(number: int, what: str) -> str:
    """A number of things in words: 1 box, 2 boxes, 3 images."""
    return f"{number} {what}{'' if number == 1 else 'es' if what.endswith('x') else 's'}"


def _said(total: Difference, models: int) -> dict[str, Any]:
    if models < 2:
        return {}
    alone = {"only_torch": total.first, "only_tf": total.second}
    return {"difference": {"pixels": total.pixels, "score": total.score, "shared": total.shared, **alone}}


def _write(
    paths: list[Path], found: Found, detector: ObjectDetector, places: Plan, info: dict[str, Any], force: bool
) -> None:
    """Write the JSON, if one is asked for and any image could be read."""
    from .. import __version__
    from ..detecting.coco import document, image_ids
    from ..files.atomic import replacing

    if places.json is None or not found:
        return
    numbers = dict(zip(paths, image_ids(paths), strict=True))
    boxes = [(numbers[path], path, next(iter(answer.values()))) for path, answer in found.items()]
    info = {"description": f"boxes by diptych {__version__}"} | info
    with replacing(places.json, force=force) as staged:
        staged.write_text(json.dumps(document(boxes, detector.labels, info)) + "\n", encoding="utf-8")


COMMANDS: dict[str, Callable[..., None]] = {"detect": detect}
