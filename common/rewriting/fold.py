"""Batch normalisation folded into the layer before it: an exact rewriting of a network and of its weights.

In evaluation, batch normalisation is a factor and an offset per channel (Jacob et al. 2018, section 3.2), so that a
convolution or a linear layer followed by one is the same layer with other weights, and a bias. Folding is shown to be
exact in float64 and then rounded. A normalisation after an activation, after an addition or after a map that something
else reads stays.

`NAME.folded` is a network like any other, which the registry makes and does not list: both builders, the table, the
source, ONNX, checks and files need no code of their own for it. Its chains are numbered anew, so that its source reads
as if it had been written so, and its names are its own. What others folded keeps the names from before, which are one
more dialect of it (`NamesFromBefore`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from ..dialect import Dialect
from ..errors import DiptychError
from ..ops.batch_norm import BatchNorm
from ..ops.conv import Conv
from ..ops.linear import Linear
from ..spec import Array, Call, Net, Node
from ..weights import Weights, checked

SUFFIX = ".folded"
"""What the name of a folded network ends with, whatever it is called."""
LONG = 100
"""A docstring of a block that has no room for another word."""


def affine(op: BatchNorm, path: str, weights: Mapping[str, Array]) -> tuple[Array, Array]:
    """The factor and the offset per channel of a normalisation with running statistics, in float64."""
    shift, mean, variance = (weights[f"{path}.{n}"].astype(np.float64) for n in ("bias", "running_mean", "running_var"))
    scale = weights[f"{path}.weight"].astype(np.float64) if op.scale else 1.0
    factor = scale / np.sqrt(variance + op.eps)
    return factor, shift - mean * factor


def foldable(net: Net) -> dict[int, int]:
    """Index of a normalisation -> index of the layer that it can be folded into.

    That is a convolution or a linear layer whose value nothing else takes, where neither shares its weights.
    """
    owners = {node.owner for node in net.nodes}
    takers: dict[int, list[int]] = {}
    for index, node in enumerate(net.nodes):
        for source in node.inputs:
            takers.setdefault(source, []).append(index)
    found = {}
    for index, node in enumerate(net.nodes):
        before = net.nodes[node.inputs[0]] if node.inputs else node
        alone = not any(n.owner or n.path in owners for n in (node, before))
        only = node.inputs and takers[node.inputs[0]] == [index] and node.inputs[0] not in net.outputs
        if node.op.normalises and before.op.takes_factors and alone and only:
            found[index] = node.inputs[0]
    return found


def folded(net: Net) -> Net:
    """The network without the normalisations that fold; raises DiptychError where there is none.

    >>> from diptych.common.registry import spec
    >>> [sum(n.kind == "batch_norm" for n in net.nodes) for net in (spec("resnet18"), folded(spec("resnet18")))]
    [20, 0]
    """
    return _Folding(net).net


def fold_weights(net: Net, target: Net, weights: Mapping[str, Any]) -> Weights:
    """The weights with which `target`, which is `folded(net)`, is the same function.

    They are computed in float64 and have the dtype of the given ones.
    """
    given, work = checked(net, weights), _Folding(net)
    found = {}
    for old, new in zip(work.kept, work.net.nodes, strict=True):
        before = net.nodes[old].own_weights()
        for kind, name in new.own_weights().items():
            if kind in before and not new.owner:
                found[name] = given[before[kind]]
    for index, layer in work.into.items():
        op, path = net.nodes[index].plain().op, work.net.nodes[work.number[layer]].path
        assert isinstance(op, BatchNorm)  # noqa: S101
        factor, offset = affine(op, net.nodes[index].path, given)
        kernel, bias = found[f"{path}.weight"], found.get(f"{path}.bias", np.zeros(1))
        wide = kernel.astype(np.float64) * factor.reshape(-1, *[1] * (kernel.ndim - 1))
        found[f"{path}.weight"] = wide.astype(kernel.dtype)
        found[f"{path}.bias"] = (bias.astype(np.float64) * factor + offset).astype(kernel.dtype)
    return checked(target, found, f"the folded weights of {net.name}")


@dataclass(frozen=True)
class NamesFromBefore(Dialect):
    """The names in a file whose normalisations were folded by others, who leave every layer the name that it had.

    `unfolded` is the dialect of the network before, `before` our path of a layer -> its path there; ours differ where
    chains are numbered anew.
    """

    unfolded: Dialect = field(kw_only=True)
    before: Mapping[str, str] = field(kw_only=True)

    @property
    def plain(self) -> bool:
        """Whether every name is ours."""
        return False

    def theirs(self, path: str) -> str:
        """The name there of a node of ours."""
        return self.unfolded.theirs(self.before.get(path, path))

    def ours(self, name: str) -> str | None:
        """The path of a node that has this name there, or None where none can have it."""
        old = self.unfolded.ours(name)
        return next((path for path, before in self.before.items() if before == old), None)

    def kernel(self, path: str) -> bool:
        """Whether they keep the matrix of this node as a kernel."""
        return self.unfolded.kernel(self.before.get(path, path))


def names_from_before(unfolded: Dialect, net: Net) -> Dialect:
    """The names that another's folding leaves `folded(net)`, where those of `net` are those of a dialect."""
    work = _Folding(net)
    before = {work.paths[net.nodes[index].path]: net.nodes[index].path for index in work.kept}
    given = {item.name: getattr(unfolded, item.name) for item in fields(unfolded)}
    return NamesFromBefore(**given | {"network": work.net.name}, unfolded=unfolded, before=before)


class _Folding:
    """A network on its way: which nodes are `kept`, their new `number` and the layer that each other is folded `into`.

    Chains are numbered anew, as if they had been written without what is folded away.
    """

    def __init__(self, net: Net) -> None:
        self.into = foldable(net)
        if not self.into:
            name = net.name.removesuffix(SUFFIX)
            raise DiptychError(f"{name} has no batch normalisation after a convolution or a linear layer to fold")
        self.kept = [index for index in range(len(net.nodes)) if index not in self.into]
        self.number = {index: place for place, index in enumerate(self.kept)}
        self.number |= {index: self.number[layer] for index, layer in self.into.items()}
        self.paths = {net.nodes[0].path: net.nodes[0].path}  # of nodes and calls, old -> new
        self.old = net
        root = self._call(net.root, net.root.path)
        nodes = tuple(self._node(index) for index in self.kept)
        outputs = tuple(self.number[index] for index in net.outputs)
        origins = {new: net.origins[old] for old, new in self.paths.items() if old in net.origins}
        name, title = f"{net.name.removesuffix(SUFFIX)}{SUFFIX}", f"{net.title} (folded)"
        self.net = replace(net, name=name, title=title, nodes=nodes, root=root, outputs=outputs, origins=origins)

    def _node(self, index: int) -> Node:
        node = self.old.nodes[index]
        op = node.op
        if index in self.into.values() and isinstance(op, Conv | Linear):
            op = replace(op, bias=True)
        inputs = tuple(self.number[source] for source in node.inputs)
        return replace(node, path=self.paths[node.path], op=op, inputs=inputs, owner=self.paths.get(node.owner, ""))

    def _call(self, call: Call, path: str) -> Call:
        """A call at its new path, without what is folded away and without the calls of which nothing is left."""
        names = [call.inner(self._path(item)) for item in call.body]  # a list's are dotted
        numbered = call.style != "block" and names == [str(place) for place in range(len(names))]
        self.paths[call.path] = path
        body = list[int | Call]()
        for item, name in zip(call.body, names, strict=True):
            if not self._left(item):
                continue
            # A part for each call of a shared block stands below the first of its calls.
            below = not call.owner or self._path(item).startswith(f"{call.path}.")
            inner = f"{path if below else self.paths[call.owner]}.{len(body) if numbered else name}".lstrip(".")
            if isinstance(item, Call):
                body.append(self._call(item, inner))
            else:
                self.paths[self.old.nodes[item].path] = inner
                body.append(self.number[item])
        lost = any(item in self.into for item in call.body if isinstance(item, int))
        doc = f"{call.doc.rstrip('.')} (folded)." if lost and call.path and len(call.doc) < LONG else call.doc
        inputs, outputs = (tuple(self.number[index] for index in indexes) for indexes in (call.inputs, call.outputs))
        owner = self.paths.get(call.owner, "")
        return replace(call, path=path, doc=doc, inputs=inputs, outputs=outputs, body=tuple(body), owner=owner)

    def _path(self, item: int | Call) -> str:
        return item.path if isinstance(item, Call) else self.old.nodes[item].path

    def _left(self, item: int | Call) -> bool:
        return any(map(self._left, item.body)) if isinstance(item, Call) else item not in self.into
