"""The commands about checkpoints: identify, convert and verify; the first two have files of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from ..common.language import gettext
from .converting import convert
from .identifying import identify
from .quiet import native_stderr_kept
from .streams import say
from .words import BAD, DIFFERENT, arg, leave, opt


def verify(
    file: Annotated[Path, arg(help="A file that diptych converted.")],
    fast: Annotated[bool, opt("--fast", help="Check in float32, not in float64.")] = False,
    result_only: Annotated[
        bool, opt("--result-only", help="Ask for no source: hold the file against its report, and run it.")
    ] = False,
) -> None:
    """Repeat the proof of a conversion: 0 the source's weights and function, 1 not so, 2 there is no such source."""
    from ..conversion.verify import verify as run
    from . import output

    with native_stderr_kept(), output.waiting(gettext("verifying {name}").format(name=file)):
        found = run(file, "float32" if fast else "float64", result_only)
    say(*str(found).splitlines())
    if not found.passed:
        leave(BAD if found.unknown else DIFFERENT)


COMMANDS: dict[str, Callable[..., None]] = {"convert": convert, "identify": identify, "verify": verify}
