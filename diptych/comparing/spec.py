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
from ..checking.asked import asked_gates, left_out
from ..checking.report import Gate
from ..common.comparing.align import aligned
from ..common.comparing.columns import columns
from ..common.comparing.flow import flow
from ..common.errors import DiptychError
from ..common.importing.imported import Imported
from ..common.registry import network, registered
from ..common.rewriting.resized import resized
from ..common.spec import Array, Net
from ..common.text import first_few
from ..common.weights import scrambled
from ..training.gate import with_training
from .answers import outputs
from .compare import GATES, asked_of, notes, pairs, run_gates
from .drawn import along, sources
from .gates import WEIGHTS
from .pair import Pair
from .report import Comparison
from .sides import Side, given_as, images, labels, side

Weights = dict[str, Array]
TURNED = "turned "
"""Before the name of a weight that was brought into the network's order."""


def held_to_spec(
    net: Net,
    models: Sequence[Any],
    batches: Sequence[int],
    gates: Sequence[str] | None,
    fast: bool,
    steps: int | None,
    optimizer: Any,
    say: Callable[[str], None],
) -> Comparison:
    """Both models against the network, gate by gate; the layers that are named are the network's."""
    start, wanted = time.monotonic(), asked_gates(list(GATES), gates, fast, always="outputs", steps=steps)
    net = _of_size(net, models)
    shape = (int(net.input_shape[0]), int(net.input_shape[1]), int(net.input_shape[2]))
    say("reading both models")
    sides = [_widened(net, side(model, label, shape)) for model, label in zip(models, labels(models), strict=True)]
    own = [_weights(net, one) for one in sides]
    if broken := [name for name in own[0] if name in own[1] and not (_finite(own[0][name]) or _finite(own[1][name]))]:
        why = f"{first_few(broken, 4)} hold NaN or infinity in both models; give them finite weights"
        open_gates = tuple(Gate(name, detail=why) for name in wanted)
        return Comparison(net.name, open_gates, (), unsure=(why,), seconds=time.monotonic() - start)
    meant, batch_list = _meant(net, own), list(images(shape, batches, None, fast))
    del own  # those of both models, in float64
    held = [Pair(meant, one, batch_list, _named(net, one)) for one in sides]
    found = [tuple(run_gates(pair, wanted, _saying(say, pair))) for pair in held]
    between = Pair(sides[0], sides[1], batch_list)
    merged = [_merged(two, held) for two in zip(*found, strict=True)]
    merged = [_as_they_stand(merged[0], between), *merged[1:]]
    stated = [why for pair in held if not pair.compared for why in _settings(net, pair.other)]
    unsure = dict.fromkeys([*(why for pair in (*held, between) for why in pair.unsure), *stated])
    cases = dict.fromkeys(item.name for pair in held for item in pair.compared)
    shown = _shown(found, held)
    drawn, left = along(shown), left_out(list(GATES), wanted, fast)
    report = Comparison(
        net.name, tuple(merged), tuple(cases), seconds=time.monotonic() - start, notes=(*left, *_notes(held)),
        partial=bool(left), unsure=tuple(unsure), pairs=pairs(shown), labels=(net.name, shown.other.label),
        curve=drawn.curve, tensors=drawn.tensors, sources=sources(shown),
    )  # fmt: skip
    return with_training(report, wanted, tuple(models), steps, optimizer, say, example=(1, *shape))


def _settings(net: Net, one: Side) -> list[str]:
    """The layers of a model that does not run, by name, whose settings are not those of the network."""
    try:
        found = backends.get(one.given.framework).differences(one.given.model, net)
    except Exception:  # noqa: BLE001 - whatever a model with other layers raises
        return []
    told = first_few([f"{item.path}: got {item.got}, expected {item.expected}" for item in found], 4, "; ", "; and ")
    return [f"by the names of its layers, {one.label} has at {told}"] if told else []


def _shown(found: Sequence[Sequence[Gate]], held: Sequence[Pair]) -> Pair:
    """The pair that is drawn: the first of which a gate failed."""
    return next(
        (pair for pair, gates in zip(held, found, strict=True) if any(g.passed is False for g in gates)), held[0]
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


def _widened(net: Net, one: Side) -> Side:
    """The side with a copy in float64 where the network says how to make one: of a class that diptych emitted."""
    if one.wide is not None:
        return one
    backend = backends.get(one.given.framework)
    try:
        return replace(one, wide=given_as(backend.cast(one.given.model, net, "float64")))
    except Exception:  # noqa: BLE001 - whatever a class of somebody's own raises
        return one


def _finite(array: Array) -> bool:
    return bool(np.isfinite(array).all())


def _meant(net: Net, own: Sequence[Weights]) -> Side:
    """The network with the weights of the first side that has them, as a side of its own."""
    weights = scrambled(net)  # of a weight that neither model has; the gate of the parameters names it
    for turned in (True, False):
        for found in reversed(own):
            weights |= {name.removeprefix(TURNED): array for name, array in found.items()
                        if name.startswith(TURNED) == turned and _finite(array)}  # fmt: skip
    backends.get("torch")
    meant = importlib.import_module(f"..{backends.NAMES['torch']}.meant", __package__).Meant(net, weights)
    return Side(net.name, meant, meant, Imported(net, weights))


def _weights(net: Net, one: Side) -> Weights:
    """The network's weights as a model has them, those that fit; first those in the network's own order.

    A kernel after a map that is flattened in another order is turned, and stands after `turned`: the order may be what
    is wrong with it.
    """
    if one.read is None:
        return _by_names(net, one)
    found, weights, turned = aligned(net, one.read.net, _named(net, one)), Weights(), Weights()
    for a, b in found.partners.items():
        mine, theirs = found.one.steps[a].node.own_weights(), found.other.steps[b].node.own_weights()
        order = columns(found.one, found.other, a, b)
        for own in mine.keys() & theirs.keys():
            array = np.asarray(one.read.weights[theirs[own]], np.float64)
            shape = tuple(map(int, net.weights[mine[own]].shape))
            if array.size != np.prod(shape):
                continue
            if order is not None and own == "weight":
                turned.setdefault(mine[own], array[:, np.argsort(order)].reshape(shape))
            else:  # of a layer that is called twice, the first call's
                weights.setdefault(mine[own], array.reshape(shape))
    written_out = {name: np.asarray(array, np.float64) for name, array in one.read.weights.items()
                   if name in net.weights and array.size == net.weights[name].count}  # fmt: skip
    for name, array in written_out.items():  # of a layer that is several steps there
        weights.setdefault(name, array.reshape(tuple(map(int, net.weights[name].shape))))
    return Weights({**{f"{TURNED}{name}": array for name, array in turned.items()}, **weights})


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
            return replace(found[open_[0]], detail=_of(labels[open_[0]], found[open_[0]].detail))
        worst = max(found, key=lambda gate: gate.measured or 0.0)
        return replace(worst, compared=sum(gate.compared for gate in found))
    first = found[failed[0]]
    if len(failed) == 1:
        other = 1 - failed[0]
        kept = f"; {labels[other]} keeps to it" if found[other].passed else ""
        whose = f" from the weights of {labels[other]}" if first.cause.startswith(WEIGHTS) else ""
        said = f"{labels[failed[0]]} departs{whose}{kept}: {first.detail}".rstrip(": ")
        return replace(first, side=labels[failed[0]], detail=said)
    told = "; ".join(f"{label} departs at {gate.where or 'the output'}{f': {gate.detail}' if gate.detail else ''}"
                     for label, gate in zip(labels, found, strict=True))  # fmt: skip
    return replace(_earlier(found, held), side=" and ".join(labels), detail=told)


def _of(label: str, said: str) -> str:
    """What is said of a side, with its name once."""
    return said if label in said else f"{label}: {said}"


def _notes(held: Sequence[Pair]) -> tuple[str, ...]:
    """The notes of both, what is said of both alike once."""
    one, other = (notes(pair) for pair in held)
    alone = [(pair.other.label, note) for pair, mine, theirs in zip(held, (one, other), (other, one), strict=True)
             for note in mine if note not in theirs]  # fmt: skip
    return (*(note for note in one if note in other), *(_of(label, note) for label, note in alone))


def _earlier(found: tuple[Gate, ...], held: Sequence[Pair]) -> Gate:
    """The one of two findings whose layer comes first in the network; other weights are the last to be named."""
    order = {node.path: place for place, node in enumerate(held[0].one.read.net.nodes)} if held[0].one.read else {}
    return min(found, key=lambda gate: (gate.cause.startswith(WEIGHTS), order.get(gate.where, len(order))))


def _as_they_stand(gate: Gate, between: Pair) -> Gate:
    """The gate of the outputs with what the models answer in their own dtypes, each held to the other."""
    if gate.passed is not True:
        return gate
    found = asked_of(between, outputs)
    if found.passed is False:
        return found
    return replace(gate, compared=gate.compared + found.compared)
