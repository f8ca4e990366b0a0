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
from pathlib import Path
from typing import TypeVar

from ..common import dialects as folder
from ..common.dialect import EMITTED, OWN, Dialect, dialect, dialects
from ..common.registry import network, networks, traced
from ..common.rewriting.fold import SUFFIX, foldable, names_from_before
from ..common.spec import Net
from ..files.checkpoint import Checkpoint
from ..files.tensors import Tensors
from ..tf_impl.slots import slots_of
from .emitted import dialect_for

T = TypeVar("T")
FILE = Path(folder.__file__).with_name("signatures.json")
DEPTH = 4


def dialects_of(name: str, places: bool = True) -> list[Dialect]:
    """The dialects in which a network's names differ, ours first; a folded one may have those from before, too.

    Without `places`, that of the emitted file is left out, which takes as long as all others.
    """
    emitted = [dialect_for(EMITTED, name)] if places else []
    if name.endswith(SUFFIX):
        before = dialects_of(name.removesuffix(SUFFIX), places=False)
        return [dialect(OWN, name), *map(_from_before, before), *emitted]
    others = [item for item in dialects() if item.network == name and not item.plain]
    return [dialect(OWN, name), *others, *emitted]


def _from_before(item: Dialect) -> Dialect:
    return names_from_before(item, traced(item.network, {}))


def candidates(checkpoint: Checkpoint) -> Iterator[tuple[str, list[Dialect]]]:
    """(prefix, dialects of networks with exactly the names after it), for each prefix that has any."""
    known = _known()
    for prefix, names in variants(checkpoint):
        found = known.get(digest(names), ())
        if found:
            yield prefix, [dialect_for(library, name) for library, name in found]


def folded_candidates(checkpoint: Checkpoint) -> Iterator[tuple[str, Dialect]]:
    """(prefix, dialect) of each folded network that a checkpoint may be, under the names from before.

    Such a file has all names of the network but those of some normalisations, and biases where there were none. Where
    there are no such biases, the normalisations may as well be lost, and the network must be named.
    """
    if not isinstance(checkpoint, Tensors):
        return
    for prefix, found in variants(checkpoint):
        present, zeros = frozenset(found), checkpoint.inside(prefix).zeros
        for item, wanted, _ in vocabulary(places=False):
            if len(present) > 2 * len(wanted):  # as many names as weights, and biases, are all that a file can have
                continue
            more, less = (present | zeros) - wanted, wanted - present - zeros
            if not wanted or not less or not more or not all(name.endswith(".bias") for name in more):
                continue
            normal = {name.removesuffix(".running_var") for name in wanted if name.endswith(".running_var")}
            gone = all(name.rpartition(".")[0] in normal for name in less)
            if gone and foldable(traced(item.network, {})):
                yield prefix, _from_before(item)


def variants(checkpoint: Checkpoint) -> list[tuple[str, list[str]]]:
    """The labels of a checkpoint, and those after each prefix that at least half of its names share.

    (prefix, labels); the last of them are those of places, where the file has such.
    """
    found = [(head, checkpoint.labels(head)) for head in ("", *_heads(checkpoint.names, checkpoint.mark))]
    return [(head, labels) for head, labels in (*found, ("", checkpoint.place_labels())) if labels]


def _heads(names: list[str], mark: str) -> list[str]:
    """Beginnings of up to DEPTH parts that at least half of the names share, short ones first."""
    counts: dict[str, int] = {}
    for name in names:
        parts = name.split(mark)
        for depth in range(1, min(DEPTH, len(parts) - 1) + 1):
            head = mark.join(parts[:depth]) + mark
            counts[head] = counts.get(head, 0) + 1
    return sorted((head for head, count in counts.items() if 2 * count >= len(names)), key=len)


def digest(names: Iterable[str]) -> str:
    """A short digest of a set of names."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]


def names(net: Net, found: Dialect) -> list[str]:
    """What a checkpoint of a network holds in a dialect: names of weights, or "layer count" of Keras layers."""
    if found.of_layers:
        return _layer_names(net, found)
    return [f"{found.theirs(name.rpartition('.')[0])}.{name.rpartition('.')[2]}" for name in net.weights]


def _layer_names(net: Net, found: Dialect) -> list[str]:
    counts, found = dict[str, int](), found.of(net)
    for layer, slots in slots_of(net).items():
        there = found.theirs(layer).partition("#")[0]
        counts[there] = counts.get(there, 0) + len(slots)
    return [f"{layer} {count}" for layer, count in counts.items()]


def signature_table() -> dict[str, list[list[str]]]:
    """The content of the file: digest -> [library, network] of each that has these names."""
    found: dict[str, list[list[str]]] = {}
    for name in networks():
        for item in dialects_of(name):
            # Emitted files without a head are left to be found later: their names would take as long as all others.
            bare = [item.bare] if network(name).num_classes is not None and not item.by_place else []
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
def vocabulary(places: bool) -> list[tuple[Dialect, frozenset[str], frozenset[str]]]:
    """(dialect, names of its weights, its Keras layers) of every network: what a file is held against by hand.

    `places` asks for the emitted files as well, which only a file that has places can be.
    """
    found = []
    for name in networks():
        net = traced(name, {})
        for item in dialects_of(name, places):
            tensors = frozenset() if item.of_layers else frozenset(names(net, item))
            layers = frozenset(_layer_names(net, item)) if item.of_layers or item.library == OWN else frozenset()
            found.append((item, tensors, layers))
    return found
