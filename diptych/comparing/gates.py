"""The gates of a comparison; each says whether two models are one function in some respect, and where they are not.

What proves nothing is no pass: a gate that could not be asked is left open, and says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..checking.case import Finding
from ..common.compare import FLOAT64_TOLERANCE
from ..common.comparing.align import Alignment
from ..common.comparing.along import beyond, met
from ..common.comparing.causes import OTHER_WEIGHTS, Cause, causes
from ..common.comparing.folding import FOLDED
from ..common.comparing.parting import Parting, Partings
from ..common.comparing.remedies import remedy
from ..common.comparing.rounding import rounding
from ..common.importing.imported import Imported
from ..common.text import first_few
from .anew import read_at
from .pair import Pair
from .sharing import unshared
from .sides import Images
from .training import computed_otherwise
from .unseen import by_chance, by_layers, unlike_meaning

NOTHING = "no change that was tried brings them together"
WEIGHTS = "weights: "
"""How a cause begins that lies in numbers and not in settings: neither model is wrong by itself."""
RANGES = 3
"""How many of the batches every node is held to."""


def nodes(pair: Pair) -> Finding | str:
    """Every step of the second computes what the first one does, given the same."""
    if pair.restless_side and (chance := by_chance(pair)) is not None:
        return chance
    if pair.read is None:
        return by_layers(pair)
    pair.unlike = True
    shape, count = tuple(map(int, pair.read[0].net.input_shape)), 0
    batches = [images for images in pair.images if images.shape == shape and len(images.values) == 2][:RANGES]
    if pair.parted is not None and pair.parted.shape == shape:
        batches = [pair.parted, *batches]
    idle: list[list[str]] = [[], []]
    for images in batches:
        found = _partings(pair, pair.alignment)
        ahead = found.find(images.values)
        for part in ahead:
            finding = _parted(pair, part, found, count)
            pair.along = beyond(found, part, ahead)
            if pair.parted is None and not pair.unsure and computed_otherwise(pair):
                return f"one function, computed otherwise: first at {finding.where}: {finding.detail}"
            return finding
        pair.along = pair.along.worse(met(found))
        now = found.unused()
        idle = [[path for path in paths if not count or path in before]
                for paths, before in zip(now, idle, strict=True)]  # fmt: skip
        if not count and (unlike := unlike_meaning(pair, images, found)):
            return unlike
        count += len(found.seen)
    if pair.parted is not None and pair.parted.shape != shape and (at_size := _at_size(pair, pair.parted)) is not None:
        return at_size
    pair.unlike = False
    pair.notes += [f"{first_few(paths, 3)} of {side.label} changed nothing in the images that were tried, and has no "
                   "partner" for side, paths in zip(pair.both, idle, strict=True) if paths]  # fmt: skip
    return Finding(True, 0.0, FLOAT64_TOLERANCE, "", "", count) if count else "no steps of both belong together"


def _partings(pair: Pair, alignment: Alignment) -> Partings:
    one, other = pair.known
    return Partings(alignment, (one.weights, other.weights), rounding=rounding(alignment))


def _at_size(pair: Pair, images: Images) -> Finding | None:
    """Where the two part at images of another size alone: by their Nets for that size, or by what layers hand on."""
    alignment = pair.alignment_at(images.shape[1:])
    if alignment is not None:
        found = _partings(pair, alignment)
        for part in found.find(images.values):
            return _at(images, _parted(pair, part, found, 0))
    if (anew := read_at(pair, images)) is not None:
        found = _partings(anew, anew.alignment)
        for part in found.find(images.values):
            return _at(images, _parted(anew, part, found, 0))
    seen = by_layers(pair)
    return seen if isinstance(seen, Finding) else None


def _at(images: Images, found: Finding) -> Finding:
    return replace(found, detail=f"at {images.name}: {found.detail}")


def _parted(pair: Pair, part: Parting, found: Partings, count: int) -> Finding:
    """A parting as a finding: a step that the second lacks is named by the first."""
    known = causes(part, found)
    cause, before = _cause(pair, found, known), found.seen[-1] if found.seen else "the image"
    lacking = [cause.one for cause in known if cause.kind == "missing"]
    path = lacking[0].rpartition("(")[2].rstrip(")") if lacking else found.one.steps[part.one].path
    said = f"{_here(pair, part, found, path)}{cause or NOTHING}{_change(pair, part, found, known)}"
    said = f"{said}; the last that agrees is {before}"
    return Finding(False, part.gap, FLOAT64_TOLERANCE, path, said, count + len(found.seen) + 1, cause=cause)


def _change(pair: Pair, part: Parting, found: Partings, known: list[Cause]) -> str:
    """What makes the second do what the first does, in the words of its framework."""
    one, path = found.one.steps[part.one].node.op, found.other.steps[part.other].path
    every = (remedy(cause, one, path, pair.other.given.framework) for cause in known if cause.restores)
    told = list(dict.fromkeys(filter(None, every)))
    return f"; to make {pair.other.label} do the same, {first_few(told, 3, ', ')}" if told else ""


def _here(pair: Pair, part: Parting, found: Partings, where: str) -> str:
    """The name of the second's layer where it has another, and of the first's where that is not what is named."""
    path, theirs = found.one.steps[part.one].path, found.other.steps[part.other].path
    before = f"before {path}: " if where != path else ""
    return f"{theirs} of {pair.other.label}: {before}" if theirs != path else before


def _cause(pair: Pair, found: Partings, known: list[Cause]) -> str:
    """The causes of a parting in words; "" where nothing that was tried brings the two together."""
    told = first_few([_worded(pair, cause) for cause in known], 3, "; ", "; and ")
    held = found.weights[0]
    of_weights = any(cause.one in held or cause.kind.startswith(OTHER_WEIGHTS) for cause in known)
    return f"{WEIGHTS}{told}" if of_weights else told


def _worded(pair: Pair, cause: Cause) -> str:
    return f"{cause.kind}, {cause.one} in {pair.one.label} and {cause.other} in {pair.other.label}"


def parameters(pair: Pair) -> Finding | str:
    """What is trained in one is trained in the other, and nothing more."""
    if (found := _penalties(pair) or _constraints(pair)) is not None:
        return found
    if pair.read is None:
        return _counted(pair)
    if (found := unshared(pair)) is not None:
        return found
    known, lone = (set(pair.weights), set(pair.weights.values())), dict[str, str]()
    for side, read, names, places in zip(pair.both, pair.read, known, pair.places, strict=True):
        own = (name for name in _trained(read) if name in places)  # and not what the model does without
        lone |= {f"{name} of {side.label}": name for name in own if name not in names}
        beside = _beside(side.given.trained(), read)
        lone |= {f"{name} of {side.label}, which no output depends on": name for name in beside}
    if lone and not _made_otherwise(pair, known):
        said, count = f"in one model alone: {first_few(list(lone), 6)}", len(pair.weights)
        if pair.alignment.folds:
            said = f"{FOLDED}; {said}"
        return Finding(False, float(len(lone)), 0.0, next(iter(lone.values())), said, count, cause=said)
    return _frozen(pair)


def _made_otherwise(pair: Pair, known: tuple[set[str], set[str]]) -> bool:
    """Whether as many numbers are trained alone on either side, some of them by a function that runs as it is."""
    sizes, foreign = list[list[int]](), False
    for read, names in zip(pair.known, known, strict=True):
        alone = [(node, name) for node in read.net.nodes for name in node.weights() if name not in names]
        trained = {name: node for node, name in alone if read.net.weights[name].kind == "trainable"}
        foreign |= any(node.op.foreign for node in trained.values())
        sizes.append(sorted(read.net.weights[name].count for name in trained))
    return foreign and sizes[0] == sizes[1]


def _penalties(pair: Pair) -> Finding | None:
    """Losses that one model adds for its parameters, and the other does not."""
    one, other = (side.given.penalties() for side in pair.both)
    if _of_the_same(pair, one, other):
        return None
    if one and other:
        return _told_apart(pair, "regularizers", one, other)
    more, label = (one, pair.one.label) if len(one) >= len(other) else (other, pair.other.label)
    names = [f"{name} ({kind})" for name, kind in more.items()]
    said = (f"regularizers of {label}, a loss that the other model does not add: {first_few(names, 3)}; as weight "
            "decay of an optimiser they are none of the model's")  # fmt: skip
    return Finding(False, float(abs(len(one) - len(other))), 0.0, next(iter(more)), said, len(more), cause=said)


def _of_the_same(pair: Pair, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether both have the same of the same weights; in any order where it is not known which belong together."""
    if sorted(one.values()) != sorted(other.values()):
        return False
    return pair.read is None or not one or not any(a != b for _, a, b in _beside_each_other(pair, one, other))


def _beside_each_other(pair: Pair, one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    own = [_own_names(pair, place) for place in (0, 1)] if pair.read is not None else []
    for mine, theirs in pair.weights.items() if own else ():
        yield mine, one.get(own[0].get(mine, ""), "none"), other.get(own[1].get(theirs, ""), "none")


def _told_apart(pair: Pair, words: str, one: Mapping[str, str], other: Mapping[str, str]) -> Finding:
    """What both have, of other weights or by other numbers."""
    found = [entry for entry in _beside_each_other(pair, one, other) if entry[1] != entry[2]]
    told = [f"{name}: {a} in {pair.one.label}, {b} in {pair.other.label}" for name, a, b in found]
    told = told or [f"{first_few(list(one.values()), 2)} against {first_few(list(other.values()), 2)}"]
    said = f"{words}: {first_few(told, 3)}"
    return Finding(False, 1.0, 0.0, found[0][0] if found else next(iter(one)), said, len(one), cause=said)


def _constraints(pair: Pair) -> Finding | None:
    """Weights that one model brings back within bounds after each step of training, and the other does not."""
    one, other = (side.given.constraints() for side in pair.both)
    if _of_the_same(pair, one, other):
        return None
    if one and other:
        return _told_apart(pair, "constraints", one, other)
    more, label = (one, pair.one.label) if len(one) >= len(other) else (other, pair.other.label)
    names = [f"{name} ({kind})" for name, kind in more.items()]
    said = f"constraints of {label}, which the other model does not have: {first_few(names, 3)}"
    return Finding(False, float(abs(len(one) - len(other))), 0.0, next(iter(more)), said, len(more), cause=said)


def _frozen(pair: Pair) -> Finding:
    """Whether one model trains a weight that the other keeps as it is."""
    frozen = [side.given.frozen() for side in pair.both]
    own = [_own_names(pair, place) for place in (0, 1)]
    for mine, theirs in pair.weights.items():
        states = own[0].get(mine) in frozen[0], own[1].get(theirs) in frozen[1]
        if states[0] != states[1]:
            said = f"frozen: not trained in {pair.both[states.index(True)].label}, and trained in the other"
            return Finding(False, 1.0, 0.0, mine, said, len(pair.weights), cause=said)
    return Finding(True, 0.0, 0.0, "", "", len(pair.weights))


def _own_names(pair: Pair, place: int) -> dict[str, str]:
    """Canonical name -> the model's own name of the array that holds the first number of the weight."""
    ends, at = list[tuple[int, str]](), 0
    for name, size in pair.sizes[place].items():
        at += size
        ends.append((at, name))
    return {name: next(own for end, own in ends if where.first < end) for name, where in pair.places[place].items()}


def _trained(read: Imported) -> list[str]:
    return [name for name, weight in read.net.weights.items() if weight.kind == "trainable"]


def _beside(trained: frozenset[str], read: Imported) -> list[str]:
    """A PyTorch module's parameters that are in no layer of its Net."""
    if read.module is None:
        return []
    return sorted(trained & set(read.module.unread))


def _counted(pair: Pair) -> Finding | str:
    """Without layers: the sizes of all parameters."""
    sizes = [sorted(size for name, size in side.given.sizes().items() if size and name in side.given.trained())
             for side in pair.both]  # fmt: skip
    if sizes[0] == sizes[1]:
        return Finding(True, 0.0, 0.0, "", "their sizes alone were compared", len(sizes[0]))
    said = f"{sum(sizes[0]):,} numbers are trained in {pair.one.label} and {sum(sizes[1]):,} in {pair.other.label}"
    return Finding(False, float(abs(sum(sizes[0]) - sum(sizes[1]))), 0.0, "parameters", said, len(sizes[0]))
