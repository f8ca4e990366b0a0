"""What weighs maps by what is in them, and sums by trained weights."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...common.language import gettext
from ...common.spec import Net, Node
from .formula import Formula, Nodes, macs, number, parameters, product, share

NAMES = {
    "relu": r"\operatorname{ReLU}",
    "silu": r"\operatorname{swish}",
    "sigmoid": r"\sigma",
    "hard_sigmoid": r"\operatorname{hard}\sigma",
    "hard_swish": r"\operatorname{hardswish}",
    "relu6": r"\operatorname{ReLU6}",
}
POOLS = ("global_avg_pool", "adaptive_avg_pool")


def excitation(net: Net, nodes: Nodes) -> Formula | None:
    """Squeeze and excitation: the first gate, and what all of them take of the parameters and the products."""
    gates = [way for node in nodes if node.kind == "multiply" and (way := _gate(nodes, node))]
    if not gates:
        return None
    way = gates[0]
    layers = [node for node in way if node.kind in ("conv", "linear")]
    outer, inner = int(layers[-1].shape[0]), int(layers[0].shape[0])
    bend, gate = (NAMES.get(node.kind, "f") for node in _activations(way))
    every = [node for way in gates for node in way]
    count, work = parameters(tuple(every)), sum(map(macs, every))
    bias = parameters(tuple(layers)) > 2 * outer * inner
    lines = (
        rf"s = {gate}(W_2\, {bend}(W_1 z)), \quad y_c = s_c\, x_c",
        rf"{product(2, outer, inner)}{f' + {number(inner)} + {number(outer)}' if bias else ''} = "
        rf"{number(parameters(tuple(layers)))}",
    )
    said = gettext(
        "z is the mean of each of {outer} channels, {inner} are left between the two layers. All "
        "{count} such units have {params} parameters, {part} % of the network's, and {work} % of its MACs."
    ).format(
        outer=outer,
        inner=inner,
        count=len(gates),
        params=f"{count:,}",
        part=share(count, net.params),
        work=share(work, net.macs),
    )
    path = layers[0].path.rpartition(".")[0] or layers[0].path
    return Formula(gettext("Squeeze and excitation {path}").format(path=path), lines, said, layers[0].path)


def fusion(net: Net, nodes: Nodes) -> Formula | None:
    """A sum of maps with trained weights, as in BiFPN."""
    found = [node for node in nodes if node.kind == "weighted_sum"]
    if not found:
        return None
    node, op = found[0], found[0].op
    own: Any = op
    tex = {
        "fast": rf"y = \sum_i \frac{{\max(w_i, 0)}}{{{number(own.eps)} + \sum_j \max(w_j, 0)}}\, x_i",
        "softmax": r"y = \sum_i \frac{e^{w_i}}{\sum_j e^{w_j}}\, x_i",
        "sum": r"y = \sum_i x_i",
    }[own.mode]
    counts = Counter(len(node.inputs) - (own.mode != "sum") for node in found)
    said = gettext("{count} sums in this network: {kinds}.").format(
        count=len(found), kinds=", ".join(f"{times} x {size}" for size, times in sorted(counts.items()))
    )
    return Formula(gettext("Weighted fusion {path}").format(path=node.path), (tex,), said, node.path)


def unequal(net: Net, nodes: Nodes) -> Formula | None:
    """The distance to prototypes, with which LeNet-5 answers."""
    node = next((node for node in nodes if node.kind == "rbf"), None)
    if node is None:
        return None
    inside, classes = int(node.in_shapes[0][0]), int(node.shape[0])
    line = rf"y_j = \sum_{{i = 1}}^{{{inside}}} (x_i - p_{{ji}})^2, \quad j = 1, \dots, {classes}"
    said = gettext(
        "The smallest y is the answer: {inside} values are held to a fixed picture of each of {classes} classes."
    ).format(inside=inside, classes=classes)
    return Formula(gettext("Radial basis functions {path}").format(path=node.path), (line,), said, node.path)


def _gate(nodes: Nodes, node: Node) -> list[Node]:
    """The nodes between a map and the factors that it is multiplied by; [] for another product."""
    spread = [index for index in node.inputs if all(int(n) == 1 for n in nodes[index].shape[1:])]
    others = [index for index in node.inputs if index not in spread]
    if len(spread) != 1 or len(others) != 1:
        return []
    way, at = [nodes[spread[0]]], spread[0]
    while len(nodes[at].inputs) == 1 and nodes[at].kind not in POOLS:
        at = nodes[at].inputs[0]
        way.append(nodes[at])
    layers = [one for one in way if one.kind in ("conv", "linear")]
    fits = nodes[at].kind in POOLS and len(layers) == 2 and len(_activations(way[::-1])) == 2
    return way[::-1] if fits else []


def _activations(way: list[Node]) -> list[Node]:
    return [node for node in way if node.kind in NAMES]
