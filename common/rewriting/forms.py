"""Weights of one form of a network for another form of it, where the two differ only in what weights can say.

That is: the epsilon of batch normalisation, its scale, and a bias in a convolution before one. Two traces are walked
node by node at three input sizes. Anything else that differs, such as a pad or a stride, is another function, and
refused by name. The rewritten weights are shown to be exact in float64 before they are rounded, since float32 cannot
hold a variance plus 1e-8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..errors import DiptychError
from ..spec import Array, Net, Node
from ..text import shape_text
from ..weights import Weights


@dataclass(frozen=True)
class Step:
    """A node as far as it decides the function at one input size: zero pads are part of the layer after them."""

    node: Node
    fields: tuple[tuple[str, Any], ...]
    inputs: tuple[int, ...]

    def differs(self, other: Step) -> str:
        """What the other step does otherwise, or ""."""
        one, two = self.node, other.node
        if one.kind != two.kind or self.inputs != other.inputs:
            return f"{one.path} ({one.kind}) stands where {two.path} ({two.kind}) does"
        mine, theirs = dict(self.fields), dict(other.fields)
        named = [key for key in mine if mine[key] != theirs.get(key) and key not in one.op.rewritable]
        return f"{one.path} has {named[0]} {mine[named[0]]}, and {theirs.get(named[0])} there" if named else ""


def rewritten(pairs: Sequence[tuple[Net, Net]], weights: Mapping[str, Array]) -> tuple[Weights, tuple[str, ...]]:
    """(weights of the second form, notes) from those of the first, for pairs of both forms traced at several sizes.

    What had to be computed is in float64, so that the rewriting can be shown to be exact before it is rounded. Raises
    DiptychError naming the first layer that is another function, or whose weights cannot make up for the rest.
    """
    source, target = pairs[0]
    for one, two in pairs:
        _compare(one, two)
    work = _Rewriting(source, target, weights)
    for step, other in zip(_steps(source), _steps(target), strict=True):
        work.move(step, other)
    return {name: work.done[name] for name in target.weights}, work.notes()


def _compare(one: Net, two: Net) -> None:
    mine, theirs = _steps(one), _steps(two)
    for step, other in zip(mine, theirs, strict=False):
        if said := step.differs(other):
            size = shape_text(one.input_shape[1:])
            raise DiptychError(f"{one.name} and {two.name} are different functions, at {size}: {said}; no weights of "
                               f"{two.name} compute what these do. Write {one.name} instead")  # fmt: skip
    if len(mine) == len(theirs) and _outputs(one) != _outputs(two):
        raise DiptychError(f"{one.name} and {two.name} are different functions: their outputs are of other layers")
    if len(mine) != len(theirs):
        longer = max((mine, theirs), key=len)[min(len(mine), len(theirs))].node
        raise DiptychError(f"{one.name} and {two.name} are different functions: only one has {longer.path}")


def _steps(net: Net) -> list[Step]:
    """The nodes without dropout, and with zero pads joined to the convolution or pool after them."""
    return _walked(net)[0]


def _outputs(net: Net) -> list[int]:
    """The steps that give the outputs."""
    place = _walked(net)[1]
    return [place[output] for output in net.outputs]


def _walked(net: Net) -> tuple[list[Step], list[int]]:
    """(steps, the step of each node)."""
    place = list[int]()  # of each node's value among the steps
    waiting: dict[int, tuple[int, ...]] = {}  # pads not yet joined, by node
    steps = list[Step]()
    for index, node in enumerate(net.nodes):
        if node.op.idle:
            place.append(place[node.inputs[0]])
            continue
        if node.kind == "pad" and _joins(net, index):
            waiting[index] = tuple(map(int, node.op.pads))  # type: ignore[attr-defined]
            place.append(place[node.inputs[0]])
            continue
        before = waiting.get(node.inputs[0], (0, 0, 0, 0)) if node.inputs else (0, 0, 0, 0)
        place.append(len(steps))
        steps.append(Step(node, _fields(node, before), tuple(place[i] for i in node.inputs)))
    return steps, place


def _joins(net: Net, index: int) -> bool:
    """Whether zero pads are those of what takes them: of a convolution, or of a maximum of values from 0 on."""
    pad = net.nodes[index]
    takers = [node for node in net.nodes if index in node.inputs]
    fine = ("always", "of positive values") if net.nodes[pad.inputs[0]].op.positive else ("always",)
    return (
        pad.op.value == 0  # type: ignore[attr-defined]
        and index not in net.outputs
        and all(node.op.joins_pads in fine for node in takers)
    )


def _fields(node: Node, before: tuple[int, ...]) -> tuple[tuple[str, Any], ...]:
    plain = node.plain()
    values = {field.name: getattr(plain.op, field.name) for field in fields(plain.op)}
    if hasattr(plain.op, "explicit"):
        own = plain.op.explicit((plain.in_shapes[0][1], plain.in_shapes[0][2]))
        values["pads"] = tuple(int(a) + b for a, b in zip(own, before, strict=True))
    return tuple(sorted(values.items(), key=lambda item: item[0]))


class _Rewriting:
    """Weights on their way, layer by layer; what a normalisation cannot say goes into the convolution before it."""

    def __init__(self, source: Net, target: Net, weights: Mapping[str, Array]) -> None:
        self.source, self.target, self.weights = source, target, weights
        self.done: Weights = {}
        self.changes: dict[str, int] = {}
        pairs = zip(_steps(source), _steps(target), strict=True)
        self.layers = {step.node.path: (step, other) for step, other in pairs}

    def move(self, step: Step, other: Step) -> None:
        """Move the weights of one node."""
        if step.node.op.normalises and not other.node.owner:
            self._normalisation(step.node, other.node)
        elif not other.node.owner:
            own = {kind: self.weights[name] for kind, name in step.node.own_weights().items()}
            wanted = other.node.own_weights()
            if "bias" in own and "bias" not in wanted:
                own.pop("bias")  # the normalisation after it takes it, or refuses
                self._require_norm_after(step.node)
            if "bias" in wanted and "bias" not in own:
                own["bias"] = np.zeros(own["weight"].shape[0], own["weight"].dtype)
                self._count("biases of 0 added")
            self.done |= {name: own[kind] for kind, name in wanted.items()}

    def notes(self) -> tuple[str, ...]:
        """What was rewritten, and how often."""
        return tuple(f"rewritten for {self.target.name}: {what} ({n} layers)" for what, n in self.changes.items())

    def _normalisation(self, node: Node, there: Node) -> None:
        one: Any = node.plain().op
        two: Any = there.plain().op
        name = f"{node.owner or node.path}."
        mean, var, shift = (self._exact(f"{name}{kind}") for kind in ("running_mean", "running_var", "bias"))
        gamma = self._exact(f"{name}weight") if one.scale else np.ones_like(shift)
        if two.scale and not one.scale:
            self._count("scales of 1 added")
        before = self._convolution(node)
        if before is not None and self._lost_bias(before):
            mean = mean - self.weights[f"{before.path}.bias"]
            self._count("the bias of a convolution is in the mean after it")
        if one.scale and not two.scale and not (gamma == 1).all():
            self._into_convolution(before, node, gamma)
            mean, gamma = mean * gamma, np.ones_like(gamma)
        var, gamma = self._epsilon(var, gamma, one.eps, two)
        values = {"weight": gamma, "bias": shift, "running_mean": mean, "running_var": var}
        for full in there.weights():
            kind = full.rpartition(".")[2]
            old = self.weights.get(f"{name}{kind}")
            self.done[full] = old if old is not None and np.array_equal(old, values[kind]) else values[kind]

    def _exact(self, name: str) -> Array:
        found: Array = self.weights[name].astype(np.float64)
        return found

    def _epsilon(self, var: Array, gamma: Array, eps: float, there: Any) -> tuple[Array, Array]:
        """The variance, or where that would be negative the scale, that makes up for another epsilon."""
        if eps == there.eps:
            return var, gamma
        moved = var + (eps - there.eps)
        if (moved >= 0).all():
            self._count(f"epsilon {eps:g} against {there.eps:g} is in the variance")
            return moved, gamma
        if not there.scale:
            raise DiptychError(
                f"a variance of {self.source.name} is below the epsilon {there.eps:g} of {self.target.name}, which has "
                f"no scale to make up for it; write {self.source.name} instead"
            )
        self._count(f"epsilon {eps:g} against {there.eps:g} is in the scale, as a variance is below the difference")
        return var, gamma * np.sqrt((var + there.eps) / (var + eps))

    def _into_convolution(self, before: Node | None, node: Node, gamma: Array) -> None:
        """Multiply the outputs of the convolution in front of a normalisation, which then needs no scale."""
        if before is None:
            raise self._refusal(node, "scale", "convolution before")
        _, other = self.layers[before.path]
        for full in other.node.weights():
            array = self.done[full].astype(np.float64)
            self.done[full] = array * gamma.reshape((-1,) + (1,) * (array.ndim - 1))
        self._count("the scale of a normalisation is in the convolution before it")

    def _convolution(self, node: Node) -> Node | None:
        """The convolution whose result only this normalisation takes, if there is one."""
        index = node.inputs[0]
        before, takers = self.source.nodes[index], [n for n in self.source.nodes if index in n.inputs]
        alone = len(takers) == 1 and self._alone(before) and self._alone(node)
        return before if before.kind == "conv" and alone else None

    def _alone(self, node: Node) -> bool:
        """Whether no other node has the same weights."""
        return not node.owner and all(other.owner != node.path for other in self.source.nodes)

    def _lost_bias(self, before: Node) -> bool:
        step, other = self.layers[before.path]
        return dict(step.fields)["bias"] and not dict(other.fields)["bias"]

    def _require_norm_after(self, node: Node) -> None:
        """Raise DiptychError unless a normalisation alone takes the result of a convolution that loses its bias."""
        takers = [other for other in self.source.nodes if self.source.nodes.index(node) in other.inputs]
        alone = len(takers) == 1 and self._alone(node) and self._alone(takers[0])
        if not alone or not takers[0].op.normalises:
            raise self._refusal(node, "bias", "normalisation after")

    def _refusal(self, node: Node, what: str, other: str) -> DiptychError:
        return DiptychError(
            f"{self.target.name} has no {what} in {node.path}, and no {other} it could take the {what}; write "
            f"{self.source.name} instead"
        )

    def _count(self, what: str) -> None:
        self.changes[what] = self.changes.get(what, 0) + 1
