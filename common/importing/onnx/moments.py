"""Norms that a graph writes out in several operators, as one node: (x - mean) / sqrt(variance + eps), and RMS."""

from __future__ import annotations

from dataclasses import dataclass

from ...spec import Array
from .graph import Graph, Node
from .table import decimal


@dataclass
class _Seen:
    """The graph by the names of its values."""

    makers: dict[str, Node]
    arrays: dict[str, Array]

    def maker(self, name: str, *kinds: str) -> Node | None:
        """The node that makes a value, if it is of one of these kinds."""
        node = self.makers.get(name)
        return node if node is not None and node.kind in kinds and not node.domain else None

    def mean(self, name: str) -> tuple[str, list[int]] | None:
        """(what a value is the mean of, over which axes), with those of length 1 kept."""
        node = self.maker(name, "ReduceMean")
        if node is None or not node.attributes.get("keepdims", 1):
            return None
        axes = node.attributes.get("axes")
        if len(node.inputs) > 1 and node.inputs[1]:
            found = self.arrays.get(node.inputs[1])
            axes = None if found is None else [int(n) for n in found.reshape(-1)]
        return (node.inputs[0], sorted(axes)) if axes else None

    def square(self, name: str) -> str | None:
        """What a value is the square of."""
        node = self.maker(name, "Mul", "Pow")
        if node is None:
            return None
        if node.kind == "Mul":
            return node.inputs[0] if node.inputs[0] == node.inputs[1] else None
        power = self.arrays.get(node.inputs[1])
        return node.inputs[0] if power is not None and power.size == 1 and power.reshape(-1)[0] == 2 else None

    def root(self, name: str) -> tuple[str, list[int], float] | None:
        """(x, axes, eps) of sqrt(mean(x * x) + eps)."""
        root = self.maker(name, "Sqrt")
        total = self.maker(root.inputs[0], "Add") if root else None
        if total is None:
            return None
        for one, other in (total.inputs, total.inputs[::-1]):
            eps, mean = self.arrays.get(other), self.mean(one)
            inner = self.square(mean[0]) if mean else None
            if eps is not None and eps.size == 1 and mean and inner:
                return inner, mean[1], decimal(eps.reshape(-1)[0])
        return None

    def apart(self, name: str) -> tuple[str, list[int]] | None:
        """(x, axes) of x - mean(x)."""
        node = self.maker(name, "Sub")
        mean = self.mean(node.inputs[1]) if node else None
        return mean if node and mean and mean[0] == node.inputs[0] else None


def written_out(graph: Graph) -> Graph:
    """The graph with a node for each norm, which stands for the last of its operators."""
    seen = _Seen({name: node for node in graph.nodes for name in node.outputs}, graph.arrays())
    users = graph.users()
    changed: dict[str, Node] = {}
    for node in graph.nodes:
        root = seen.root(node.inputs[1]) if node.kind == "Div" and not node.domain and len(node.inputs) == 2 else None
        if root is None:
            continue
        below, axes, eps = root
        one, other = seen.apart(node.inputs[0]), seen.apart(below)
        said = {"axes": axes, "eps": eps}
        if one is not None and one == other and one[1] == axes:
            changed[node.outputs[0]] = Node("_Standardised", node.name, (one[0],), node.outputs, said, "", node.modules)
        elif below == node.inputs[0]:
            after = users.get(node.outputs[0], [])
            if len(after) == 1 and after[0].kind == "Mul":
                (weight,) = [name for name in after[0].inputs if name != node.outputs[0]] or [""]
                inputs = (below, weight)
                made = Node("_RootMeanSquare", after[0].name, inputs, after[0].outputs, said, "", after[0].modules)
                changed[after[0].outputs[0]] = made
    kept = [changed.get(node.outputs[0], node) if node.outputs else node for node in graph.nodes]
    return graph.with_nodes(kept).pruned()
