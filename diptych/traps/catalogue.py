"""All traps: every decorated twin of every file of this folder, found by itself."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from ..common.errors import DiptychError
from ..common.spec import Net, near
from .trap import SECTIONS, Trap


@functools.cache
def _by_id() -> dict[str, Trap]:
    found: dict[str, Trap] = {}
    for trap in sorted(_all(), key=_place):
        if trap.id in found:
            raise DiptychError(f"the id {trap.id!r} is used by two traps; rename one of them")
        found[trap.id] = trap
    return found


def _all() -> Iterator[Trap]:
    package = __name__.rpartition(".")[0]
    folder = importlib.import_module(package).__path__
    for name in sorted(m.name for m in pkgutil.iter_modules(folder)):
        yield from traps_of(importlib.import_module(f"{package}.{name}"))


def traps_of(module: ModuleType) -> list[Trap]:
    """The traps that a file defines, in its order."""
    return [v for v in vars(module).values() if isinstance(v, Trap) and v.twin.__module__ == module.__name__]


def _place(trap: Trap) -> int:
    if trap.section not in SECTIONS:
        raise DiptychError(f"the trap {trap.id!r} is of no section {trap.section!r}; the sections are {SECTIONS}")
    return SECTIONS.index(trap.section)


def catalogue() -> dict[str, Trap]:
    """Every trap by its id, in the order of the sections; raises DiptychError where an id is used twice."""
    return dict(_by_id())


def find(id_: str) -> Trap:
    """The trap of an id, in which - may stand for _; raises DiptychError naming near matches."""
    known, wanted = _by_id(), id_.replace("-", "_")
    if wanted not in known:
        raise DiptychError(f"there is no trap {id_!r}; {near(wanted, list(known))} (`diptych traps` shows all)")
    return known[wanted]


def met(net: Net) -> dict[str, list[str]]:
    """The traps that a network meets: id -> the paths of the nodes that meet it."""
    found = {trap.id: trap.places(net) for trap in _by_id().values()}
    return {id_: paths for id_, paths in found.items() if paths}
