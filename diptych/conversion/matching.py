"""How well a checkpoint fits one network under the names of one library, and the options that its shapes imply."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..common.detection.detector import Detector
from ..common.dialect import Dialect
from ..common.errors import SpecError
from ..common.registry import Network, network, traced
from ..common.spec import Net
from ..common.text import shape_text
from ..files.checkpoint import Checkpoint
from .keras_config import input_size
from .keras_graph import aligned

Options = dict[str, Any]
WIDTHS = (0.25, 0.35, 0.5, 0.75, 1.3, 1.4, *(step / 20 for step in range(4, 41)))
"""The widths that public weights have, then every other one in steps of 0.05 up to twice."""
LIKELY, APART, ROUNDED = 2, 0.07, 48
"""Of them, how many are tried, and how far they are from the ratio of a layer's channels, which are rounded
by some channels, ROUNDED at most: to 8 before they are multiplied by 6."""
LARGEST_HEAD = 24
"""Weights of a head, at most, but of a detector's: a file that lacks more of a network is none without its head."""


@dataclass(frozen=True)
class Match:
    """A checkpoint held against a network: `checkpoint` has our names; `missing`, `extra` and `misfits` are texts.

    `also` names other registered networks that are the same function with these options. `wires` is what the file's
    graph does otherwise, where that was followed, else None.
    """

    net: Net
    dialect: Dialect
    checkpoint: Checkpoint
    matched: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    misfits: tuple[str, ...]
    also: tuple[str, ...] = ()
    wires: tuple[str, ...] | None = None

    @property
    def exact(self) -> bool:
        """Whether every weight of the file has its place and every place its weight."""
        return not (self.missing or self.extra or self.misfits or self.wires)

    @property
    def confidence(self) -> float:
        """The part of all weights, of file and network together, that agree in name and shape: 0 to 1."""
        return self.matched / max(self.matched + len(self.missing) + len(self.extra) + len(self.misfits), 1)


def match(checkpoint: Checkpoint, dialect: Dialect, given: Mapping[str, Any]) -> Match:
    """The checkpoint against the dialect's network, with the options given and those that its shapes imply."""
    found = aligned(checkpoint, dialect, given)
    dialect, given = found.dialect, found.options
    view, chosen = checkpoint.translate(dialect), network(dialect.network)
    net = with_inferred_options(chosen, view, {**view.implied(chosen, given), **given}, dialect.bare)
    if dialect.of(net) != dialect:
        dialect = dialect.of(net)
        view = checkpoint.translate(dialect)
    view = view.with_zeros(net)
    return Match(net, dialect, view, *_compare(view, net), wires=found.wires)


def nearness(found: Match, checkpoint: Checkpoint) -> float:
    """How well a network fits a file: that of a part of the file is less near than that of all of it."""
    share = (len(found.checkpoint.names) or 1) / (len(checkpoint.names) or 1)
    return found.confidence * min(share, 1)


def merge(exact: list[Match]) -> list[Match]:
    """The matches, with one for all networks that are the same, such as a width and the standard one at that width."""
    groups: list[list[Match]] = []
    for found in exact:
        alike = next((group for group in groups if _alike(group[0], found)), None)
        if alike is None:
            groups.append([found])
        else:
            alike.append(found)
    picked = [(min(group, key=lambda found: len(found.net.options)), group) for group in groups]
    return [
        replace(first, also=tuple(found.net.name for found in group if found is not first)) for first, group in picked
    ]


def _alike(one: Match, two: Match) -> bool:
    """Whether two networks are the same at one input size, and their maps mean the same boxes."""
    if one.dialect.library != two.dialect.library or _boxes(one.net) != _boxes(two.net):
        return False
    size = tuple(map(int, one.net.input_shape[1:]))
    try:
        other = traced(two.net.name, dict(two.net.options) | {"input_size": size})
    except SpecError:
        return False
    return _function(other) == _function(one.net)


def _boxes(net: Net) -> Detector | None:
    """How boxes are decoded: the anchors of EfficientDet-D7 are larger than those of D6, whose weights it has."""
    return network(net.name).detector if dict(net.options).get("num_classes", 1) else None


def same_function(one: Net, other: Net) -> bool:
    """Whether two networks of the same names compute the same in evaluation."""
    return _function(one) == _function(other)


def _function(net: Net) -> tuple[Any, ...]:
    """What a network computes in evaluation, where the rate of a dropout is nothing."""
    return net.outputs, *(None if node.op.idle else node for node in net.nodes)


def _compare(view: Checkpoint, net: Net) -> tuple[int, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(matched, missing, extra, misfits) of a checkpoint with our names."""
    found, wanted = view.shapes(net), {name: tuple(map(int, w.shape)) for name, w in net.weights.items()}
    missing = tuple(name for name in wanted if name not in found)
    misfits = tuple(
        f"{name} is {shape_text(found[name]) or 'scalar'}, expected {shape_text(shape) or 'scalar'}"
        for name, shape in wanted.items()
        if name in found and found[name] != shape
    )
    extra = [*(name for name in found if name not in wanted), *view.surplus(net)]
    return len(wanted) - len(missing) - len(misfits), missing, tuple(extra), misfits


def with_inferred_options(chosen: Network, view: Checkpoint, given: Mapping[str, Any], bare: Mapping[str, Any]) -> Net:
    """The network with the options that are given, and those that the shapes of a checkpoint with our names imply.

    `bare` are the options of the network without a head, where the checkpoint has nothing of one.
    """
    options = dict(given)
    size = input_size(view.config) if view.config is not None else None
    if size and size != chosen.input_size:
        options.setdefault("input_size", size)
    if "width" in chosen.options and "width" not in options:
        options |= _width(chosen, view, options)
    if "head" in options:
        options.pop("num_classes", None)
    elif chosen.num_classes is not None and "num_classes" not in options:
        options |= _headless(chosen, view, options, bare)
    for option, standard in (("num_classes", chosen.num_classes), ("in_channels", chosen.in_channels)):
        if option in options or standard is None or (option == "num_classes" and "head" in options):
            continue
        value = _option_value(chosen, view, options, option, standard)
        if value is not None and value != standard:
            options[option] = value
    return traced(chosen.name, options)


def _headless(chosen: Network, view: Checkpoint, options: Options, bare: Mapping[str, Any]) -> Options:
    """The options of the network without a head, where a checkpoint has nothing of it, but of what is before it."""
    net = traced(chosen.name, options)
    found = view.shapes(net).keys()
    missing = len(net.weights.keys() - found)
    likely = missing > 0 and (missing <= LARGEST_HEAD or chosen.detector is not None)
    for without in (bare, {"num_classes": 0}) if likely else ():
        rest = traced(chosen.name, options | dict(without)).weights.keys()
        head = net.weights.keys() - rest
        if head and not found & head and found & rest:
            return dict(without)
    return {}


def _width(chosen: Network, view: Checkpoint, options: Options) -> Options:
    """The width at which all shapes fit but those that classes and channels decide, where the standard one does not.

    The widest layer whose width is another one says which few widths there may be.
    """
    net = traced(chosen.name, options)
    likely = _likely_widths(net, view.shapes(net), chosen.arguments["width"])
    if not likely:
        return {}
    other = traced(chosen.name, options | _others(chosen, options))
    fixed = [name for name, weight in net.weights.items() if other.weights[name].shape == weight.shape]
    if _fits(chosen, view, options, fixed):
        return {}
    for width in likely:
        if _fits(chosen, view, options | {"width": width}, fixed):
            return {"width": width}
    return {}


def _likely_widths(net: Net, found: Mapping[str, tuple[int, ...]], standard: float) -> list[float]:
    """The few widths at which the widest layer may be as wide as in a file, where that is another width."""
    both = [
        (int(weight.shape[0]), found[name][0])
        for name, weight in net.weights.items()
        if len(weight.shape) == len(found.get(name, ())) == 4
    ]
    outs = [pair for pair in both if pair[0] != pair[1]]
    if not outs:
        return []
    ours, theirs = max(outs)
    guess = standard * theirs / ours
    if any(abs(there - here * theirs / ours) > ROUNDED for here, there in outs):
        return []  # some layers are wider and others narrower: no width of this network
    near = sorted(WIDTHS, key=lambda width: abs(width - guess))[:LIKELY]
    return [width for width in WIDTHS if width in near and abs(width - guess) < APART * guess]


def _fits(chosen: Network, view: Checkpoint, options: Options, names: Collection[str]) -> bool:
    """Whether the weights of these names have the shapes that they have in the file, as far as both have them."""
    try:
        net = traced(chosen.name, options)
    except SpecError:  # too narrow
        return False
    found = view.shapes(net)
    both = (name for name in names if name in found and name in net.weights)
    return all(found[name] == tuple(map(int, net.weights[name].shape)) for name in both)


def _others(chosen: Network, options: Options) -> Options:
    """Another number of classes, which a head of one's own says itself, and of channels than the network's own."""
    counted = chosen.num_classes is not None and "head" not in options
    classes = {"num_classes": (chosen.num_classes or 0) + 1} if counted else {}
    return classes | {"in_channels": chosen.in_channels + 1}


def _option_value(chosen: Network, view: Checkpoint, options: Options, option: str, standard: int) -> int | None:
    """The value of an option that every weight whose shape depends on it agrees on, or None."""
    net = traced(chosen.name, options)
    found = view.shapes(net)
    apart = sum(found.get(name, w.shape) != tuple(map(int, w.shape)) for name, w in net.weights.items())
    if not apart or apart > len(net.weights) / 2:  # all fits, or it is no number of classes or channels that does not
        return None
    try:
        probe = traced(chosen.name, options | {option: standard + 1})
    except SpecError:
        return None
    values = set()
    for name, weight in net.weights.items():
        other = probe.weights[name].shape
        if name in found and other != weight.shape and len(found[name]) == len(other):
            for got, base, more in zip(found[name], weight.shape, other, strict=True):
                if more != base:
                    values.add(standard + (got - int(base)) / int(more - base))
    value = values.pop() if len(values) == 1 else None
    return int(value) if value is not None and value >= 1 and value == int(value) else None
