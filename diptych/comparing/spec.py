"""Two models held to the network that both are meant to be: the third opinion, which says who departs.

Each model is compared with the network itself, built in float64 with the weights of the first model that can be read;
so a fault that both models share is found, and every finding names the side that has it. What the two do in their own
dtypes is compared between them, since a network has no rounding of its own.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import backends
from ..checking.report import Gate
from ..common.comparing.align import aligned
from ..common.comparing.columns import columns
from ..common.comparing.flow import flow
from ..common.errors import DiptychError
from ..common.importing.imported import Imported
from ..common.registry import network, registered
from ..common.rewriting.resized import resized
from ..common.spec import Array, Net
from ..common.weights import scrambled
from .answers import outputs
from .compare import asked_of, gates, notes, pairs
from .gates import WEIGHTS
from .pair import Pair
from .report import Comparison
from .sides import Side, images, labels, side

Weights = dict[str, Array]


def held_to_spec(
    net: Net, models: Sequence[Any], batches: Sequence[int], say: Callable[[str], None] = lambda text: None
) -> Comparison:
    """Both models against the network, gate by gate; the layers that are named are the network's."""
    start = time.monotonic()
    net = _of_size(net, models)
    shape = (int(net.input_shape[0]), int(net.input_shape[1]), int(net.input_shape[2]))
    say("reading both models")
    sides = [side(model, label, shape) for model, label in zip(models, labels(models), strict=True)]
    meant = _meant(net, sides)
    batch_list = list(images(shape, batches, None))
    held = [Pair(meant, one, batch_list, _named(net, one)) for one in sides]
    between = Pair(sides[0], sides[1], batch_list)
    found = [tuple(gates(pair, _saying(say, pair))) for pair in held]
    merged = [_merged(two, held) for two in zip(*found, strict=True)]
    merged = [_as_they_stand(merged[0], between), *merged[1:]]
    told = dict.fromkeys(note for pair in (*held, between) for note in notes(pair))
    unsure = dict.fromkeys(why for pair in (*held, between) for why in pair.unsure)
    return Comparison(
        net.name,
        tuple(merged),
        tuple(dict.fromkeys(item.name for pair in held for item in pair.compared)),
        {},
        time.monotonic() - start,
        unsure=tuple(unsure),
        notes=tuple(told),
        pairs=_pairs(held),
    )


def _saying(say: Callable[[str], None], pair: Pair) -> Callable[[str], None]:
    return lambda text: say(f"{pair.other.label}: {text}")


def _of_size(net: Net, models: Sequence[Any]) -> Net:
    """The network for the images that a Keras model of one size takes."""
    for model in models:
        stated = getattr(model, "input_shape", None)
        if not isinstance(stated, tuple) or len(stated) != 4 or None in stated[1:3]:
            continue
        size = (int(stated[1]), int(stated[2]))
        if size == tuple(map(int, net.input_shape[1:])):
            continue
        options = dict(net.options)
        known = registered(net.name) and network(net.name).trace(**options).nodes == net.nodes
        found = network(net.name).trace(**(options | {"input_size": size})) if known else resized(net, size)
        if found is None:
            own = "x".join(map(str, net.input_shape[1:]))
            raise DiptychError(
                f"{net.name} is for images of {own}, and the Keras model for {size[0]}x{size[1]}; give both one size"
            )
        return found
    return net


def _meant(net: Net, sides: Sequence[Side]) -> Side:
    """The network with the weights of the first side that has them, as a side of its own."""
    weights = scrambled(net)  # of a weight that neither model has; the gate of the parameters names it
    for one in reversed(sides):
        weights |= _weights(net, one)
    backends.get("torch")
    meant = importlib.import_module(f"..{backends.NAMES['torch']}.meant", __package__).Meant(net, weights)
    return Side(net.name, meant, meant, Imported(net, weights))


def _weights(net: Net, one: Side) -> Weights:
    """The network's weights as a model has them, those that fit."""
    if one.read is None:
        return _by_names(net, one)
    found, weights = aligned(net, one.read.net, _named(net, one)), Weights()
    for a, b in found.partners.items():
        mine, theirs = found.one.steps[a].node.own_weights(), found.other.steps[b].node.own_weights()
        order = columns(found.one, found.other, a, b)
        for own in mine.keys() & theirs.keys():
            array = np.asarray(one.read.weights[theirs[own]], np.float64)
            shape = tuple(map(int, net.weights[mine[own]].shape))
            if array.size == np.prod(shape):
                array = array[:, np.argsort(order)] if order is not None and own == "weight" else array
                weights[mine[own]] = array.reshape(shape)
    return weights


def _by_names(net: Net, one: Side) -> Weights:
    """The weights of a model that cannot be read, where it names them as the network does."""
    try:
        found = backends.get(one.given.framework).read(one.given.model, net)
    except Exception:  # noqa: BLE001 - whatever a model with other layers raises
        return {}
    return {name: np.asarray(array, np.float64) for name, array in found.items()
            if array.shape == tuple(map(int, net.weights[name].shape))}  # fmt: skip


def _named(net: Net, one: Side) -> dict[str, str]:
    """The layers of a model that have the name of a node and its weights' shapes: they belong together."""
    if one.read is None:
        return {}
    theirs = {step.path: _shapes(step.node) for step in flow(one.read.net).steps}
    return {step.path: step.path for step in flow(net).steps
            if (shapes := _shapes(step.node)) and theirs.get(step.path) == shapes}  # fmt: skip


def _shapes(node: Any) -> dict[str, tuple[int, ...]]:
    return {own: tuple(map(int, node.weights()[name].shape)) for own, name in node.own_weights().items()}


def _merged(found: tuple[Gate, ...], held: Sequence[Pair]) -> Gate:
    """One gate of the findings of both sides: what fails comes first, and says which side it is."""
    labels = [pair.other.label for pair in held]
    failed = [place for place, gate in enumerate(found) if gate.passed is False]
    if not failed:
        open_ = [place for place, gate in enumerate(found) if gate.passed is None]
        if open_:
            return replace(found[open_[0]], detail=f"{labels[open_[0]]}: {found[open_[0]].detail}")
        worst = max(found, key=lambda gate: gate.measured or 0.0)
        return replace(worst, compared=sum(gate.compared for gate in found))
    first = found[failed[0]]
    if len(failed) == 1:
        other = 1 - failed[0]
        kept = f"; {labels[other]} keeps to it" if found[other].passed else ""
        side = "" if first.cause.startswith(WEIGHTS) else labels[failed[0]]
        return replace(first, side=side, detail=f"{labels[failed[0]]} departs{kept}: {first.detail}".rstrip(": "))
    told = "; ".join(f"{label} departs at {gate.where or 'the output'}{f': {gate.detail}' if gate.detail else ''}"
                     for label, gate in zip(labels, found, strict=True))  # fmt: skip
    return replace(_earlier(found, held), side=" and ".join(labels), detail=told)


def _earlier(found: tuple[Gate, ...], held: Sequence[Pair]) -> Gate:
    """The one of two findings whose layer comes first in the network."""
    order = {node.path: place for place, node in enumerate(held[0].one.read.net.nodes)} if held[0].one.read else {}
    return min(found, key=lambda gate: order.get(gate.where, len(order)))


def _as_they_stand(gate: Gate, between: Pair) -> Gate:
    """The gate of the outputs with what the models answer in their own dtypes, each held to the other."""
    if gate.passed is not True:
        return gate
    found = asked_of(between, outputs)
    if found.passed is False:
        return found
    return replace(gate, compared=gate.compared + found.compared)


def _pairs(held: Sequence[Pair]) -> tuple[tuple[str, str], ...]:
    """The layers of both that belong to one node of the network; "" where a side has none."""
    if any(pair.read is None for pair in held):
        return ()
    known = [{mine: theirs for mine, theirs in pairs(pair) if mine} for pair in held]
    return tuple((known[0].get(path, ""), known[1].get(path, "")) for path in {**known[0], **known[1]})

