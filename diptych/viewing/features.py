"""The maps of a network at chosen nodes, as both frameworks compute them from one photograph."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .. import backends
from ..checking.case import SIDES
from ..common.compare import FLOAT64_TOLERANCE, difference
from ..common.errors import DiptychError
from ..common.layouts import BATCH, rearranged
from ..common.spec import Array, Call, Net, Node
from ..common.spec import near as near_names
from .fitting import Fit

MOST = 40
"""Nodes of a page at most."""
STAGES = 8
"""Nodes at most where nobody chooses."""
SIGNS = "*?["
DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Maps:
    """What one node makes of one image: (C, H, W), or (C,) of a vector, by side; `gap` is max |a - b|, and relative."""

    path: str
    kind: str
    values: Mapping[str, Array]
    gap: float
    relative: float

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, height and width."""
        return tuple(self.values["torch"].shape)


@dataclass(frozen=True)
class Features:
    """What was seen of a network: its nodes in order, how the photograph was fitted, and whose weights it has.

    `image` is the network's input (C, H, W).
    """

    net: Net
    image: Array
    dtype: str
    nodes: tuple[Maps, ...]
    fit: Fit | None = None
    weights: str = ""

    @property
    def worst(self) -> Maps:
        """The node with the largest relative difference."""
        return max(self.nodes, key=lambda item: item.relative)

    @property
    def same(self) -> bool | None:
        """Whether both sides agree in float64; None in float32, which rounds by more than faults may be."""
        return None if self.dtype == "float32" else self.worst.relative <= FLOAT64_TOLERANCE


def features(
    net: Net,
    weights: Mapping[str, Array],
    images: Array,
    paths: Sequence[str],
    dtype: Literal["float64", "float32"] = "float64",
) -> tuple[Maps, ...]:
    """The maps at nodes or blocks of a network for a batch (1, C, H, W), one framework after the other.

    Raises DiptychError where a framework is missing, SpecError for a path that is none or that no output depends on.
    """
    places = net.resolve(paths)
    seen = {side: _seen(side, net, weights, images, list(paths), dtype) for side in SIDES}
    made = []
    for path in paths:
        node = net.nodes[places[path]]
        sides = {side: seen[side][path] for side in SIDES}
        relative, _ = difference(sides["torch"], sides["tf"])
        gaps = np.abs(np.subtract(sides["torch"], sides["tf"], dtype=np.float64))
        made.append(Maps(path, node.kind, sides, float(gaps.max()), relative))
    return tuple(made)


def _seen(
    side: str, net: Net, weights: Mapping[str, Array], images: Array, paths: Sequence[str], dtype: Any
) -> dict[str, Array]:
    """{path: (C, H, W) or (C,)} of one framework, in PyTorch's order; its model is gone afterwards."""
    model = backends.get(side).build(net, weights, dtype, paths)
    if side == "torch":
        import torch

        with torch.no_grad():
            answers = model(torch.from_numpy(images.astype(dtype)))
        found = {path: value.numpy() for path, value in answers.items()}
    else:
        answers = model(rearranged(images.astype(dtype), BATCH["torch"], BATCH["tf"]), training=False)
        found = {path: np.asarray(value) for path, value in answers.items()}
    return {path: _alone(net, net.nodes[index], found[path], side) for path, index in net.resolve(paths).items()}


def _alone(net: Net, node: Node, value: Array, side: str) -> Array:
    """The value of the one image, (C, H, W) or (C,): what depends on no image may have no batch axis."""
    if side == "tf":
        from ..tf_impl.backend import nchw

        value = nchw(node, value)
    return np.asarray(value if value.ndim == len(node.shape) else value[0])


def chosen(net: Net, patterns: Sequence[str]) -> list[str]:
    """The paths of nodes and blocks that are named or match a pattern, in the network's order; by stage without any.

    Raises DiptychError for a name that is none, with those near it, and for more nodes than a page has room for.
    """
    if not patterns:
        return stages(net)
    names = [node.path for node in net.nodes[1:]]
    blocks = {call.path: call.outputs[0] for call in net.root.walk() if len(call.outputs) == 1 and call.path}
    found = list[str]()
    for pattern in patterns:
        if any(sign in pattern for sign in SIGNS):
            some = fnmatch.filter(names, pattern) or fnmatch.filter(blocks, pattern)
        else:
            some = [pattern] if pattern in names or pattern in blocks else []
        if not some:
            raise DiptychError(
                f"{net.name} has no node or block {pattern!r}; {near_names(pattern, [*names, *blocks])} "
                f"(`diptych table {net.name}` shows all nodes)"
            )
        found += some
    found = list(dict.fromkeys(found))
    if len(found) > MOST:
        raise DiptychError(
            f"{len(found)} nodes of {net.name} match, and a page has room for {MOST}; name fewer, such as {found[0]!r}"
        )
    order = net.resolve(found)
    return sorted(found, key=lambda path: order[path])


def stages(net: Net) -> list[str]:
    """What every stage of a network hands on: of each size of maps the last outermost block or node, by size."""
    used = net.ancestors(net.outputs)
    best: dict[tuple[int, ...], tuple[int, int, str]] = {}
    for depth, index, path in _outermost(net, net.root, 0):
        node = net.nodes[index]
        if len(node.shape) == 3 and index in used and node.inputs and node.kind != "pad":
            size = tuple(map(int, node.shape[1:]))
            best[size] = max(best.get(size, (-depth, -1, "")), (-depth, index, path))
    places = sorted((index, path) for size, (_, index, path) in best.items() if max(size) > 1)
    return [path for _, path in places[-STAGES:]] or [net.nodes[-1].path]


def _outermost(net: Net, call: Call, depth: int) -> Iterator[tuple[int, int, str]]:
    """(how deep, index, path) of the nodes and blocks of a block; a stack counts for what is in it."""
    for item in call.body:
        if not isinstance(item, Call):
            yield depth, item, net.nodes[item].path
            continue
        if item.style != "stack" and len(item.outputs) == 1:
            yield depth, item.outputs[0], item.path
        yield from _outermost(net, item, depth if item.style == "stack" else depth + 1)
