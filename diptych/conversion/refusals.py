"""The errors for files that no registered network fits."""

from __future__ import annotations

from ..common.dialect import LIBRARIES
from ..common.errors import DiptychError, FileError, WeightsError
from ..common.weights import checked
from ..files.checkpoint import Checkpoint
from .matching import Match


def strange(checkpoint: Checkpoint) -> DiptychError:
    """The error for names that no registered network has."""
    names = ", ".join(checkpoint.names[:3]) or "none"
    return DiptychError(
        f"{checkpoint.path}: its {checkpoint.kind} names ({names} ...) are those of no registered network, in the "
        f"names of {', '.join(LIBRARIES)} or diptych itself; `diptych list` shows the networks, `diptych table` our "
        "names"
    )


def unnamed(checkpoint: Checkpoint) -> DiptychError:
    """The error for layers that have no names in the file: a FileError where it has no config that could say them."""
    if checkpoint.config is not None:
        return DiptychError(f"{checkpoint.path} has layers without names, and others than its config says")
    shown = ", ".join(checkpoint.names[:3])
    return FileError(
        f"{checkpoint.path} has weights without names of layers ({shown} ... are classes, numbered), as Keras 2.12 to "
        "2.15 and 3.0 to 3.5 write .weights.h5; which layer is which only the model says. With that Keras, load them "
        "into the model and save it whole, as .keras or .h5 (model.save), and convert that; or load and save them with "
        "Keras 3.6 or later, which writes the names"
    )


def misfit(nearest: Match) -> DiptychError:
    """The error for a file that nearly fits a network."""
    where = f"{nearest.checkpoint.path} fits no registered network; held against the nearest"
    try:
        checked(nearest.net, nearest.checkpoint.named(nearest.net), where)
    except WeightsError as error:
        return error
    return DiptychError(f"{where}, {nearest.net.name}: too many are {', '.join(nearest.extra[:8])}")
