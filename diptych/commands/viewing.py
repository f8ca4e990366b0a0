"""The commands that show: features of one network in both frameworks, and the diff of two files of weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..common.errors import DiptychError
from ..common.language import gettext, local
from ..common.text import first_few
from .options import READ, Channels, Classes, Example, Force, Name, OneSize, Prefix, Settings, Size, asked, chosen
from .quiet import native_stderr_kept
from .reporting import STDOUT, JsonFile
from .streams import say
from .words import DIFFERENT

if TYPE_CHECKING:
    from ..viewing.changes import Changes
    from ..viewing.features import Features

Image = Annotated[Path, typer.Argument(metavar="IMAGE", help="A photograph: .jpg, .png, .webp, ...")]
Nodes = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A node, a block or a pattern such as 'layer?.*.add'; several times for more."),
]
Weights = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Weights in any format that convert reads; without, seeded ones.")
]
Page = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write a page, .html, or one picture, .png.")
]


def features(
    name: Name,
    image: Image,
    nodes: Nodes = None,
    weights: Weights = None,
    output: Page = None,
    float32: Annotated[
        bool, typer.Option("--float32", help="Run in float32, which shows its rounding and gives no verdict.")
    ] = False,
    like: Annotated[
        str | None,
        typer.Option(
            "--preprocessing", metavar="WORD", help="Fit the photograph for these weights of the card, such as timm."
        ),
    ] = None,
    force: Force = False,
    num_classes: Classes = None,
    in_channels: Channels = None,
    input_size: Size = None,
    option: Settings = None,
    example: Example = None,
    one_size: OneSize = False,
) -> None:
    """Show what both frameworks make of a photograph at chosen nodes: exit code 0 same, 1 different."""
    from ..detecting.images import read
    from ..files.atomic import check_destination
    from ..viewing.opened import see, with_weights
    from .output import waiting

    if output is not None:
        if output.suffix.lower() not in (".html", ".png"):
            raise DiptychError(f"-o writes a page, .html, or a picture, .png, not {output.name!r}")
        check_destination(output, image, force)
    wanted = asked(num_classes, in_channels, input_size, option, example, one_size)
    pixels = read(image)
    with native_stderr_kept(), waiting(f"reading {name}") as told:
        opened = with_weights(chosen(name, wanted, weights), wanted, weights)
        told("running both frameworks")
        seen = see(opened, pixels, nodes or [], like, "float32" if float32 else "float64")
        if output is not None:
            _written(seen, output, force)
    _report(seen)
    if seen.same is False:
        raise typer.Exit(DIFFERENT)


def _written(seen: Features, output: Path, force: bool) -> None:
    """Write the page, or the picture, whole or not at all."""
    from ..files.atomic import replacing

    if output.suffix.lower() == ".png":
        from ..viewing.sheet import sheet

        with replacing(output, force=force) as path:
            sheet(seen).save(path, format="PNG", optimize=True)
        return
    from ..viewing.page import page

    text = page(seen)
    with replacing(output, force=force) as path:
        path.write_text(text, encoding="utf-8")


def _report(seen: Features) -> None:
    """Print a row for each node, and the verdict."""
    from . import output as out

    rows = [(item.path, item.kind, " x ".join(map(str, item.shape)), f"{item.gap:.1e}", f"{item.relative:.1e}")
            for item in seen.nodes]  # fmt: skip
    out.grid(("node", "op", "shape", "difference", "relative"), rows, 2, ("op", "difference"))
    how = {True: gettext("the same in both frameworks"), False: gettext("DIFFERENT"),
           None: gettext("no verdict in float32, which rounds")}  # fmt: skip
    if seen.fit is None:
        fitted = gettext("the photograph fitted as the detector's authors do it")
    else:
        fitted = gettext("the photograph fitted for {source}").format(source=seen.fit.source)
    worst = gettext("the largest relative difference is {gap}, at {path} ({dtype})").format(
        gap=f"{seen.worst.relative:.1e}", path=seen.worst.path, dtype=seen.dtype
    )
    say("", f"{seen.net.name}, {fitted}", local(seen.weights), f"{how[seen.same]}: {worst}")


First = Annotated[Path, typer.Argument(metavar="A", help=f"{READ}.")]
Second = Annotated[Path, typer.Argument(metavar="B", help="Another, of any format and library.")]
SHOWN = 16
"""Rows of the table, of those that changed most."""


def diff(
    one: First,
    other: Second,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write a page, .html, with histograms.")
    ] = None,
    json_file: JsonFile = None,
    network: Annotated[str | None, typer.Option(help="The network of both, where the files do not tell.")] = None,
    prefix: Prefix = None,
    force: Force = False,
) -> None:
    """Show what changed between two files of weights, layer by layer: exit code 0 equal bits, 1 different, 2 no answer.

    They may be of any format, framework and library: a checkpoint and its conversion have the same bits.
    """
    from ..files.destinations import check_destination, check_several
    from ..viewing.changes import changes
    from ..viewing.files import opened
    from .output import waiting

    if output is not None and output.suffix.lower() != ".html":
        raise DiptychError(f"-o writes a page, .html, not {output.name!r}; --json FILE writes the figures")
    printed = str(json_file) == STDOUT
    written = [path for path in (output, None if printed else json_file) if path is not None]
    check_several(written, force=force)
    for path in written:
        for source in (one, other):
            check_destination(path, source, force)
    with native_stderr_kept(), waiting(f"reading {one} and {other}") as told:
        files = opened(one, other, network, prefix)
        told("comparing")
        found = changes(*files)
    _kept(found, output, json_file, written, force)
    if not printed:
        _told(found)
    if not found.same:
        raise typer.Exit(DIFFERENT)


def _kept(found: Changes, output: Path | None, json_file: Path | None, written: list[Path], force: bool) -> None:
    """Write the page and the figures, both or none; print the figures where that is asked."""
    from ..files.atomic import transaction

    if json_file is not None and json_file not in written:
        from .output import data

        data(found.to_dict())
    if not written:
        return
    with transaction(written, force=force) as staged:
        if output is not None:
            from ..viewing.diff_page import page

            staged[output].write_text(page(found), encoding="utf-8")
        if json_file is not None and json_file in staged:
            staged[json_file].write_text(json.dumps(found.to_dict(), indent=2) + "\n", encoding="utf-8")


def _told(found: Changes) -> None:
    """Print what changed most, and the rest in numbers."""
    from . import output as out

    rows = [(item.name, " x ".join(map(str, item.shape)) or "1", f"{item.norms[0]:.4g}", f"{item.norms[1]:.4g}",
             f"{item.relative:.1e}", f"{item.most:.1e}") for item in found.changed[:SHOWN]]  # fmt: skip
    if rows:
        header = ("tensor", "shape", "norm A", "norm B", "relative change", "largest")
        out.grid(header, rows, 1, ("largest", "shape"))
    more = len(found.changed) - len(rows)
    say(
        *([gettext("and {count} more that changed less; -o diff.html shows them").format(count=more)] if more else []),
        *([""] if rows else []),
    )
    for file, names in zip(found.files, found.alone, strict=True):
        if names:
            say(gettext("only in {file}: {names}").format(file=file.path, names=first_few(list(names), 6)))
    shapes = [f"{name} {'x'.join(map(str, a))} and {'x'.join(map(str, b))}" for name, (a, b) in found.reshaped.items()]
    if shapes:
        say(gettext("of another shape: {names}").format(names=first_few(shapes, 6)))
    say(f"A  {found.files[0]}", f"B  {found.files[1]}")
    say(
        *(
            "  " + gettext("note: {note}").format(note=note)
            for note in dict.fromkeys(note for file in found.files for note in file.notes)
        )
    )
    say(f"{gettext('the same') if found.same else gettext('DIFFERENT')}: {found.counts()}")


COMMANDS: dict[str, Callable[..., None]] = {"features": features, "diff": diff}
