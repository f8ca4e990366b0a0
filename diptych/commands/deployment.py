"""The commands that write a network for others to run: export, deploy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ..common.errors import DiptychError
from ..common.language import gettext, message
from .options import Cfg, Channels, Classes, Example, Force, Name, OneSize, Size, asked, chosen
from .quiet import native_stderr_kept
from .streams import say

if TYPE_CHECKING:
    from ..common.spec import Array, Net
    from ..opening.named import Asked

Weights = Annotated[
    Path,
    typer.Argument(
        metavar="[WEIGHTS]",
        help="A file of its weights, in any format that convert reads; files of whole models and code need none.",
    ),
]
OnnxFile = Annotated[Path | None, typer.Argument(metavar="OUT", help="The .onnx file to write.")]
Deployed = Annotated[
    Path | None,
    typer.Argument(
        metavar="OUT", help=".onnx, .pt2, .tflite, a weights file, or without a suffix a SavedModel's folder."
    ),
]
Dtype = Annotated[Literal["float32", "float64"], typer.Option(help="The numbers of the graph.")]
Opset = Annotated[int | None, typer.Option(help="The version of ONNX's operators.")]
Check = Annotated[bool, typer.Option(help="Run what was written.")]
Decode = Annotated[bool, typer.Option("--with-decode", help="Of a detector: with its boxes and scores inside.")]
Nms = Annotated[bool, typer.Option("--with-nms", help="Of a detector: with its boxes and their suppression inside.")]
Score = Annotated[float | None, typer.Option(help="With --with-nms: the score above which a box is a candidate.")]
Iou = Annotated[float | None, typer.Option(help="With --with-nms: the overlap above which a box is suppressed.")]
Boxes = Annotated[int | None, typer.Option("--max-boxes", help="With --with-nms: the number of boxes, at most.")]
Plain = Annotated[
    bool,
    typer.Option(
        "--plain-iou", help="With --with-nms: greedy by IoU where the detector has Darknet's DIoU or soft-NMS."
    ),
]
Labels = Annotated[
    Path | None, typer.Option(help="Of a detector: a text file of its classes, one a line, to put inside.")
]


def export(
    name: Name,
    weights: Weights,
    out: OnnxFile = None,
    dtype: Dtype = "float32",
    opset: Opset = None,
    check: Check = True,
    force: Force = False,
    num_classes: Classes = None,
    in_channels: Channels = None,
    input_size: Size = None,
    example: Example = None,
    one_size: OneSize = False,
    with_decode: Decode = False,
    with_nms: Nms = False,
    score: Score = None,
    iou: Iou = None,
    max_boxes: Boxes = None,
    plain_iou: Plain = False,
    labels: Labels = None,
    cfg: Cfg = None,
) -> None:
    """Write a network as an ONNX model, built from its spec without a framework, and run it."""
    from ..deployment.export import export as run
    from . import output

    place = _places(name, weights, out, force)
    wanted = asked(num_classes, in_channels, input_size, example=example, one_size=one_size)
    behind = _behind(with_decode, with_nms, score, iou, max_boxes, plain_iou, labels)
    with native_stderr_kept(), output.waiting(gettext("exporting {name}").format(name=place.shown)) as update:
        net, arrays, record, notes = _read(place, wanted, cfg)
        update(f"writing {place.out}")
        done = run(net, arrays, place.out, dtype=dtype, opset=opset, check=check, force=force, record=record, **behind)
    say(*str(done).splitlines())
    say(*(f"  note: {note}" for note in notes))


def deploy(
    name: Name,
    weights: Weights,
    out: Deployed = None,
    force: Force = False,
    num_classes: Classes = None,
    in_channels: Channels = None,
    input_size: Size = None,
    example: Example = None,
    one_size: OneSize = False,
    with_decode: Decode = False,
    with_nms: Nms = False,
    score: Score = None,
    iou: Iou = None,
    max_boxes: Boxes = None,
    plain_iou: Plain = False,
    labels: Labels = None,
    cfg: Cfg = None,
) -> None:
    """Fold batch normalisation into the convolutions, write the network for others to run, and run what was written."""
    from ..deployment.deploy import deploy as run
    from . import output

    place = _places(name, weights, out, force, folder=True)
    wanted = asked(num_classes, in_channels, input_size, example=example, one_size=one_size)
    behind = _behind(with_decode, with_nms, score, iou, max_boxes, plain_iou, labels)
    with native_stderr_kept(), output.waiting(gettext("reading {name}").format(name=place.shown)) as update:
        net, arrays, record, notes = _read(place, wanted, cfg)
        done = run(net, arrays, place.out, force=force, record=record, progress=update, **behind)
    say(*str(done).splitlines())
    say(*(f"  note: {note}" for note in notes))


def _behind(
    with_decode: bool,
    with_nms: bool,
    score: float | None,
    iou: float | None,
    max_boxes: int | None,
    plain_iou: bool,
    labels: Path | None,
) -> dict[str, Any]:
    """What is asked for behind the raw maps of a detector, in Python's words."""
    from ..detecting.labels import read_labels

    chosen = {"score": score, "iou": iou, "max_boxes": max_boxes, "plain_iou": plain_iou}
    named = read_labels(labels) if labels else None
    return {"with_decode": with_decode, "with_nms": with_nms, "labels": named, **chosen}


@dataclass(frozen=True)
class _Places:
    """What is named, a file of its weights where it needs one, and where to write."""

    name: str
    weights: Path | None
    out: Path

    @property
    def source(self) -> Path | None:
        """The file that must not be written over."""
        from ..opening.code import home_of, is_code

        return self.weights or (home_of(self.name) if is_code(self.name) else Path(self.name))

    @property
    def shown(self) -> str:
        return str(self.weights or self.name)


def _places(name: str, weights: Path, out: Path | None, force: bool, folder: bool = False) -> _Places:
    """The last path is that to write: a model of somebody's own has its weights, unless some are named.

    Raises DiptychError for a file that cannot be written there; of a `folder`, which has no suffix, nothing is said.
    """
    from ..files.atomic import check_destination
    from ..opening.code import is_code
    from ..opening.named import is_own

    own = is_own(name)
    if out is None and not own:
        verb, suffix = ("deploy", ".tflite") if folder else ("export", ".onnx")
        raise DiptychError(
            message(
                "{name} is a registered network: name a file of its weights, and then where to write, as "
                "in `diptych {verb} {name} {name}.pth {name}{suffix}`",
                name=name,
                verb=verb,
                suffix=suffix,
            )
        )
    if out is not None and own and not is_code(name):
        raise DiptychError(
            message("{name} has its weights already; name it and where to write, and no other file", name=name)
        )
    place = _Places(name, None, weights) if out is None else _Places(name, weights, out)
    if place.out.suffix or not folder:
        check_destination(place.out, place.source, force)
    return place


def _read(place: _Places, wanted: Asked, cfg: Path | None) -> tuple[Net, Mapping[str, Array], dict[str, Any], Any]:
    """(network, its weights, where they come from, notes) of what is named."""
    from ..common.dialect import OWN, dialect
    from ..conversion.configured import asked as configured
    from ..conversion.configured import check_configured, with_boxes
    from ..conversion.convert import load_source
    from ..conversion.report import record, versions
    from ..opening.named import is_own

    if is_own(place.name):
        if cfg is not None:
            raise DiptychError(message("--cfg is for files of registered networks"))
        result = chosen(place.name, wanted, place.weights).result
        assert result is not None  # noqa: S101 - of what is no registered name
        return result.net, result.weights, {"from": place.name, "versions": versions()}, result.notes
    assert place.weights is not None  # noqa: S101 - see `_places`
    wanted.refuse_own(place.name)
    options = {key: getattr(wanted, key) for key in ("num_classes", "in_channels", "input_size")}
    name, options, said = configured(cfg, place.name, options)
    found, given, sha256 = load_source(place.weights, name, options)
    notes = (*found.notes, *check_configured(said, found.net, place.weights))
    found = replace(found, checkpoint=with_boxes(found.checkpoint, said))
    return found.net, given.weights, record(found, found.net, dialect(OWN, found.net.name), sha256), notes


COMMANDS: dict[str, Callable[..., None]] = {"deploy": deploy, "export": export}
