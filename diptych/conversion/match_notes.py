"""What a conversion says of a match: whose names the file has, and which options were read off it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..common.dialect import OWN
from ..common.registry import network
from .keras_graph import said as graph_note
from .matching import Match

ASKED = ("num_classes", "in_channels")
"""The options that shapes imply, whatever else a file states."""


def names_note(found: Match) -> tuple[str, ...]:
    """Whose names a file has, where they are not our own."""
    if found.dialect.by_place:
        return (f"its names are those of the emitted Keras file (class {found.dialect.name})",)
    if found.dialect.library == OWN:
        return ()
    if found.wires is not None:
        return (graph_note(found.net.input_shape[1:]),)
    caution = (found.dialect.caution,) if found.dialect.caution else ()
    return (f"its names are {found.dialect.library}'s ({found.dialect.name})", *caution)


def inferred_note(match: Match, given: Mapping[str, Any], stated: Mapping[str, Any], how: str) -> tuple[str, ...]:
    """The options that nobody gave or stated, and how they were found."""
    options = {key: value for key, value in match.net.options if key not in given and key not in stated}
    layers = {key: value for key, value in options.items() if match.wires is not None and key not in ASKED}
    notes = []
    for found, where in ((options.keys() - layers.keys(), how), (layers.keys(), "read off the file's layers")):
        said = [f"{key}={options[key]}" for key in options if key in found]
        notes += [f"{', '.join(said)}: {where}"] if said else []
    own = [f"{key}={network(match.net.name).arguments[key]}" for key in layers if key != "input_size"]
    if own:
        notes.append(f"{match.net.name} itself has {', '.join(own)}: with the file's it is another function")
    return tuple(notes)
