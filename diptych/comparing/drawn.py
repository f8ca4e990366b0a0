"""What is drawn of a comparison beside its gates; nothing of it decides anything, and what fails here is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..common.comparing.along import ITSELF, Along, Measure
from ..common.comparing.sketch import Sketch, sketch
from ..common.text import first_few
from .pair import Pair
from .seen import EXACT, LOW, NARROW, last_node, layers
from .sides import Images

LINES = 3
"""How many lone layers of a side a note names."""


def along(pair: Pair) -> Along:
    """The numbers along the network; where no step parts though the answers do, of the layers as they run."""
    if pair.parted is None or pair.along.tensors:
        return pair.along
    try:
        return _watched(pair, pair.parted)
    except Exception:  # noqa: BLE001 - whatever a model raises whose layers are watched
        return pair.along


def _watched(pair: Pair, images: Images) -> Along:
    """The layers of the copies in float64, or those of the models as they stand where these alone part."""
    found = _seen(pair, images, low=False)
    if not found.tensors and pair.exact:
        found = _seen(pair, images, low=True)
    if not pair.along.curve:
        return found
    known = {last_node(pair.known[0], measure.one): measure.accumulated for measure in found.curve}
    curve = (replace(measure, accumulated=known.get(measure.one)) for measure in pair.along.curve)
    return Along(tuple(curve), found.tensors)


def _seen(pair: Pair, images: Images, low: bool) -> Along:
    limit = LOW if low else max(EXACT, pair.bound) if pair.exact else NARROW
    measures, tensors = list[Measure](), list[Sketch]()
    for one, other, mine, theirs, gap in layers(pair, images, low):
        measures.append(Measure(one, other, "layer", accumulated=gap))
        if gap > limit:
            tensors[1:] = [sketch(one, ITSELF, mine, theirs)]  # the first and the last
    return Along(tuple(measures), tuple(tensors))


def sources(pair: Pair) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Path -> line of its own code, of both."""
    one, other = (side.exact.lines if side.read is None else side.read.lines for side in pair.both)
    return one, other


def lone(pair: Pair) -> Iterator[str]:
    """What has no partner, of either side, where the steps of the two differ."""
    if pair.read is None or not pair.unlike:
        return
    found = pair.alignment
    alone = [found.one.steps[a].path for a, b in found.pairs if a is not None and b is None]
    beside = [found.other.steps[b].path for a, b in found.pairs if b is not None and a is None]
    for side, names in zip(pair.both, (alone, beside), strict=True):
        if names:
            yield f"no partner: {first_few(names, LINES)} of {side.label}"
