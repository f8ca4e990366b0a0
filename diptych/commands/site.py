"""`diptych site`: all pages as one static site."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ..common.errors import DiptychError
from ..common.language import gettext, message
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
        raise DiptychError(
            message("--only names networks with commas between them, such as resnet18,vgg16, not {value!r}", value=only)
        )
    with waiting(gettext("making the pages that are out of date")) as update:
        built = build(out, names, jobs, update)
    said = gettext("{out}: {pages} pages, of {anew} networks anew, {size:.1f} MB; open {out}/index.html")
    say(said.format(out=out, pages=built.pages, anew=built.anew, size=built.size / 1e6))


COMMANDS: dict[str, Callable[..., None]] = {"site": site}
