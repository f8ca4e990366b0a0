"""Which networks have these names, or many of them: digests of the names of every network in every dialect, in a file.

The file spares tracing every network for each checkpoint. It says no more than the networks themselves, and a test
compares the two; without it, it is made anew in memory, which takes half a minute. Its digests of all names of a
network find the networks that have exactly those of a checkpoint. For a checkpoint that lacks a weight, its samples
(see `sketches`) choose the networks that are then traced and held against the checkpoint: they never decide.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypedDict

from ..common import dialects as folder
from ..common.dialect import EMITTED, LIBRARIES, OWN, Dialect, dialect, dialects_for
from ..common.registry import network, networks, traced
from ..common.rewriting.fold import SUFFIX, foldable, names_from_before
from ..common.spec import Net
from ..files.checkpoint import Checkpoint
from ..files.tensors import Tensors
from .emitted import dialect_for
from .sketches import LEAST, Packed, Sketch, packed, short_digests, unpacked, without_normalisations

FILE = Path(folder.__file__).with_name("signatures.json")
DEPTH = 8
PROMISING = 8
"""Sets of names that are held against a checkpoint which has none of them exactly."""
NEAREST = 6
"""Networks that such a checkpoint is held against, shapes and all, and those with the same names as the nearest."""
ORDER = (OWN, *LIBRARIES, EMITTED)

Names = frozenset[str]
KINDS = ("tensors", "layers")


class Table(TypedDict):
    """The content of the file.

    `digests` are digest of all names -> [library, network] of each that has them; `samples` are a kind of names (of
    KINDS) -> the same digest, where they are the names of a network with its own options -> some of the names.
    """

    digests: dict[str, list[list[str]]]
    samples: dict[str, dict[str, Packed]]


def dialects_of(name: str, places: bool = True) -> list[Dialect]:
    """The dialects in which a network's names differ, ours first; a folded one may have those from before, too.

    Without `places`, that of the emitted file is left out, which takes as long as all others.
    """
    emitted = [dialect_for(EMITTED, name)] if places else []
    if name.endswith(SUFFIX):
        before = dialects_of(name.removesuffix(SUFFIX), places=False)
        return [dialect(OWN, name), *map(_from_before, before), *emitted]
    others = [item for item in dialects_for(name) if not item.plain]
    return [dialect(OWN, name), *others, *emitted]


def _from_before(item: Dialect) -> Dialect:
    return names_from_before(item, traced(item.network, {}))


def candidates(checkpoint: Checkpoint) -> Iterator[tuple[str, list[Dialect]]]:
    """(prefix, dialects of networks with exactly the names after it), for each prefix that has any.

    For a file without names, those of networks of its size.
    """
    if checkpoint.nameless:
        yield "", [dialect(OWN, name) for name in checkpoint.networks()]
        return
    known = _table()["digests"]
    for prefix, names in variants(checkpoint):
        found = known.get(digest(names), ())
        if found:
            yield prefix, [dialect_for(library, name) for library, name in found]


def networks_of(net: Net, item: Dialect) -> list[tuple[str, str]]:
    """(library, network) of those that have exactly the names that a network has in a dialect."""
    return [(library, name) for library, name in _table()["digests"].get(digest(names(net, item)), ())]


def folded_candidates(checkpoint: Checkpoint) -> Iterator[tuple[str, Dialect]]:
    """(prefix, dialect) of each folded network that a checkpoint may be, under the names from before.

    Such a file has all names of the network but those of some normalisations, and biases where there were none. Where
    there are no such biases, the normalisations may as well be lost, and the network must be named.
    """
    if not isinstance(checkpoint, Tensors):
        return
    for prefix, found in variants(checkpoint):
        present, zeros = frozenset(found), checkpoint.inside(prefix).zeros
        for item, wanted in _maybe_folded(present | zeros):
            if len(present) > 2 * len(wanted):  # as many names as weights, and biases, are all that a file can have
                continue
            more, less = (present | zeros) - wanted, wanted - present - zeros
            if not less or not more or not all(name.endswith(".bias") for name in more):
                continue
            if not less & without_normalisations(wanted) and foldable(traced(item.network, {})):
                yield prefix, _from_before(item)


def _maybe_folded(present: Names) -> Iterator[tuple[Dialect, Names]]:
    """(dialect, names) of the networks whose samples do not rule out that they were folded to these names."""
    digests, least = short_digests(present), sum(not name.endswith(".bias") for name in present)
    for key, sketch in _sketches("tensors").items():
        if sketch.may_be_folded(digests, least) and (wanted := _vocabulary(key, "tensors")):
            yield from ((dialect_for(library, name), wanted) for library, name in _table()["digests"][key])


def overlapping_candidates(checkpoint: Checkpoint) -> list[tuple[str, Dialect]]:
    """The (prefix, dialect) whose names have most in common with a checkpoint's, where that is a tenth at least."""
    kind, scores = KINDS[checkpoint.of_layers], []
    for prefix, present, key in _promising(checkpoint, kind):
        wanted = _vocabulary(key, kind)
        for library, name in _table()["digests"][key] if wanted else ():
            score = len(present & wanted) / len(present | wanted)
            scores.append((-score, len(prefix), networks().index(name), ORDER.index(library), prefix))
    best = sorted(scores)
    kept = [entry for place, entry in enumerate(best) if place < NEAREST or entry[0] == best[0][0]]
    near = ((prefix, ORDER[library], networks()[name]) for score, _, name, library, prefix in kept if -score >= LEAST)
    return [(prefix, dialect_for(library, name)) for prefix, library, name in near]


def _promising(checkpoint: Checkpoint, kind: str) -> list[tuple[str, Names, str]]:
    """(prefix, names of the checkpoint after it, digest of all names of a network) where a sample fits best."""
    scores = []
    for prefix, labels in variants(checkpoint):
        present, digests = frozenset(labels), short_digests(labels)
        for key, sketch in _sketches(kind).items():
            scores.append((sketch.overlap(digests, len(present)), prefix, present, key))
    best = sorted((entry for entry in scores if entry[0] > 0), key=lambda entry: -entry[0])[:PROMISING]
    return [(prefix, present, key) for _, prefix, present, key in best]


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
    return hashlib.sha256("\n".join(sorted(names)).encode(errors="surrogatepass")).hexdigest()[:16]


def names(net: Net, found: Dialect) -> list[str]:
    """What a checkpoint of a network holds in a dialect: names of weights, or "layer count" of Keras layers."""
    if found.of_layers:
        return _layer_names(net, found)
    return [found.weight(name) for name in net.weights]


def _layer_names(net: Net, found: Dialect) -> list[str]:
    counts, found = dict[str, int](), found.of(net)
    from ..tf_impl.slots import slots_of

    for layer, slots in slots_of(net).items():
        there = found.theirs(layer).partition("#")[0]
        counts[there] = counts.get(there, 0) + len(slots)
    return [f"{layer} {count}" for layer, count in counts.items()]


def signature_table() -> Table:
    """The content of the file, from the networks themselves."""
    table: Table = {"digests": {}, "samples": {kind: {} for kind in KINDS}}
    for name in networks():
        for item in dialects_of(name):
            # Emitted files without a head are left to be found later: their names would take as long as all others.
            bare = [item.bare] if network(name).num_classes is not None and not item.by_place else []
            for options in ({}, *bare):
                for kind, found in _kinds(traced(name, options), item):
                    key = digest(found)
                    entry = table["digests"].setdefault(key, [])
                    if [item.library, name] not in entry:
                        entry.append([item.library, name])
                    if not options:
                        table["samples"][kind][key] = packed(found)
    return table


def _kinds(net: Net, item: Dialect) -> list[tuple[str, list[str]]]:
    """(kind, names of a network): ours has names of tensors and of Keras layers."""
    layers = [("layers", _layer_names(net, item))] if item.of_layers or item.library == OWN else []
    return layers if item.of_layers else [("tensors", names(net, item)), *layers]


@functools.cache
def _table() -> Table:
    found: Table = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else signature_table()
    return found


@functools.cache
def _sketches(kind: str) -> Mapping[str, Sketch]:
    return {key: unpacked(found) for key, found in _table()["samples"][kind].items()}


@functools.cache
def _vocabulary(key: str, kind: str) -> Names:
    """All names of a kind of the networks that have a digest: what a file is held against by hand; empty for none.

    One of them is traced for all. Some may have these names without their heads alone, which does no harm.
    """
    items = (dialect_for(library, name) for library, name in _table()["digests"][key])
    named = names if kind == "tensors" else _layer_names
    found = (frozenset(named(traced(item.network, {}), item)) for item in items)
    return next((one for one in found if digest(one) == key), frozenset())
