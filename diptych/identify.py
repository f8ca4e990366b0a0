"""Which network a checkpoint belongs to, and with which options; where that is not certain, it is an error."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .common.errors import DiptychError, SpecError, WeightsError
from .common.registry import Network, network, networks
from .common.spec import Net
from .common.weights import checked
from .files.checkpoint import Checkpoint, keras_slots
from .files.keras_config import differences, input_size

Options = dict[str, Any]


@dataclass(frozen=True)
class Identified:
    """The network of a checkpoint, and what was concluded on the way."""

    net: Net
    notes: tuple[str, ...] = field(default=())


def identify(checkpoint: Checkpoint, name: str | None, options: Mapping[str, Any]) -> Identified:
    """The network of a checkpoint: as named, else as the file states it, else the only one that its weights fit.

    `options` are num_classes, in_channels and input_size, None where not given. Raises DiptychError where several
    networks fit or a stated architecture differs, and WeightsError naming the misfits where none does.
    """
    given = {key: value for key, value in options.items() if value is not None}
    stated = checkpoint.stated.network
    if name or stated:
        chosen = network(name) if name else _stated(checkpoint)
        same = stated is not None and stated == chosen.name
        try:
            found = _fitted(chosen, checkpoint, (dict(checkpoint.stated.options) if same else {}) | given)
        except SpecError as error:
            raise SpecError(f"{checkpoint.path}: {error}") from None
        notes: tuple[str, ...] = ()
        if stated and not same:
            notes = (f"the file says it holds {stated}; taken as {chosen.name}, as asked",)
    else:
        found, notes = _searched(checkpoint, given)
    _check_architecture(checkpoint, found)
    return Identified(found, notes + _inferred_note(found, given, checkpoint.stated.options))


@functools.cache
def _plain(name: str) -> Net:
    """A registered network without options, traced once: all are held against a file that does not say what it is."""
    return network(name).trace()


def _stated(checkpoint: Checkpoint) -> Network:
    """The network that a file says it holds; raises DiptychError, with the file's name, where there is none such."""
    try:
        return network(checkpoint.stated.network or "")
    except DiptychError as error:
        raise DiptychError(f"{checkpoint.path} names its network, but {error}") from None


def _searched(checkpoint: Checkpoint, given: Options) -> tuple[Net, tuple[str, ...]]:
    every = [network(name) for name in networks()]
    same_names = [candidate for candidate in every if _same_names(checkpoint, _plain(candidate.name))]
    if not same_names:
        raise _nothing(checkpoint, every)
    nets = {candidate.name: _fitted(candidate, checkpoint, given) for candidate in same_names}
    fitting = [name for name, net in nets.items() if not _misfits(checkpoint, net)]
    if not fitting:
        nearest = min(nets.values(), key=lambda net: _misfits(checkpoint, net))
        checked(
            nearest,
            checkpoint.named(nearest),
            f"{checkpoint.path} fits no registered network; held against the nearest",
        )
    if len(fitting) == 1:
        return nets[fitting[0]], (f"taken as {fitting[0]}, the only registered network with these weights",)
    return _chosen(checkpoint, [nets[name] for name in fitting])


def _chosen(checkpoint: Checkpoint, nets: list[Net]) -> tuple[Net, tuple[str, ...]]:
    """The one of several networks with the same weights that the origin of the file speaks for."""
    names = [net.name for net in nets]
    if checkpoint.layers is None:
        left, why = [net for net in nets if network(net.name).source == "torchvision"], "torchvision's form"
    elif checkpoint.config is not None:
        left, why = [net for net in nets if not differences(checkpoint.config, net)], "as its config.json says"
    else:
        left, why = [net for net in nets if net.name.replace(".", "_") == checkpoint.title], "as its model is named"
    if len(left) != 1:
        raise DiptychError(
            f"{checkpoint.path} holds weights that fit {' and '.join(names)}, which compute different functions; say "
            "which one it is with --network (in Python, network=...)"
        )
    others = ", ".join(name for name in names if name != left[0].name)
    return left[0], (f"taken as {left[0].name}, {why}; the same weights also fit {others} (--network names another)",)


def _same_names(checkpoint: Checkpoint, net: Net) -> bool:
    if checkpoint.layers is None:
        return set(checkpoint.arrays) == set(net.weights)
    slots = keras_slots(net)
    return {name: len(v) for name, v in checkpoint.layers.items()} == {name: len(v) for name, v in slots.items()}


def _nothing(checkpoint: Checkpoint, every: list[Network]) -> DiptychError:
    """The error for names that no registered network has, with what the nearest one lacks or has too many of."""
    shared = {candidate.name: _shared_names(checkpoint, _plain(candidate.name)) for candidate in every}
    nearest = max(every, key=lambda candidate: shared[candidate.name])
    if shared[nearest.name] < 0.5:
        what, expected = ("tensor", "canonical") if checkpoint.layers is None else ("Keras layer", "node")
        names = ", ".join(list(checkpoint.arrays if checkpoint.layers is None else checkpoint.layers)[:3]) or "none"
        return DiptychError(
            f"{checkpoint.path}: its {what} names ({names} ...) are not the {expected} names of any registered "
            "network; diptych reads weights under its own names (`diptych table resnet18` shows some)"
        )
    net = _fitted(nearest, checkpoint, {})
    try:
        checked(net, checkpoint.named(net), f"{checkpoint.path} fits no registered network; held against the nearest")
    except WeightsError as error:
        return error
    return DiptychError(f"{checkpoint.path} fits no registered network")


def _shared_names(checkpoint: Checkpoint, net: Net) -> float:
    """The part of all names that file and network share, from 0 to 1."""
    ours = set(net.weights) if checkpoint.layers is None else set(keras_slots(net))
    theirs = set(checkpoint.arrays if checkpoint.layers is None else checkpoint.layers)
    return len(ours & theirs) / max(len(ours | theirs), 1)


def _fitted(chosen: Network, checkpoint: Checkpoint, options: Options) -> Net:
    """The network with the options that are given, and those that the file's shapes imply."""
    options = dict(options)
    size = input_size(checkpoint.config) if checkpoint.config is not None else None
    if size and size != chosen.input_size:
        options.setdefault("input_size", size)
    for option, standard in (("num_classes", chosen.num_classes), ("in_channels", chosen.in_channels)):
        value = (
            None if option in options or standard is None else _implied(chosen, checkpoint, options, option, standard)
        )
        if value is not None and value != standard:
            options[option] = value
    return chosen.trace(**options)


def _implied(chosen: Network, checkpoint: Checkpoint, options: Options, option: str, standard: int) -> int | None:
    """The value of an option that every weight whose shape depends on it agrees on, or None."""
    net = chosen.trace(**options)
    try:
        probe = chosen.trace(**{**options, option: standard + 1})
    except SpecError:
        return None
    found = checkpoint.shapes(net)
    values = set()
    for name, weight in net.weights.items():
        other = probe.weights[name].shape
        if name in found and other != weight.shape and len(found[name]) == len(other):
            for got, base, more in zip(found[name], weight.shape, other, strict=True):
                if more != base:
                    values.add(standard + (got - int(base)) / int(more - base))
    value = values.pop() if len(values) == 1 else None
    return int(value) if value is not None and value >= 1 and value == int(value) else None


def _misfits(checkpoint: Checkpoint, net: Net) -> int:
    found = checkpoint.shapes(net)
    return sum(found.get(name) != tuple(weight.shape) for name, weight in net.weights.items())


def _check_architecture(checkpoint: Checkpoint, net: Net) -> None:
    found = differences(checkpoint.config, net) if checkpoint.config is not None else []
    if found:
        shown = "; ".join(found[:5]) + (f"; and {len(found) - 5} more" if len(found) > 5 else "")
        raise DiptychError(
            f"{checkpoint.path} is not the function of {net.name}: {shown}. Name the network it is with --network; or, "
            "to take its weights alone, save them as .weights.h5"
        )


def _inferred_note(net: Net, given: Options, stated: Mapping[str, Any]) -> tuple[str, ...]:
    found = [f"{key}={value}" for key, value in net.options if key not in given and key not in stated]
    return (f"{', '.join(found)}: read off the file's shapes",) if found else ()
