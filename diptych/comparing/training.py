"""The gates that train: gradients as in evaluation, and one step in training mode, of the models as they are given.

What depends on chance, such as noise, is found by making the step twice. Dropout is compared by its rates and places.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..checking.case import Finding
from ..common.compare import FLOAT64_TOLERANCE, difference
from ..common.comparing.flow import Flow
from ..common.comparing.given import Pass
from ..common.spec import Array, Net
from .pair import FLOOR, Pair, channelwise, matched
from .sides import Images

Entry = tuple[str, Array, Array, float]
"""What is compared, both sides of it, and the smallest number that is a measure."""


def gradients(pair: Pair) -> Finding | str:
    """The gradients of the images and of every weight, as in evaluation."""
    return _steps(pair, training=False)


def training(pair: Pair) -> Finding | str:
    """Outputs, statistics that are left, and gradients of a step in training mode."""
    return _steps(pair, training=True)


def _steps(pair: Pair, training: bool) -> Finding | str:
    own = [images for images in pair.images if images.shape == pair.images[0].shape]
    images = max(own, key=lambda item: len(item.values))
    passes = pair.step(images, training)
    if passes is None:
        lone = ", ".join(side.label for side in pair.both if side.wide is None)
        return f"{lone} is a class of its own, of which no copy in float64 can be made"
    if training and (label := _by_chance(pair, images, passes)):
        said = f"{label} trains by chance though dropout is off: noise or augmentation"
        return Finding(False, float("inf"), 0.0, "output", said, 1)
    worst, count, rounded = Finding(True, 0.0, FLOAT64_TOLERANCE), 0, _rounded(pair)
    for name, a, b, floor in _entries(pair, *passes, len(images.values), training):
        gap, count = channelwise(a, b) if floor < 0 else difference(a.reshape(b.shape), b, floor)[0], count + 1
        bound = rounded if name.startswith("gradient") else FLOAT64_TOLERANCE
        found = Finding(bool(gap <= bound), gap, bound, name, "", count)
        if not found.passed:
            return found
        worst = found if gap > worst.measured else worst
    return Finding(True, worst.measured, worst.tolerance, worst.where, "", count)


def _rounded(pair: Pair) -> float:
    """The tolerance of gradients: PyTorch rounds those of some functions to float32 at any dtype (hard swish)."""
    nodes = pair.read[0].net.nodes if pair.read else ()
    return max(FLOAT64_TOLERANCE, *(node.op.rounded_gradient for node in nodes), 0.0)


def _entries(pair: Pair, one: Pass, other: Pass, batch: int, training: bool) -> Iterator[Entry]:
    """What is compared of a step, in the order in which a fault spreads; a floor below 0 means by channel."""
    together = matched(one.outputs, other.outputs)
    if together is None:
        yield f"{len(one.outputs)} outputs against {len(other.outputs)}", np.zeros((1, 1)), np.ones((1, 1)), -1.0
    yield from ((f"output of {name}", a, b, -1.0) for name, a, b in together or ())
    if pair.read is not None:
        yield from _statistics(pair, one, other, batch) if training else ()
        yield from _weights(pair, one, other)
    yield "gradient of the images", one.input_gradient, other.input_gradient, 0.0


def _by_chance(pair: Pair, images: Images, passes: tuple[Pass, Pass]) -> str:
    """The model that answers otherwise to a second step, "" for neither."""
    again = pair.step(images, training=True, turn=1)
    for side, first, second in zip(pair.both, passes, again or passes, strict=True):
        if any(channelwise(first.outputs[name], second.outputs[name]) > FLOAT64_TOLERANCE for name in first.outputs):
            return side.label
    return ""


def _weights(pair: Pair, one: Pass, other: Pass) -> Iterator[Entry]:
    """The gradients of weights that belong together, from the last to the first."""
    left, right = pair.canonical(0, one.gradients), pair.canonical(1, other.gradients)
    floor = FLOOR * max((float(np.abs(value).max()) for value in right.values()), default=0.0)
    for mine, theirs in reversed(pair.weights.items()):
        if mine in left and theirs in right and left[mine].size == right[theirs].size:
            yield f"gradient of {mine}", left[mine], right[theirs], floor


def _statistics(pair: Pair, one: Pass, other: Pass, batch: int) -> Iterator[Entry]:
    left, right = (_biased(pair, place, found, batch) for place, found in enumerate((one, other)))
    for mine, theirs in pair.weights.items():
        if mine in left and theirs in right:
            spread = right.get(theirs.replace("running_mean", "running_var"), right[theirs])
            floor = float(np.sqrt(np.abs(spread).max()))  # a mean may be 0 but for rounding
            yield f"statistic {mine}", left[mine], right[theirs], floor


def _biased(pair: Pair, place: int, found: Pass, batch: int) -> dict[str, Array]:
    """The running statistics, those of PyTorch with the factor n / (n - 1) taken out, which Keras does not have."""
    read, answer = pair.known[place], pair.canonical(place, found.buffers)
    for node in read.net.nodes if pair.both[place].given.framework == "torch" else ():
        name = node.own_weights().get("running_var", "")
        if not node.op.normalises or name not in answer:
            continue
        values, momentum = batch * math.prod(map(int, node.in_shapes[0][1:])), float(vars(node.op)["momentum"])
        kept = (1 - momentum) * np.asarray(read.weights[name], np.float64)
        answer[name] = kept + (answer[name] - kept) * (values - 1) / values
    kinds = {name: weight.kind for name, weight in read.net.weights.items()}
    return {name: array for name, array in answer.items() if kinds[name] == "statistic"}


def dropout(pair: Pair) -> Finding | str:
    """The same rates in the same places."""
    if pair.read is None:
        return _rates_alone(pair)
    flows = pair.alignment.one, pair.alignment.other
    back = {b: a for a, b in pair.alignment.partners.items()}
    here = _rates(pair.read[0].net, flows[0])
    there = {back.get(b, -1 - b): rates for b, rates in _rates(pair.read[1].net, flows[1]).items()}
    for place in sorted({*here, *there}, key=abs):
        if here.get(place) != there.get(place):
            path = flows[0].steps[place].path if place >= 0 else flows[1].steps[-1 - place].path
            return _other_rates(pair, path, here.get(place), there.get(place))
    return Finding(True, 0.0, 0.0, "", "", len(here))


def _rates_alone(pair: Pair) -> Finding | str:
    """Without layers: all rates that a step in training meets."""
    passes = pair.step(pair.images[0], training=True)
    if passes is None:
        return "neither layers nor a step in training can be seen"
    found = [sorted(item.dropouts) for item in passes]
    if found[0] != found[1]:
        return _other_rates(pair, "the image", *found)
    return Finding(True, 0.0, 0.0, "", "rates were compared, not places", len(found[0]))


def _other_rates(pair: Pair, path: str, one: list[float] | None, other: list[float] | None) -> Finding:
    told = [" and ".join(f"{rate:g}" for rate in rates) if rates else "none" for rates in (one, other)]
    said = f"dropout after {path}: {told[0]} in {pair.one.label}, {told[1]} in {pair.other.label}"
    return Finding(False, 1.0, 0.0, path, said, 1)


def _rates(net: Net, known: Flow) -> dict[int, list[float]]:
    """Place of a step -> the rates of the dropout that its value goes through."""
    places = {step.path: place for place, step in enumerate(known.steps)}
    found: dict[int, list[float]] = {}
    for node in net.nodes:
        rate = float(vars(node.op).get("rate", 0.0)) if node.kind == "dropout" else 0.0
        source = node
        while source.path not in places and source.inputs:
            source = net.nodes[source.inputs[0]]
        if rate and source.path in places:
            found.setdefault(places[source.path], []).append(rate)
    return {place: sorted(rates) for place, rates in found.items()}
