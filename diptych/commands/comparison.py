"""The command that holds two models to each other: compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..common.errors import DiptychError
from ..common.language import gettext, message
from .options import Channels, Classes, Settings, Size, asked
from .quiet import native_stderr_kept
from .reporting import (
    SCHEMA,
    Baseline,
    Fast,
    Gates,
    HtmlFile,
    JsonFile,
    JunitFile,
    Optimizer,
    Reporting,
    Steps,
    Update,
    check_optimizer,
)
from .streams import say

if TYPE_CHECKING:
    from ..opening.named import Asked

MODEL = (
    "FILE.py:FUNCTION or PACKAGE.MODULE:FUNCTION, whose code is run to make a model; a file of a whole model (.keras, "
    ".h5, .onnx, .safetensors of diptych's); or a registered network, for one of the two."
)
Batch = Annotated[
    str | None, typer.Option(metavar="SHAPE", help="Images of either framework, as 1x3x64x64 (N, C, H, W).")
]
Model = Annotated[str, typer.Argument(help=MODEL)]


def compare(
    one: Model,
    other: Model,
    weights: Annotated[
        Literal["as-is", "transfer"] | None,
        typer.Option(help="As they are, or those of the first put into a copy of the second."),
    ] = None,
    pair: Annotated[
        list[str] | None, typer.Option(metavar="LAYER=LAYER", help="A layer of each that belong together.")
    ] = None,
    pairs: Annotated[bool, typer.Option("--pairs", help="Show which layers belong together.")] = False,
    gates: Gates = None,
    fast: Fast = False,
    json_file: JsonFile = None,
    junit: JunitFile = None,
    html: HtmlFile = None,
    baseline: Baseline = None,
    update: Update = False,
    example: Batch = None,
    input_size: Size = None,
    in_channels: Channels = None,
    num_classes: Classes = None,
    option: Settings = None,
    steps: Steps = None,
    optimizer: Optimizer = "sgd",
) -> None:
    """Say whether two models are one function, in training too, and if not where they part, and why.

    Exit code 0 for the same, 1 for different, 2 where it cannot be told; with a baseline 0 for what is as there.
    """
    from ..checking.asked import asked_gates, gates_of
    from ..comparing.compare import GATES
    from ..comparing.compare import compare as run
    from ..opening.models import opened
    from . import output

    names, title = _pairs(pair or []), f"{one} and {other}"
    check_optimizer(optimizer)
    chosen = asked_gates(list(GATES), gates_of(gates), fast, always="outputs", steps=steps)
    wanted = _sized(asked(num_classes, in_channels, input_size, option, example))
    options = dict(wanted.options) | ({} if num_classes is None else {"num_classes": num_classes})
    reporting = Reporting("compare", json_file, junit, html, baseline, update)
    reporting.prepare([title])  # before work whose result could not be written after it
    with native_stderr_kept(), output.waiting(gettext("opening both models")) as told:
        models = opened(one, wanted), opened(other, wanted)
        found = run(*models, example=_batch(wanted), weights=weights, names=names, gates=chosen, fast=fast,
                    options=options, steps=steps, optimizer=optimizer, progress=told)  # fmt: skip
    if not reporting.quiet:
        say(*str(found).split("\n"), *(found.alignment_text().split("\n") if pairs else []))
    data = {"schema": SCHEMA, "models": [one, other], **found.to_dict()}
    if code := reporting.finish({title: found}, data):
        raise typer.Exit(code)


def _pairs(given: list[str]) -> dict[str, str]:
    """`--pair conv1=stem.conv` as names; raises DiptychError for anything else."""
    found: dict[str, str] = {}
    for text in given:
        mine, equals, theirs = text.partition("=")
        if not (mine and equals and theirs):
            raise DiptychError(
                message("--pair is LAYER=LAYER, a layer of the first and one of the second, not {text!r}", text=text)
            )
        found[mine] = theirs
    return found


def _sized(given: Asked) -> Asked:
    """What is asked, with the shape of a batch as a size: (N, C, H, W), whichever framework a model is of."""
    if given.example is None:
        return given
    if given.size is not None or given.in_channels is not None:
        raise DiptychError(
            message("--example says the size and the channels; leave out --input-size and --in-channels")
        )
    _, channels, height, width = given.example
    return replace(given, example=None, in_channels=channels, input_size=(height, width))


def _batch(given: Asked) -> tuple[int, ...] | None:
    """(N, C, H, W) of what is asked for, within the bounds of an example; None where nothing is."""
    from ..opening.named import example_of

    example_of(given, "tf")
    return None if given.size is None else (1, given.in_channels or 3, *given.size)


COMMANDS: dict[str, Callable[..., None]] = {"compare": compare}
