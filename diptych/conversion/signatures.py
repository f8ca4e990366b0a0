"""Which networks have exactly these names: digests of the names of every network in every dialect, kept in a file.

The file spares tracing every network for each checkpoint. It says no more than the networks themselves, and a test
compares the two. Without it, or for a file that lacks a weight, every network is held against the checkpoint, which
takes longer.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ..common import dialects as folder
from ..common.dialect import OWN, Dialect, dialect, dialects, numbered
from ..common.registry import network, networks, traced
from ..common.rewriting.fold import SUFFIX, foldable, names_from_before
from ..common.spec import Array, Net
from ..common.text import first_few
from ..files.checkpoint import Checkpoint, keras_slots

T = TypeVar("T")
FILE = Path(folder.__file__).with_name("signatures.json")
DEPTH = 4


def dialects_of(name: str) -> list[Dialect]:
    """The dialects in which a network's names differ, ours first; a folded one may have those from before, too."""
    if name.endswith(SUFFIX):
        return [dialect(OWN, name), *(_from_before(item) for item in dialects_of(name.removesuffix(SUFFIX)))]
    return [dialect(OWN, name), *(item for item in dialects() if item.network == name and not item.plain)]


def _from_before(item: Dialect) -> Dialect:
    return names_from_before(item, traced(item.network, {}))


def candidates(checkpoint: Checkpoint) -> Iterator[tuple[str, list[Dialect]]]:
    """(prefix, dialects of networks with exactly the names after it), for each prefix that has any."""
    known = _known()
    for prefix, names in variants(checkpoint):
        found = known.get(digest(names), ())
        if found:
            yield prefix, [dialect(library, name) for library, name in found]


def folded_candidates(checkpoint: Checkpoint) -> Iterator[tuple[str, Dialect]]:
    """(prefix, dialect) of each folded network that a checkpoint may be, under the names from before.

    Such a file has all names of the network but those of some normalisations, and biases where there were none. Where
    there are no such biases, the normalisations may as well be lost, and the network must be named.
    """
    for prefix, found in variants(checkpoint) if checkpoint.layers is None else ():
        present, zeros = frozenset(found), without_prefix(checkpoint, prefix).zeros
        for item, wanted, _ in vocabulary():
            more, less = (present | zeros) - wanted, wanted - present - zeros
            if not wanted or not less or not more or not all(name.endswith(".bias") for name in more):
                continue
            normal = {name.removesuffix(".running_var") for name in wanted if name.endswith(".running_var")}
            gone = all(name.rpartition(".")[0] in normal for name in less)
            if gone and foldable(traced(item.network, {})):
                yield prefix, _from_before(item)


def variants(checkpoint: Checkpoint) -> list[tuple[str, list[str]]]:
    """The names of a checkpoint, and those after each prefix that at least half of them share: (prefix, names)."""
    layers = checkpoint.layers is not None
    names, mark = list(checkpoint.layers or () if layers else checkpoint.arrays), "/" if layers else "."
    found = []
    for head in ("", *_heads(names, mark)):
        inside = [name for name in names if name.startswith(head)]
        rest = [name.removeprefix(head) for name in inside]
        found.append((head, _counted(checkpoint.layers, head, rest) if checkpoint.layers is not None else rest))
    return found


def _counted(layers: Mapping[str, list[Array]], head: str, rest: list[str]) -> list[str]:
    short = numbered(rest)
    return [f"{short[name]} {len(layers[head + name])}" for name in rest]


def _heads(names: list[str], mark: str) -> list[str]:
    """Beginnings of up to DEPTH parts that at least half of the names share, short ones first."""
    counts: dict[str, int] = {}
    for name in names:
        parts = name.split(mark)
        for depth in range(1, min(DEPTH, len(parts) - 1) + 1):
            head = mark.join(parts[:depth]) + mark
            counts[head] = counts.get(head, 0) + 1
    return sorted((head for head, count in counts.items() if 2 * count >= len(names)), key=len)


def without_prefix(checkpoint: Checkpoint, prefix: str) -> Checkpoint:
    """The part of a checkpoint whose names have a prefix, without it; the notes say what was left out."""
    if not prefix:
        return checkpoint
    whole = checkpoint.arrays if checkpoint.layers is None else checkpoint.layers
    left = [name for name in whole if not name.startswith(prefix)]
    rest = f"; left out: {first_few(left, 6)}" if left else ""
    return replace(
        checkpoint,
        arrays=_cut(checkpoint.arrays, prefix),
        extras=_cut(checkpoint.extras, prefix),
        zeros=frozenset(name.removeprefix(prefix) for name in checkpoint.zeros if name.startswith(prefix)),
        layers=None if checkpoint.layers is None else _cut(checkpoint.layers, prefix),
        config=None if checkpoint.config is None else _cut(checkpoint.config, prefix),
        notes=(*checkpoint.notes, f"the prefix {prefix!r} of the names was left out{rest}"),
    )


def _cut(found: Mapping[str, T], prefix: str) -> dict[str, T]:
    return {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}


def digest(names: Iterable[str]) -> str:
    """A short digest of a set of names."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]


def names(net: Net, found: Dialect) -> list[str]:
    """What a checkpoint of a network holds in a dialect: names of weights, or "layer count" of Keras layers."""
    if found.of_layers:
        return _layer_names(net, found)
    return [f"{found.theirs(name.rpartition('.')[0])}.{name.rpartition('.')[2]}" for name in net.weights]


def _layer_names(net: Net, found: Dialect) -> list[str]:
    counts: dict[str, int] = {}
    for layer, slots in keras_slots(net).items():
        there = found.theirs(layer).partition("#")[0]
        counts[there] = counts.get(there, 0) + len(slots)
    return [f"{layer} {count}" for layer, count in counts.items()]


def written() -> dict[str, list[list[str]]]:
    """The content of the file: digest -> [library, network] of each that has these names."""
    found: dict[str, list[list[str]]] = {}
    for name in networks():
        for item in dialects_of(name):
            bare = [item.bare] if network(name).num_classes is not None else []
            for net in (traced(name, options) for options in ({}, *bare)):
                sets = [names(net, item), *([_layer_names(net, item)] if item.library == OWN else [])]
                for kind in sets:
                    entry = found.setdefault(digest(kind), [])
                    if [item.library, name] not in entry:
                        entry.append([item.library, name])
    return found


@functools.cache
def _known() -> Mapping[str, list[list[str]]]:
    known: dict[str, list[list[str]]] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return known


@functools.cache
def vocabulary() -> list[tuple[Dialect, frozenset[str], frozenset[str]]]:
    """(dialect, names of its weights, its Keras layers) of every network: what a file is held against by hand."""
    found = []
    for name in networks():
        net = traced(name, {})
        for item in dialects_of(name):
            tensors = frozenset() if item.of_layers else frozenset(names(net, item))
            layers = frozenset(_layer_names(net, item)) if item.of_layers or item.library == OWN else frozenset()
            found.append((item, tensors, layers))
    return found
