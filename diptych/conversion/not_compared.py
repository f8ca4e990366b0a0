"""What a conversion leaves uncompared, said in the report and on the screen: a proof is no more than it looks at."""

from __future__ import annotations

from ..common.dialect import NUMBERED_KERAS, OWN
from .identify import Identified

GRAPHS = ("onnx", "tensorflow")
"""Formats that hold a graph, of which the weights are read and no operation."""


def not_compared(found: Identified, checked: bool) -> tuple[str, ...]:
    """What was not looked at in a source; `checked` says that both networks were run against each other."""
    unchecked = (
        "the outputs: the two were not run against each other",
        "the readers: neither file was read again by another reader",
    )
    function = () if found.graph else (_function(found),)
    return (*function, *(() if checked else unchecked))


def _function(found: Identified) -> str:
    if found.library == NUMBERED_KERAS:
        return "what the source does with its maps, such as decoding boxes: all that leads to them was compared"
    if found.checkpoint.config is not None and found.library == OWN:
        return "the wires between the source's layers: their names, classes and arguments were compared"
    if found.checkpoint.config is not None:
        return (
            "the source's wires, and its layers without weights, such as activations and pooling: its convolutions, "
            "dense layers and normalisations were compared"
        )
    if found.checkpoint.format in GRAPHS:
        return "the source's graph: its weights were read, and none of its operations"
    return "the source's function: weights alone do not say how they are wired, or what stands between them"
