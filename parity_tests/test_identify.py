"""A checkpoint is known by its names and shapes: every network, in every library's names, whole and changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diptych.common.dialect import OWN, Dialect, check_bijective, dialects
from diptych.common.registry import network, networks
from diptych.common.spec import Array, Net
from diptych.files.axes import stored_shape
from diptych.files.checkpoint import Checkpoint, keras_slots
from diptych.identification import Identification, identify
from diptych.matching import traced
from diptych.signatures import FILE, spoken, written

VARIANTS: dict[str, dict[str, int]] = {
    "full": {},
    "10 classes": {"num_classes": 10},
    "no head": {"num_classes": 0},
    "1 channel": {"in_channels": 1},
}


def hollow(net: Net, dialect: Dialect, layers: bool) -> Checkpoint:
    """A checkpoint of a network in a dialect, of zeros that take no memory."""
    if not layers:
        arrays = {}
        for node in net.nodes:
            for name, weight in ({} if node.owner else node.weights()).items():
                shape = tuple(map(int, weight.shape))
                shape = (*shape, 1, 1) if len(shape) == 2 and dialect.kernel(node.path) else shape
                arrays[f"{dialect.theirs(node.path)}.{name.rpartition('.')[2]}"] = _zeros(shape)
        return Checkpoint(Path("made.pth"), "torch", arrays)
    found: dict[str, list[Array]] = {}
    for layer, slots in keras_slots(net).items():
        shapes = [stored_shape(weight, axes) for _, weight, axes in slots]
        if dialect.kernel(layer):
            shapes = [(1, 1, *shape) if len(shape) == 2 else shape for shape in shapes]
        found.setdefault(dialect.theirs(layer).partition("#")[0], []).extend(map(_zeros, shapes))
    return Checkpoint(Path("made.weights.h5"), "weights.h5", layers=found)


def _zeros(shape: tuple[int, ...]) -> Array:
    return np.broadcast_to(np.zeros((), np.float32), shape)


def cases() -> Iterator[tuple[str, Dialect, bool]]:
    """(network, dialect, whether the file has Keras layers)."""
    for name in networks():
        for dialect in spoken(name):
            yield from ((name, dialect, layers) for layers in (False, True) if dialect.library == OWN)
            if dialect.library != OWN:
                yield name, dialect, dialect.of_layers


def outcome(found: Identification, name: str, options: dict[str, Any]) -> str:
    """How an identification went: "alone", "tie" of networks with the same names and shapes, or what was wrong."""
    mine = [item for item in found.matches if name in (item.net.name, *item.also)]
    if not mine:
        return f"wrong: {found.names}"
    own = {"num_classes": network(name).num_classes, "in_channels": network(name).in_channels}
    options = {key: value for key, value in options.items() if own[key] != value}
    if any(dict(item.net.options) != options for item in mine if item.net.name == name):
        return f"wrong options: {[dict(item.net.options) for item in mine]}"
    return "alone" if len(found.matches) == 1 else "tie"


def test_every_network_in_every_dialect_is_identified() -> None:
    """All of them exactly; a tie is one in names and shapes, which no method could break."""
    counts: dict[str, int] = {}
    wrong = []
    for name, dialect, layers in cases():
        for variant, options in VARIANTS.items():
            if "num_classes" in options and network(name).num_classes is None:
                counts["not applicable"] = counts.get("not applicable", 0) + 1
                continue
            net = traced(name, options)
            checkpoint = hollow(net, dialect, layers)
            found = identify(checkpoint)
            kind = outcome(found, name, options)
            if kind == "tie":
                for other in found.matches:
                    twin = hollow(other.net, other.dialect, layers)
                    assert _signature(twin) == _signature(checkpoint), (name, dialect.library, variant)
            elif kind != "alone":
                wrong.append((name, dialect.library, "layers" if layers else "names", variant, kind))
            counts[kind.partition(":")[0]] = counts.get(kind.partition(":")[0], 0) + 1
    print(counts)
    assert not wrong, wrong


def _signature(checkpoint: Checkpoint) -> dict[str, Any]:
    if checkpoint.layers is None:
        return {name: array.shape for name, array in checkpoint.arrays.items()}
    return {name: [array.shape for array in arrays] for name, arrays in checkpoint.layers.items()}
