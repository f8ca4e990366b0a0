"""Where two models part that cannot be read, or that do something else than what was read of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..checking.case import Finding
from ..common.comparing.apart import apart, channelwise
from ..common.comparing.parting import Partings
from ..common.op import Op
from ..common.ops.relu import Relu
from ..common.ops.sigmoid import Sigmoid
from ..common.ops.softmax import Softmax
from ..common.ops.tanh import Tanh
from ..common.spec import Array, Node
from .pair import Pair, matched
from .seen import EXACT, NARROW, departure, exact, off_meaning
from .sides import Images
from .trained import shortly
from .why import placed


def by_layers(pair: Pair) -> Finding | str:
    """What the layers of both hand on, as far as it can be seen, at the images to which the answers differ."""
    if pair.parted is None:
        return pair.unread
    images = pair.parted
    try:
        found = departure(pair, images)
    except Exception as error:  # noqa: BLE001 - whatever a model raises whose layers are watched
        return f"{pair.unread}; nor can its layers be watched: {shortly(error)}"
    if found is None:
        last = _last_function(pair, images)
        cause = last or _image_cause(pair, images)
        said, where = (f"the last function: {last}", "output") if last else (cause, "the image")
        gap = float("inf")
        return Finding(False, gap, EXACT, where, f"{said}; {pair.unread}", 1, cause=cause) if cause else pair.unread
    cause = _image_cause(pair, images) or _unread_cause(pair)
    unread = "" if pair.unread in cause else pair.unread
    why = [placed(pair, found), f"at {images.name}", unread, f"cause: {cause}" if cause else ""]
    said = "; ".join(filter(None, why))
    return Finding(False, found.gap, EXACT, found.one, said, found.count + 1, cause=cause)


TURNED: dict[str, Callable[[Array], Array]] = {
    "channels of the image reversed (RGB against BGR)": lambda x: x[:, ::-1],
    "image mirrored": lambda x: x[..., ::-1],
    "image divided by 255": lambda x: x / 255,
    "image scaled to -1 to 1 from 0 to 255": lambda x: x / 127.5 - 1,
    "image standardised by ImageNet's mean and deviation": lambda x: _standardised(x),
    "image divided by 255 and standardised by ImageNet's mean and deviation": lambda x: _standardised(x / 255),
}


MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def _standardised(x: Array) -> Array:
    """Three channels as torchvision's and keras.applications' models take them; others as they are."""
    if x.shape[1] != len(MEAN):
        return x
    mean, deviation = (np.array(numbers).reshape(-1, 1, 1) for numbers in (MEAN, DEVIATION))
    return np.asarray((x - mean) / deviation)


def _image_cause(pair: Pair, images: Images) -> str:
    """What one of the models does with an image, if that is all that sets them apart."""
    for words, turned in TURNED.items():
        least = NARROW if "ImageNet" in words else 0.0
        plain = [exact(side, images).outputs(images.values) for side in pair.both]
        if np.array_equal(turned(images.values), images.values) or _same(pair, plain[0], plain[1], least):
            continue
        for side, other in (pair.both, pair.both[::-1]):
            answers = exact(side, images).outputs(turned(images.values)), exact(other, images).outputs(images.values)
            if _same(pair, *answers, least):
                return f"{words} in {other.label} alone"
    return ""


def _unread_cause(pair: Pair) -> str:
    """What stands in the way of reading one model alone is what the other does not do, as likely as not."""
    unread = [side for side in pair.both if side.read is None]
    return f"likely why {pair.unread}" if len(unread) == 1 else ""


def _same(pair: Pair, one: Mapping[str, Array], other: Mapping[str, Array], least: float = 0.0) -> bool:
    """Whether answers are the same, within `least` where constants may have been rounded."""
    together, bound = matched(one, other) or [], max(least, pair.bound if pair.exact else NARROW)
    return bool(together) and all(channelwise(a, b) <= bound for _, a, b in together)


LAST: dict[str, Op] = {"softmax": Softmax(), "sigmoid": Sigmoid(), "relu": Relu(), "tanh": Tanh()}


def _last_function(pair: Pair, images: Images) -> str:
    """What one of the models does last, if that is all that sets them apart."""
    for words, function in LAST.items():
        for side, other in (pair.both, pair.both[::-1]):
            at = [exact(item, images) for item in (side, other)]
            with np.errstate(all="ignore"):
                more = {name: function.run(value) for name, value in at[0].outputs(images.values).items()}
            if _same(pair, more, at[1].outputs(images.values)):
                return f"{words} in {other.label} alone, or once more than in {side.label}"
    return ""


def unlike_meaning(pair: Pair, images: Images, found: Partings) -> Finding | None:
    """A model that answers otherwise than its layers say: hooks, patches and roundings that no reading shows."""
    if pair.parted is None:
        return None
    back = {b: a for a, b in pair.alignment.partners.items()}
    ours = {a: a for a in found.values}
    flows = (pair.alignment.one, ours), (pair.alignment.other, back)
    for place, (flow, partner) in enumerate(flows):
        known = {step.path: partner.get(at) for at, step in enumerate(flow.steps)}
        values = {path: found.values[a] for path, a in known.items() if a is not None and a in found.values}
        wanted = [values[flow.steps[item].path] for item in flow.outputs if flow.steps[item].path in values]
        for given in (pair.both[place].exact, pair.both[place].given):
            bound = max(EXACT, pair.bound) if given.dtype == "float64" else NARROW
            answers = list(given.outputs(images.values).values())[: len(flow.outputs)]
            gap = max((min(apart(a, value) for value in wanted) for a in answers), default=0.0) if wanted else 0.0
            if gap > bound:
                return _off(pair, place, values, images, gap)
    return _rounded(pair, images)


def _off(pair: Pair, place: int, values: dict[str, Array], images: Images, gap: float) -> Finding:
    side, first = pair.both[place], off_meaning(pair, place, values, images)
    where = first[0] if first else "output"
    said = f"{side.label} answers otherwise than its layers say, first in {where}: a hook or a patch of its own"
    if first and _of_batch(pair, place, where, values, images):
        said = f"{side.label} normalises {where} with the statistics of the batch in evaluation, as in training"
    island = _island(pair, place)
    return Finding(False, first[1] if first else gap, EXACT, where, island or said, 1, side.label, island or said)


def _of_batch(pair: Pair, place: int, name: str, values: Mapping[str, Array], images: Images) -> bool:
    """Whether what a normalisation hands on is what it would in training."""
    nodes = pair.known[place].net.nodes
    node = next((node for node in nodes if node.path == name and node.op.normalises), None)
    seen = pair.both[place].exact.seen(images.values, training=False).get(name)
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


def _rounded(pair: Pair, images: Images) -> Finding | None:
    """Outputs that differ though all nodes agree, where one brings numbers to another precision."""
    told = [note for place in (0, 1) if (note := _island(pair, place))]
    if not told and not pair.rounded:
        return None
    found = departure(pair, images, low=True)
    if not told and found is None:
        return None
    where, gap = (found.one, found.gap) if found else ("precision", float("inf"))
    said = "; ".join(told) or f"dtype: rounded to less than float32, {placed(pair, found) if found else ''}"
    return Finding(False, gap, EXACT, where, said, 1, cause=said)


def by_chance(pair: Pair) -> Finding | None:
    """Where a model that answers twice with other numbers first does so."""
    images = pair.images[0]
    for side in pair.both:
        seeds = [np.ones_like(value) for value in side.exact.outputs(images.values).values()]
        if found := side.exact.step(images.values, seeds, training=False).dropouts:
            where, said = found[0].name or "dropout", f"{side.label} applies {found[0]} in evaluation"
            return Finding(False, float("inf"), EXACT, where, said, 1, side.label, said)
    seen, restless = by_layers(pair), pair.restless_side
    said = f"{restless} answers to the same images twice with other numbers: noise"
    return replace(seen, side=restless, cause=seen.cause or said) if isinstance(seen, Finding) else None


def _island(pair: Pair, place: int) -> str:
    notes = [note for note in pair.known[place].notes if "precision" in note]
    return f"dtype: {pair.both[place].label}: {notes[0]}" if notes else ""
