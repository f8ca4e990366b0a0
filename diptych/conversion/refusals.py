"""The errors for files that no registered network fits."""

from __future__ import annotations

from ..common.dialect import LIBRARIES
from ..common.errors import DiptychError, WeightsError
from ..common.weights import checked
from ..files.checkpoint import Checkpoint
from .matching import Match


def strange(checkpoint: Checkpoint) -> DiptychError:
    """The error for names that no registered network has."""
    names = ", ".join(checkpoint.names[:3]) or "none"
    own = "; it is a whole model, which convert, table, source and compare take as one of your own"
    return DiptychError(
        f"{checkpoint.path}: its {checkpoint.kind} names ({names} ...) are those of no registered network, in the "
        f"names of {', '.join(LIBRARIES)} or diptych itself; `diptych list` shows the networks, `diptych table` our "
        f"names{own if checkpoint.model is not None else ''}"
    )


def misfit(nearest: Match) -> DiptychError:
    """The error for a file that nearly fits a network."""
    where = f"{nearest.checkpoint.path} fits no registered network; held against the nearest"
    try:
        checked(nearest.net, nearest.checkpoint.named(nearest.net), where)
    except WeightsError as error:
        return error
    return DiptychError(f"{where}, {nearest.net.name}: too many are {', '.join(nearest.extra[:8])}")
