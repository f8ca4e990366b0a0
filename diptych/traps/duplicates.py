"""Near duplicates in the catalogue: two traps that say the same, or whose twins do the same."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable

from .trap import Trap

LIMITS = {"title": 0.95, "definitions and rule": 0.75, "twin": 0.8}
"""From which overlap on two traps count as nearly the same; the nearest pairs of today have 0.91, 0.71 and 0.75."""


def near_duplicates(traps: Iterable[Trap]) -> list[str]:
    """One message per pair of traps that are nearly the same, with both names and what they share."""
    sets = {trap.id: _sets(trap) for trap in traps}
    return [
        f"the trap {b!r} is nearly the trap {a!r}: {shared}; drop it and extend {a!r}, or say what differs"
        for a, b in itertools.combinations(sets, 2)
        if (shared := _shared(sets[a], sets[b]))
    ]


def _sets(trap: Trap) -> dict[str, set[str]]:
    return {"title": words(trap.title), "definitions and rule": definitions(trap), "twin": statements(trap)}


def _shared(a: dict[str, set[str]], b: dict[str, set[str]]) -> str:
    shares = {what: overlap(a[what], b[what]) for what in LIMITS}
    return ", ".join(f"{share:.0%} of the {what}" for what, share in shares.items() if share >= LIMITS[what])


def overlap(a: set[str], b: set[str]) -> float:
    """The share of two sets that is in both, 0 to 1."""
    return len(a & b) / max(len(a | b), 1)


def words(text: str) -> set[str]:
    """The words and numbers of a text, in small letters."""
    return set(re.findall(r"[\w.]*\w", text.lower()))


def definitions(trap: Trap) -> set[str]:
    """The words of the title, of both definitions and of the rule."""
    return words(" ".join((trap.title, trap.torch, trap.keras, trap.rule)))


def statements(trap: Trap) -> set[str]:
    """The statements of a twin without docstring and imports; its own variables are all called `_`."""
    function = next(node for node in ast.walk(ast.parse(trap.source)) if isinstance(node, ast.FunctionDef))
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    own = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    for name in names:
        name.id = "_" if name.id in own else name.id
    return {ast.unparse(s) for s in function.body[1:] if not isinstance(s, ast.Import | ast.ImportFrom)}
