"""The command that says what a file is: identify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..common.language import ENGLISH, gettext, spoken
from ..common.text import first_few
from ..conversion.answers import answer
from ..waiting import waiting
from .options import READ, Cfg, Json, Prefix
from .quiet import native_stderr_kept
from .streams import say
from .words import DIFFERENT, SAME, arg, leave

if TYPE_CHECKING:
    from ..conversion.identify import Identification

Source = Annotated[Path, arg(help=f"{READ}.")]


def identify(file: Source, as_json: Json = False, cfg: Cfg = None, prefix: Prefix = None) -> None:
    """Say what a checkpoint is, from its names and shapes: network, names, options, what is missing or too many."""
    plain = not as_json and cfg is None and prefix is None and spoken() == ENGLISH  # as the kept answers are
    if plain and (known := answer(file)) is not None:
        say(*(f"{file}{line}" if line.startswith(":") else line for line in known))
        return
    from ..conversion.identify import identify as run

    with native_stderr_kept(), waiting(gettext("reading {name}").format(name=file)):
        found = run(file, cfg, prefix)
    if as_json:
        from .output import data

        data(_identification(found))
    else:
        say(*(f"{file}{line}" if line.startswith(":") else line for line in lines(found)))
    leave(SAME if found.matches else DIFFERENT)


def lines(found: Identification) -> list[str]:
    """What is said of a file; its path is left out before a colon that begins a line."""
    said = [f": {_line(match)}" for match in found.matches]
    if len(found.matches) > 1:
        said.append(
            "  " + gettext("these networks have the same names and shapes; --network NAME says which one to convert")
        )
    if not found.matches:
        said.append(gettext("{file}: no network fits exactly; the nearest:").format(file=""))
    for match in found.runners_up[: 1 if found.matches else 3]:
        head = gettext("runner-up: ") if found.matches else ""
        said += [f"  {head}{_line(match)}", *_misfits(match)]
    return said + [gettext("  note: {note}").format(note=note) for note in found.notes]


def _line(match: Any) -> str:
    from ..conversion.identify import libraries

    options = "".join(f", {key}={value}" for key, value in match.net.options)
    also = f" (the same function as {', '.join(match.also)})" if match.also else ""
    share = f"{match.confidence:.1%}" if match.confidence < 1 else "100 %"
    names = "the order" if match.checkpoint.nameless else "the names"
    whose = "Darknet" if match.checkpoint.nameless else ", ".join(libraries(match))
    return f"{match.net.name}{options} in {names} of {whose}; {share} of the weights fit{also}"


def _misfits(match: Any) -> list[str]:
    parts = {"missing": match.missing, "extra": sorted(match.extra), "of another shape": match.misfits}
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
