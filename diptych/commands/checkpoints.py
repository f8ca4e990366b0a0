"""The commands about checkpoints: identify and verify; `convert` has a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ..common.language import gettext
from ..common.text import first_few
from .border import BAD, DIFFERENT
from .converting import convert
from .options import READ, Cfg, Json, Prefix
from .quiet import native_stderr_kept
from .streams import say

Source = Annotated[Path, typer.Argument(help=f"{READ}.")]


def identify(file: Source, as_json: Json = False, cfg: Cfg = None, prefix: Prefix = None) -> None:
    """Say what a checkpoint is, from its names and shapes: network, names, options, what is missing or too many."""
    from ..conversion.identify import identify as run
    from . import output

    with native_stderr_kept(), output.waiting(gettext("reading {name}").format(name=file)):
        found = run(file, cfg, prefix)
    if as_json:
        output.data(_identification(found))
        raise typer.Exit(0 if found.matches else 1)
    for match in found.matches:
        say(f"{file}: {_line(match)}")
    if len(found.matches) > 1:
        say("  " + gettext("these networks have the same names and shapes; --network NAME says which one to convert"))
    if not found.matches:
        say(gettext("{file}: no network fits exactly; the nearest:").format(file=file))
    for match in found.runners_up[: 1 if found.matches else 3]:
        head = gettext("runner-up: ") if found.matches else ""
        say(f"  {head}{_line(match)}", *_misfits(match))
    say(*(gettext("  note: {note}").format(note=note) for note in found.notes))
    if not found.matches:
        raise typer.Exit(1)


def verify(
    file: Annotated[Path, typer.Argument(help="A file that diptych converted.")],
    fast: Annotated[bool, typer.Option("--fast", help="Check in float32, not in float64.")] = False,
    result_only: Annotated[
        bool, typer.Option("--result-only", help="Ask for no source: hold the file against its report, and run it.")
    ] = False,
) -> None:
    """Repeat the proof of a conversion: 0 the source's weights and function, 1 not so, 2 there is no such source."""
    from ..conversion.verify import verify as run
    from . import output

    with native_stderr_kept(), output.waiting(gettext("verifying {name}").format(name=file)):
        found = run(file, "float32" if fast else "float64", result_only)
    say(*str(found).splitlines())
    if not found.passed:
        raise typer.Exit(BAD if found.unknown else DIFFERENT)


def _line(match: Any) -> str:
    from ..conversion.identify import libraries

    options = "".join(f", {key}={value}" for key, value in match.net.options)
    also = f" (the same function as {', '.join(match.also)})" if match.also else ""
    share = f"{match.confidence:.1%}" if match.confidence < 1 else "100 %"
    names = "the order" if match.checkpoint.nameless else "the names"
    whose = "Darknet" if match.checkpoint.nameless else ", ".join(libraries(match))
    return f"{match.net.name}{options} in {names} of {whose}; {share} of the weights fit{also}"


def _misfits(match: Any) -> list[str]:
    parts = {"missing": match.missing, "extra": match.extra, "of another shape": match.misfits}
    parts["in its layers"] = match.wires or ()
    return [f"    {len(names)} {what}: {first_few(names, 4)}" for what, names in parts.items() if names]


def _identification(found: Any) -> dict[str, Any]:
    from ..conversion.identify import libraries

    def described(match: Any) -> dict[str, Any]:
        return {
            "network": match.net.name,
            "also": list(match.also),
            "names": libraries(match),
            "options": dict(match.net.options),
            "confidence": match.confidence,
            "missing": list(match.missing),
            "extra": list(match.extra),
            "misfits": list(match.misfits),
            "layers": list(match.wires or ()),
        }

    return {
        "path": str(found.path),
        "exact": [described(match) for match in found.matches],
        "runners_up": [described(match) for match in found.runners_up],
        "notes": list(found.notes),
    }


COMMANDS: dict[str, Callable[..., None]] = {"convert": convert, "identify": identify, "verify": verify}
