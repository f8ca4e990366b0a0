"""The gates of a comparison; each says whether two models are one function in some respect, and where they are not.

What proves nothing is no pass: a gate that could not be asked is left open, and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..checking.case import Finding
from ..common.compare import FLOAT64_TOLERANCE
from ..common.comparing.causes import Cause, causes
from ..common.comparing.parting import Parting, Partings, apart
from ..common.comparing.rounding import rounding
from ..common.importing.imported import Imported
from ..common.spec import Array, Node
from ..common.text import first_few
from .pair import Pair, channelwise, matched, shortly
from .seen import EXACT, NARROW, departure, off_meaning
from .sides import Images
from .why import placed

RANGES = 3
"""How many of the batches every node is held to."""


def nodes(pair: Pair) -> Finding | str:
    """Every step of the second computes what the first one does, given the same."""
    if pair.read is None:
        return _by_layers(pair)
    one, other = pair.read
    shape, count = tuple(map(int, one.net.input_shape)), 0
    batches = [images for images in pair.images if images.shape == shape and len(images.values) == 2]
    for images in batches[:RANGES]:
        found = Partings(pair.alignment, (one.weights, other.weights), rounding=rounding(pair.alignment))
        for part in found.find(images.values):
            path, steps = found.one.steps[part.one].path, found.seen
            before = steps[-1] if steps else "the image"
            said = f"{_why(pair, part, found)}; the last that agrees is {before}"
            return Finding(False, part.gap, FLOAT64_TOLERANCE, path, said, count + len(steps) + 1)
        if not count and (unlike := _unlike_meaning(pair, images, found)):
            return unlike
        count += len(found.seen)
    return Finding(bool(count), 0.0, FLOAT64_TOLERANCE, "", "", count) if count else "no batch of two images"


def _by_layers(pair: Pair) -> Finding | str:
    """Without a reading: what the layers of both hand on, as far as it can be seen, where the outputs differ."""
    images = _two(pair)
    if not pair.differs:
        return pair.unread
    try:
        found = departure(pair, images)
    except Exception as error:  # noqa: BLE001 - whatever a model raises whose layers are watched
        return f"{pair.unread}; nor can its layers be watched: {shortly(error)}"
    if found is None:
        return pair.unread
    said = f"{placed(pair, found)}; {pair.unread}{_image_cause(pair, images)}"
    return Finding(False, found.gap, EXACT, found.one, said, found.count + 1)


def _two(pair: Pair) -> Images:
    """A batch of two images of the first size; there is always one, of another range of numbers."""
    return next(item for item in pair.images if len(item.values) == 2 and item.shape == pair.images[0].shape)


TURNED: dict[str, Callable[[Array], Array]] = {
    "channels of the image reversed (RGB against BGR)": lambda x: x[:, ::-1],
    "image mirrored": lambda x: x[..., ::-1],
    "image divided by 255": lambda x: x / 255,
    "image scaled to -1 to 1 from 0 to 255": lambda x: x / 127.5 - 1,
}


def _image_cause(pair: Pair, images: Images) -> str:
    """What one of the models does with an image, if that is all that sets them apart."""
    for words, turned in TURNED.items():
        for side, other in (pair.both, pair.both[::-1]):
            answers = side.exact.outputs(turned(images.values)), other.exact.outputs(images.values)
            together = matched(*answers) or []
            if together and all(channelwise(a, b) <= (pair.bound if pair.exact else NARROW) for _, a, b in together):
                return f"; cause: {words} in {other.label} alone"
    return ""


def _unlike_meaning(pair: Pair, images: Images, found: Partings) -> Finding | None:
    """A model that answers otherwise than its layers say: hooks, patches and roundings that no reading shows."""
    if not pair.differs:
        return None
    back = {b: a for a, b in pair.alignment.partners.items()}
    flows = (pair.alignment.one, lambda place: place), (pair.alignment.other, back.get)
    for place, (flow, mine) in enumerate(flows):
        values = {step.path: found.values[at] for b, step in enumerate(flow.steps) if (at := mine(b)) in found.values}
        wanted = [values[flow.steps[item].path] for item in flow.outputs if flow.steps[item].path in values]
        for given in (pair.both[place].exact, pair.both[place].given):
            bound = EXACT if given.dtype == "float64" else NARROW
            answers = given.outputs(images.values).values()
            gap = max((min(apart(a, value) for value in wanted) for a in answers), default=0.0) if wanted else 0.0
            if gap > bound:
                return _off(pair, place, values, images, gap)
    return _rounded(pair)


def _off(pair: Pair, place: int, values: dict[str, Array], images: Images, gap: float) -> Finding:
    side, first = pair.both[place], off_meaning(pair, place, values, images)
    where = first[0] if first else "output"
    said = f"{side.label} answers otherwise than its layers say, first in {where}: a hook or a patch of its own"
    if first and _of_batch(pair, place, where, values):
        said = f"{side.label} normalises {where} with the statistics of the batch in evaluation, as in training"
    island = _island(pair, place)
    return Finding(False, first[1] if first else gap, EXACT, where, island or said, 1)


def _of_batch(pair: Pair, place: int, name: str, values: Mapping[str, Array]) -> bool:
    """Whether what a normalisation hands on is what it would in training."""
    nodes = pair.known[place].net.nodes
    node = next((node for node in nodes if node.path == name and node.op.normalises), None)
    seen = pair.both[place].exact.seen(_two(pair).values, training=False).get(name)
    source = None if node is None else _value_of(nodes, node.inputs[0], values)
    if node is None or source is None or seen is None:
        return False
    own = {kind: pair.known[place].weights[weight].astype(np.float64) for kind, weight in node.own_weights().items()}
    axes = (0, *range(2, source.ndim))
    own |= {"running_mean": source.mean(axes), "running_var": source.var(axes)}
    return apart(node.op.run(source, **own), seen) < NARROW


def _value_of(nodes: Sequence[Node], place: int, values: Mapping[str, Array]) -> Array | None:
    """The value of a node, or of the one before it that does what it does."""
    while nodes[place].path not in values and len(nodes[place].inputs) == 1:
        place = nodes[place].inputs[0]
    return values.get(nodes[place].path)


def _rounded(pair: Pair) -> Finding | None:
    """Outputs that differ though all nodes agree, where one brings numbers to another precision."""
    told = [note for place in (0, 1) if (note := _island(pair, place))]
    return Finding(False, float("inf"), EXACT, "precision", "; ".join(told), 1) if told else None


def _island(pair: Pair, place: int) -> str:
    notes = [note for note in pair.known[place].notes if "precision" in note]
    return f"dtype: {pair.both[place].label}: {notes[0]}" if notes else ""


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
    if pair.read is None:
        return _counted(pair)
    known, lone = (set(pair.weights), set(pair.weights.values())), dict[str, str]()
    for side, read, names in zip(pair.both, pair.read, known, strict=True):
        lone |= {f"{name} of {side.label}": name for name in _trained(read) if name not in names}
        beside = _beside(side.given.trained(), read)
        lone |= {f"{name} of {side.label}, which no output depends on": name for name in beside}
    if lone:
        said, count = f"in one model alone: {first_few(list(lone), 6)}", len(pair.weights)
        return Finding(False, float(len(lone)), 0.0, next(iter(lone.values())), said, count)
    return _frozen(pair)


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
