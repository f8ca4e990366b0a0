"""`diptych site`: all pages as one static site."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ..common.errors import DiptychError
from ..common.language import gettext, message
from ..waiting import waiting
from .quiet import native_stderr_kept
from .streams import say


def site(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of the site; a new one, or one of a site.")],
    only: Annotated[
        str, typer.Option("--only", metavar="NAMES", help="These networks alone, with commas between them.")
    ] = "",
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Processes at once.")] = 1,
    weights: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Weights, each file named as its network: feature maps of --photo with them."
        ),
    ] = None,
    photo: Annotated[Path | None, typer.Option(metavar="IMAGE", help="The photograph of the feature maps.")] = None,
) -> None:
    """Write a static site of all networks, families, traps and docs, which needs no server and no network."""
    from ..site.build import build
    from ..site.maps import photo as opened

    names = [name.strip() for name in only.split(",") if name.strip()]
    if only and not names:
        raise DiptychError(
            message("--only names networks with commas between them, such as resnet18,vgg16, not {value!r}", value=only)
        )
    if (weights is None) != (photo is None):
        raise DiptychError(message("feature maps take both, --weights FOLDER and --photo IMAGE"))
    maps = None if weights is None or photo is None else opened(photo, weights)
    with native_stderr_kept(), waiting(gettext("making the pages that are out of date")) as update:
        built = build(out, names, jobs, update, maps)
    said = gettext("{out}: {pages} pages, of {anew} networks anew, {size:.1f} MB; open {out}/index.html")
    say(said.format(out=out, pages=built.pages, anew=built.anew, size=built.size / 1e6))


COMMANDS: dict[str, Callable[..., None]] = {"site": site}
