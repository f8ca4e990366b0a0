"""`diptych site`: all pages as one static site."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ..common.errors import DiptychError
from ..waiting import waiting
from .streams import say


def site(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of the site; a new one, or one of a site.")],
    only: Annotated[
        str, typer.Option("--only", metavar="NAMES", help="These networks alone, with commas between them.")
    ] = "",
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Processes at once.")] = 1,
) -> None:
    """Write a static site of all networks, families, traps and docs, which needs no server and no network."""
    from ..site.build import build

    names = [name.strip() for name in only.split(",") if name.strip()]
    if only and not names:
        raise DiptychError(f"--only names networks with commas between them, such as resnet18,vgg16, not {only!r}")
    with waiting("making the pages that are out of date") as update:
        built = build(out, names, jobs, update)
    say(f"{out}: {built.pages} pages, of {built.anew} networks anew, {built.size / 1e6:.1f} MB; open {out}/index.html")


COMMANDS: dict[str, Callable[..., None]] = {"site": site}
