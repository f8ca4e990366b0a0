"""The gates of a comparison; each says whether two models are one function in some respect, and where they are not.

What proves nothing is no pass: a gate that could not be asked is left open, and says why.
"""

from __future__ import annotations

from ..checking.case import Finding
from ..common.compare import FLOAT64_TOLERANCE
from ..common.comparing.causes import Cause, causes
from ..common.comparing.parting import Parting, Partings
from ..common.comparing.rounding import rounding
from ..common.importing.imported import Imported
from ..common.text import first_few
from .pair import Pair
from .unseen import by_chance, by_layers, unlike_meaning

RANGES = 3
"""How many of the batches every node is held to."""


def nodes(pair: Pair) -> Finding | str:
    """Every step of the second computes what the first one does, given the same."""
    if pair.restless and (chance := by_chance(pair)) is not None:
        return chance
    if pair.read is None:
        return by_layers(pair)
    one, other = pair.read
    shape, count = tuple(map(int, one.net.input_shape)), 0
    batches = [images for images in pair.images if images.shape == shape and len(images.values) == 2][:RANGES]
    if pair.parted is not None and pair.parted.shape == shape:
        batches = [pair.parted, *batches]
    for images in batches:
        found = Partings(pair.alignment, (one.weights, other.weights), rounding=rounding(pair.alignment))
        for part in found.find(images.values):
            if pair.parted is None and part.weighted(found) and pair.leave_aside():
                return pair.unread
            path, steps = found.one.steps[part.one].path, found.seen
            before = steps[-1] if steps else "the image"
            said = f"{_why(pair, part, found)}; the last that agrees is {before}"
            return Finding(False, part.gap, FLOAT64_TOLERANCE, path, said, count + len(steps) + 1)
        if not count and (unlike := unlike_meaning(pair, images, found)):
            return unlike
        count += len(found.seen)
    if pair.parted is not None and pair.parted.shape != shape and isinstance(seen := by_layers(pair), Finding):
        return seen
    return Finding(bool(count), 0.0, FLOAT64_TOLERANCE, "", "", count) if count else "no batch of two images"


def _why(pair: Pair, part: Parting, found: Partings) -> str:
    """The causes of a parting in words, and the name of the second's layer where it has another."""
    path, theirs = found.one.steps[part.one].path, found.other.steps[part.other].path
    told = first_few([_worded(pair, cause) for cause in causes(part, found)], 3, "; ", "; and ")
    here = f"{theirs} of {pair.other.label}: " if theirs != path else ""
    return here + (told or "no change that was tried brings them together")


def _worded(pair: Pair, cause: Cause) -> str:
    return f"{cause.kind}, {cause.one} in {pair.one.label} and {cause.other} in {pair.other.label}"


def parameters(pair: Pair) -> Finding | str:
    """What is trained in one is trained in the other, and nothing more."""
    if (found := _penalties(pair)) is not None:
        return found
    if pair.read is None:
        return _counted(pair)
    known, lone = (set(pair.weights), set(pair.weights.values())), dict[str, str]()
    for side, read, names in zip(pair.both, pair.read, known, strict=True):
        lone |= {f"{name} of {side.label}": name for name in _trained(read) if name not in names}
        beside = _beside(side.given.trained(), read)
        lone |= {f"{name} of {side.label}, which no output depends on": name for name in beside}
    if lone and not _made_otherwise(pair, known):
        said, count = f"in one model alone: {first_few(list(lone), 6)}", len(pair.weights)
        return Finding(False, float(len(lone)), 0.0, next(iter(lone.values())), said, count)
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
    if sorted(one.values()) == sorted(other.values()):
        return None
    more, label = (one, pair.one.label) if len(one) >= len(other) else (other, pair.other.label)
    names = [f"{name} ({kind})" for name, kind in more.items()]
    said = (f"regularizers of {label}, a loss that the other model does not add: {first_few(names, 3)}; as weight "
            "decay of an optimiser they are none of the model's")  # fmt: skip
    return Finding(False, float(abs(len(one) - len(other))), 0.0, next(iter(more)), said, len(more))


def _frozen(pair: Pair) -> Finding:
    """Whether one model trains a weight that the other keeps as it is."""
    frozen = [side.given.frozen() for side in pair.both]
    own = [_own_names(pair, place) for place in (0, 1)]
    for mine, theirs in pair.weights.items():
        states = own[0].get(mine) in frozen[0], own[1].get(theirs) in frozen[1]
        if states[0] != states[1]:
            label = pair.both[states.index(True)].label
            return Finding(
                False, 1.0, 0.0, mine, f"not trained in {label}, and trained in the other", len(pair.weights)
            )
    return Finding(True, 0.0, 0.0, "", "", len(pair.weights))


def _own_names(pair: Pair, place: int) -> dict[str, str]:
    """Canonical name -> the model's own name of the array that holds the first number of the weight."""
    ends, at = list[tuple[int, str]](), 0
    for name, array in pair.both[place].given.weights().items():
        at += array.size
        ends.append((at, name))
    return {
        name: next(own for end, own in ends if int(where.flat[0]) < end) for name, where in pair.places[place].items()
    }


def _trained(read: Imported) -> list[str]:
    return [name for name, weight in read.net.weights.items() if weight.kind == "trainable"]


def _beside(trained: frozenset[str], read: Imported) -> list[str]:
    """A PyTorch module's parameters that are in no layer of its Net."""
    if read.module is None:
        return []
    return sorted(trained & set(read.module.unread))


def _counted(pair: Pair) -> Finding | str:
    """Without layers: the sizes of all parameters."""
    sizes = [sorted(size for size in side.given.sizes().values() if size) for side in pair.both]
    if sizes[0] == sizes[1]:
        return Finding(True, 0.0, 0.0, "", "their sizes alone were compared", len(sizes[0]))
    said = f"{sum(sizes[0]):,} numbers are trained in {pair.one.label} and {sum(sizes[1]):,} in {pair.other.label}"
    return Finding(False, float(abs(sum(sizes[0]) - sum(sizes[1]))), 0.0, "parameters", said, len(sizes[0]))
