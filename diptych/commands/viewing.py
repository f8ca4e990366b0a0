"""The commands that show: features of one network in both frameworks, and the diff of two files of weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..common.errors import DiptychError
from .border import DIFFERENT
from .options import Channels, Classes, Example, Force, Name, OneSize, Settings, Size, asked, chosen
from .quiet import native_stderr_kept
from .streams import say

if TYPE_CHECKING:
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
    how = {True: "the same in both frameworks", False: "DIFFERENT", None: "no verdict in float32, which rounds"}
    fitted = seen.fit.source if seen.fit else "this detector"
    say("", f"{seen.net.name}, the photograph fitted for {fitted}; {seen.weights}",
        f"{how[seen.same]}: the largest relative difference is {seen.worst.relative:.1e}, at {seen.worst.path} "
        f"({seen.dtype})")  # fmt: skip


COMMANDS: dict[str, Callable[..., None]] = {"features": features}
