"""Which of several networks with the same weights a file is, where its origin speaks for one."""

from __future__ import annotations

import re

from ..common.dialect import OWN
from ..common.errors import DiptychError
from ..common.registry import network
from ..files.checkpoint import Checkpoint
from .architecture import architecture
from .matching import Match

TURN = re.compile(r"_\d+$")


def speaking_for(checkpoint: Checkpoint, exact: list[Match]) -> tuple[Match, tuple[str, ...]]:
    """The one of several networks with the same weights that the origin of the file speaks for."""
    if not checkpoint.of_layers:
        # Only where the names are torchvision's: timm's are those of several functions, of which none is the usual one.
        whose = [(network(found.net.name).source, found.dialect.library) for found in exact]
        left = [found for found, who in zip(exact, whose, strict=True) if who == ("torchvision", OWN)]
        why = "torchvision's form"
    elif checkpoint.config is not None:
        left, why = [found for found in exact if not architecture(found)], "as its config.json says"
    else:
        left = [found for found in exact if _title(found) == TURN.sub("", checkpoint.title)]
        why = "as its model is named"
    names = [found.net.name for found in exact]
    if len(left) != 1:
        raise DiptychError(
            f"{checkpoint.path} holds weights that fit {' and '.join(names)}, which compute different functions; say "
            "which one it is with --network (in Python, network=...)"
        )
    others = ", ".join(name for name in names if name != left[0].net.name)
    note = f"taken as {left[0].net.name}, {why}; the same weights also fit {others} (--network names another)"
    return left[0], (note,)


def _title(found: Match) -> str:
    """The name that a library gives its model; Keras numbers all but the first of a class in a process."""
    if found.dialect.by_place:
        from ..tf_impl.places import snake

        return snake(found.dialect.name)
    return found.net.name.replace(".", "_") if found.dialect.library == OWN else found.dialect.name.lower()
