"""The commands that write a network for others to run: export, deploy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ..common.spec import Array, Net
from .checkpoints import Cfg
from .options import Channels, Classes, Force, Name, Size, size_of
from .quiet import native_stderr_kept
from .streams import say

Weights = Annotated[Path, typer.Argument(help="A file of its weights, in any format and names that convert reads.")]
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
    out: Annotated[Path, typer.Argument(help="The .onnx file to write.")],
    dtype: Annotated[Literal["float32", "float64"], typer.Option(help="The numbers of the graph.")] = "float32",
    opset: Annotated[int | None, typer.Option(help="The version of ONNX's operators.")] = None,
    check: Check = True,
    force: Force = False,
    num_classes: Classes = None,
    in_channels: Channels = None,
    input_size: Size = None,
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
    from ..files.atomic import check_destination
    from . import output

    check_destination(out, weights, force)
    options = {"num_classes": num_classes, "in_channels": in_channels, "input_size": size_of(input_size)}
    behind = _behind(with_decode, with_nms, score, iou, max_boxes, plain_iou, labels)
    with native_stderr_kept(), output.waiting(f"exporting {weights}") as update:
        net, arrays, record, notes = _read(weights, name, options, cfg)
        update(f"writing {out}")
        done = run(net, arrays, out, dtype=dtype, opset=opset, check=check, force=force, record=record, **behind)
    say(*str(done).splitlines())
    say(*(f"  note: {note}" for note in notes))


def deploy(
    name: Name,
    weights: Weights,
    out: Annotated[
        Path, typer.Argument(help=".onnx, .pt2, .tflite, a weights file, or without a suffix a SavedModel's folder.")
    ],
    force: Force = False,
    num_classes: Classes = None,
    in_channels: Channels = None,
    input_size: Size = None,
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
    from ..files.atomic import check_destination
    from . import output

    if out.suffix:
        check_destination(out, weights, force)
    options = {"num_classes": num_classes, "in_channels": in_channels, "input_size": size_of(input_size)}
    behind = _behind(with_decode, with_nms, score, iou, max_boxes, plain_iou, labels)
    with native_stderr_kept(), output.waiting(f"reading {weights}") as update:
        net, arrays, record, notes = _read(weights, name, options, cfg)
        done = run(net, arrays, out, force=force, record=record, progress=update, **behind)
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


def _read(
    path: Path, name: str, options: Mapping[str, Any], cfg: Path | None
) -> tuple[Net, Mapping[str, Array], dict[str, Any], Any]:
    """(network, its weights, where they come from, notes) of a file."""
    from ..common.dialect import OWN, dialect
    from ..conversion.configured import asked, check_configured, with_boxes
    from ..conversion.convert import load_source
    from ..conversion.report import record

    chosen, options, said = asked(cfg, name, options)
    found, given, sha256 = load_source(path, chosen, options)
    notes = (*found.notes, *check_configured(said, found.net, path))
    found = replace(found, checkpoint=with_boxes(found.checkpoint, said))
    return found.net, given.weights, record(found, found.net, dialect(OWN, found.net.name), sha256), notes


COMMANDS: dict[str, Callable[..., None]] = {"deploy": deploy, "export": export}
