"""Whether a file that states its layers is the function of a network whose names and shapes it has."""

from __future__ import annotations

from ..common.dialect import OWN
from ..common.errors import DiptychError
from ..common.text import first_few
from .keras_config import differences, weighted_differences
from .matching import Match


def architecture(found: Match) -> list[str]:
    """What the layers that a .keras file states say otherwise than the network, as texts."""
    if found.wires is not None:
        return list(found.wires)
    config = found.checkpoint.config
    if config is None:
        return []
    own = found.dialect.library == OWN
    return differences(config, found.net) if own else weighted_differences(config, found.net)


def check_architecture(found: Match) -> None:
    """Raise DiptychError where the layers that a file states make it another function than the network."""
    said = architecture(found)
    if said:
        shown = first_few(said, 5, "; ", "; and ")
        raise DiptychError(
            f"{found.checkpoint.path} is not the function of {found.net.name}: {shown}. Name the network it is with "
            "--network; or, to take its weights alone, save them as .weights.h5"
        )
