"""The gates that train: gradients as in evaluation, and one step in training mode with dropout off, of the models given.

What depends on chance, such as noise, is found by making the step twice. Dropout is compared by its rates and places.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..checking.case import Finding
from ..common.compare import FLOAT64_TOLERANCE, difference
from ..common.comparing.flow import Flow
from ..common.comparing.given import Pass
from ..common.spec import Array, Net
from .pair import FLOOR, Pair, canonical, channelwise, matched
from .sides import Images, Side

Named = Mapping[str, Array]


def gradients(pair: Pair) -> Finding | None:
    """The gradients of the images and of every weight, as in evaluation."""
    return _steps(pair, training=False)


def training(pair: Pair) -> Finding | None:
    """Outputs, gradients and the statistics that are left of a step in training mode."""
    return _steps(pair, training=True)


def _steps(pair: Pair, training: bool) -> Finding | None:
    images = max((item for item in pair.images if item.values.shape[1:] == pair.images[0].values.shape[1:]), key=lambda i: len(i.values))
    if any(side.wide is None for side in pair.both):
        return None
    one, other = pair.step(images, training)
    if training and (label := _by_chance(pair, images, one, other)):
        return Finding(False, float("inf"), 0.0, "output", f"{label} trains by chance though dropout is off: noise or augmentation", 1)
    parts = [("output of", list(_outputs(one, other))), ("gradient of", [("the images", one.input_gradient, other.input_gradient, 0.0)])]
    if pair.readable:
        parts[1:1] = [("gradient of", list(_weights(pair, one, other)))]
        if training:
            parts[1:1] = [("statistic", list(_statistics(pair, one, other, len(images.values))))]
    worst, count = Finding(True, 0.0, FLOAT64_TOLERANCE), 0
    for word, entries in parts:
        for name, a, b, floor in entries:
            gap = channelwise(a.reshape(b.shape), b) if word == "output of" and a.size == b.size else difference(a, b, floor)[0]
            count += 1
            if not gap <= FLOAT64_TOLERANCE:
                return Finding(False, gap, FLOAT64_TOLERANCE, f"{word} {name}", "", count)
            worst = Finding(True, gap, FLOAT64_TOLERANCE, f"{word} {name}") if gap > worst.measured else worst
    return Finding(True, worst.measured, worst.tolerance, worst.where, "", count)


def _by_chance(pair: Pair, images: Images, one: Pass, other: Pass) -> str:
    """The model that answers otherwise to a second step, "" for neither."""
    again = pair.step(images, training=True)
    for side, first, second in zip(pair.both, (one, other), again, strict=True):
        if any(channelwise(first.outputs[name], second.outputs[name]) > FLOAT64_TOLERANCE for name in first.outputs):
            return side.label
    return ""


def _outputs(one: Pass, other: Pass) -> Iterator[tuple[str, Array, Array, float]]:
    together = matched(one.outputs, other.outputs)
    if together is None:
        yield f"{len(one.outputs)} against {len(other.outputs)}", np.zeros(1), np.ones(1), 0.0
    for name, a, b in together or ():
        yield name, a, b, 0.0


def _weights(pair: Pair, one: Pass, other: Pass) -> Iterator[tuple[str, Array, Array, float]]:
    """The gradients of weights that belong together, from the last to the first: the order in which a fault spreads."""
    left, right = _all(pair.one, one.gradients, pair.places[0]), _all(pair.other, other.gradients, pair.places[1])
    floor = FLOOR * max((float(np.abs(value).max()) for value in right.values()), default=0.0)
    for mine, theirs in reversed(pair.weights.items()):
        if mine in left and theirs in right and _kind(pair.one, mine) == "trainable":
            yield mine, left[mine].reshape(right[theirs].shape), right[theirs], floor


def _statistics(pair: Pair, one: Pass, other: Pass, batch: int) -> Iterator[tuple[str, Array, Array, float]]:
    left, right = _all(pair.one, one.buffers, pair.places[0]), _all(pair.other, other.buffers, pair.places[1])
    left, right = (_biased(side, found, batch) for side, found in zip(pair.both, (left, right), strict=True))
    for mine, theirs in pair.weights.items():
        if mine in left and theirs in right and _kind(pair.one, mine) == "statistic":
            yield mine, left[mine], right[theirs], 0.0


def _kind(side: Side, name: str) -> str:
    assert side.read is not None
    return side.read.net.weights[name].kind


def _all(side: Side, own: Named, places: Named) -> dict[str, Array]:
    """Arrays by canonical names, of a model's own arrays, of which some are missing."""
    assert side.read is not None
    weights = side.given.weights()
    whole = {name: own.get(name, np.full(array.shape, np.nan)) for name, array in weights.items()}
    found = canonical(whole, list(weights), places, list(side.read.net.weights))
    return {name: array for name, array in found.items() if not np.isnan(array).any()}


def _biased(side: Side, found: dict[str, Array], batch: int) -> dict[str, Array]:
    """The running variances of PyTorch with the factor n / (n - 1) taken out, which Keras does not have."""
    if side.given.framework != "torch" or side.read is None:
        return found
    answer = dict(found)
    for node in side.read.net.nodes:
        name = node.own_weights().get("running_var", "")
        if not node.op.normalises or name not in answer:
            continue
        values, momentum = batch * math.prod(map(int, node.in_shapes[0][1:])), float(vars(node.op)["momentum"])
        kept = (1 - momentum) * side.read.weights[name]
        answer[name] = kept + (answer[name] - kept) * (values - 1) / values
    return answer


def dropout(pair: Pair) -> Finding | None:
    """The same rates in the same places."""
    if not pair.readable:
        return None
    found = [_rates(side.read.net, known) for side, known in zip(pair.both, (pair.alignment.one, pair.alignment.other), strict=True) if side.read]
    partners, count = pair.alignment.partners, 0
    back = {b: a for a, b in partners.items()}
    here = {a: rates for a, rates in found[0].items()}
    there = {back.get(b, -1 - b): rates for b, rates in found[1].items()}
    for place in sorted({*here, *there}, key=abs):
        count += 1
        if here.get(place, []) != there.get(place, []):
            path = pair.alignment.one.steps[place].path if place >= 0 else pair.alignment.other.steps[-1 - place].path
            said = f"after {path}: {_said(here.get(place))} in {pair.one.label}, {_said(there.get(place))} in {pair.other.label}"
            return Finding(False, 1.0, 0.0, path, said, count)
    return Finding(True, 0.0, 0.0, "", "", count)


def _said(rates: list[float] | None) -> str:
    return " and ".join(f"dropout of {rate:g}" for rate in rates) if rates else "no dropout"


def _rates(net: Net, known: Flow) -> dict[int, list[float]]:
    """Place of a step -> the rates of the dropout that its value goes through."""
    places = {step.path: place for place, step in enumerate(known.steps)}
    found: dict[int, list[float]] = {}
    for node in net.nodes:
        if node.kind != "dropout" or not float(vars(node.op)["rate"]):
            continue
        source: Any = net.nodes[node.inputs[0]]
        while source.path not in places:
            source = net.nodes[source.inputs[0]]
        found.setdefault(places[source.path], []).append(float(vars(node.op)["rate"]))
    return {place: sorted(rates) for place, rates in found.items()}


