"""The arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from .common.errors import DiptychError

Name = Annotated[str, typer.Argument(help="A registered network or alias (see `diptych list`).")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")]
Classes = Annotated[int | None, typer.Option(help="Number of classes of the head.")]
Channels = Annotated[int | None, typer.Option(help="Channels of the image.")]
Size = Annotated[str | None, typer.Option(metavar="HxW", help="Size of the image: 224 or 256x192 (height x width).")]
Force = Annotated[bool, typer.Option("--force", help="Write over an existing destination.")]


def size_of(text: str | None) -> int | tuple[int, int] | None:
    """224 or 256x192 as numbers (height, width); raises DiptychError for anything else."""
    if text is None:
        return None
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise DiptychError(f"--input-size is a number or HEIGHTxWIDTH, such as 224 or 256x192, not {text!r}")
    return int(parts[0]) if len(parts) == 1 else (int(parts[0]), int(parts[1]))
