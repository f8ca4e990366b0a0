"""Which registered networks meet a trap, at their own input size: counted once for all, since tracing all takes time.

`met.json` is written by `make write`, and a test holds it. What is not in it, a new network or a new trap, is traced.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..common.registry import networks, traced
from .catalogue import catalogue
from .trap import Trap, never

FILE = Path(__file__).with_name("met.json")


def meeting(trap: Trap) -> dict[str, int]:
    """The networks that meet a trap, with the number of nodes that do."""
    if trap.meets is never:
        return {}
    kept = _kept()
    place = kept["traps"].index(trap.id) if trap.id in kept["traps"] else None
    found = {}
    for name in networks():
        known = kept["networks"].get(name) if place is not None else None
        found[name] = known[place] if known is not None else len(places(trap, name))
    return {name: count for name, count in found.items() if count}


def places(trap: Trap, name: str) -> list[str]:
    """The paths of the nodes of a network that meet a trap."""
    return [] if trap.meets is never else trap.places(traced(name, {}))


def table(names: Sequence[str]) -> dict[str, Any]:
    """What the file should hold: the traps that any network can meet, and by network how many of its nodes do."""
    traps = [trap for trap in catalogue().values() if trap.meets is not never]
    counts = {name: [len(places(trap, name)) for trap in traps] for name in names}
    return {"traps": [trap.id for trap in traps], "networks": counts}


@functools.cache
def _kept() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
