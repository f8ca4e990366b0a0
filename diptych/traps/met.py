"""Which registered networks meet a trap, at their own input size: counted once for all, since tracing all takes time.

`met.json` is written by `make write`, and a test holds it. What is not in it, a new network or a new trap, is traced.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.listed import networks

if TYPE_CHECKING:
    from .known import Entry
    from .trap import Trap

FILE = Path(__file__).with_name("met.json")


def meeting(trap: Trap | Entry) -> dict[str, int]:
    """The networks that meet a trap, with the number of nodes that do."""
    if not trap.anywhere:
        return {}
    kept = _kept()
    place = kept["traps"].index(trap.id) if trap.id in kept["traps"] else None
    found = {}
    for name in networks():
        known = kept["networks"].get(name) if place is not None else None
        found[name] = known[place] if known is not None else len(places(trap, name))
    return {name: count for name, count in found.items() if count}


def places(trap: Trap | Entry, name: str) -> list[str]:
    """The paths of the nodes of a network that meet a trap."""
    from ..common.registry import traced

    return trap.places(traced(name, {})) if trap.anywhere else []


def table(names: Sequence[str]) -> dict[str, Any]:
    """What the file should hold: the traps that any network can meet, and by network how many of its nodes do."""
    from .catalogue import catalogue

    traps = [trap for trap in catalogue().values() if trap.anywhere]
    counts = {name: [len(places(trap, name)) for trap in traps] for name in names}
    return {"traps": [trap.id for trap in traps], "networks": counts}


@functools.cache
def _kept() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
