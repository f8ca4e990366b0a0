"""Local response normalisation that a graph writes out, as one node: x / (k + a * window of x * x over channels)**b."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...ops.local_response_norm import LocalResponseNorm
from ...spec import Array
from ..axes import Unknown
from .folding import axes_of, folded, slice_numbers
from .graph import BROKEN, Branch, Graph, Node
from .table import decimal

SEEN = ("Reshape", "Squeeze", "Unsqueeze")


def responses(graph: Graph) -> Graph:
    """The graph with a node for each response norm, which stands for the last of its operators."""
    seen = _Seen({name: node for node in graph.nodes for name in node.outputs}, graph.arrays(), graph.opset)
    kept = []
    for node in graph.nodes:
        try:
            op = seen.norm(node) if node.kind == "Div" and len(node.inputs) == 2 else None
        except BROKEN:  # what reading an attribute raises that is none of ONNX's
            op = None
        said = {"op": op, "rank": 4, "turn": ()}
        kept.append(Node("_Known", node.name, node.inputs[:1], node.outputs, said, "", node.modules) if op else node)
    return graph.with_nodes(kept).pruned()


@dataclass
class _Seen:
    """The graph by the names of its values."""

    makers: dict[str, Node]
    arrays: dict[str, Array]
    opset: int

    def norm(self, node: Node) -> LocalResponseNorm | None:
        """The response norm that a quotient is."""
        power, beta = self._by("Pow", node.inputs[1])
        total, k = self._by("Add", power)
        window, factor = self._by("Mul", total)
        if not window or beta is None or k is None or factor is None:
            return None
        size = self._pooled(window, node.inputs[0])
        if size:
            return LocalResponseNorm(size, factor, beta, k)
        size = self._summed(window, node.inputs[0])
        return LocalResponseNorm(size, factor * size, beta, k) if size else None

    def _by(self, kind: str, name: str) -> tuple[str, float | None]:
        """(value, number) of an operator of both."""
        node = self.makers.get(name)
        if node is not None and node.kind == kind and len(node.inputs) == 2:
            for one, other in (node.inputs, node.inputs[::-1]):
                array = self.arrays.get(other)
                if array is not None and array.size == 1 and (kind != "Pow" or other == node.inputs[1]):
                    return one, decimal(array.reshape(-1)[0])
        return "", None

    def _back(self, name: str) -> Node | None:
        """The node that makes a value, before others see it in another shape."""
        node = self.makers.get(name)
        while node is not None and (node.kind in SEEN or _squeezes(node)):
            node = self.makers.get(node.inputs[-1 if node.kind == "If" else 0])
        return node

    def _pooled(self, window: str, x: str) -> int:
        """How many channels the mean of squares is over; 0 where it is none."""
        pool = self._back(window)
        if pool is None or pool.kind != "AveragePool":
            return 0
        size, *rest = pool.attributes.get("kernel_shape", [0])
        plain = rest == [1, 1] and not any(pool.attributes.get("pads", [])) and not pool.attributes.get("ceil_mode")
        plain = plain and set(pool.attributes.get("strides", [1])) == {1}
        return size if plain and self._padded(pool.inputs[0], x) == (size // 2, (size - 1) // 2) else 0

    def _summed(self, window: str, x: str) -> int:
        """How many channels the sum of squares is over, each of which is a slice; 0 where it is none."""
        node = self.makers.get(window)
        if node is None or node.kind != "Sum":
            return 0
        slices = [self.makers.get(name) for name in node.inputs]
        sources = {item.inputs[0] for item in slices if item is not None and item.kind == "Slice"}
        size = len(slices)
        if len(sources) != 1 or self._padded(sources.pop(), x) != (size // 2, (size - 1) // 2):
            return 0
        for place, item in enumerate(slices):
            given: list[Any] = [None if item is None else self._array(name) for name in (item.inputs if item else ())]
            starts, _, axes, steps = slice_numbers(given, {})
            if starts != [place] or axes != [1] or steps not in (None, [1]):
                return 0
        return size

    def _padded(self, name: str, x: str) -> tuple[int, int] | None:
        """By how many channels squares of a value are padded before and after; None for anything else."""
        pad = self._back(name)
        if pad is None or pad.kind != "Pad" or pad.attributes.get("mode", "constant") != "constant":
            return None
        given: list[Any] = [self._array(name) for name in pad.inputs]
        square = self._back(pad.inputs[0])
        if square is None or square.kind != "Mul" or square.inputs != (x, x) or given[1] is None:
            return None
        numbers = [int(n) for n in given[1].reshape(-1)]
        axes = axes_of(given, {}, 3) if len(given) > 3 else None
        half = len(numbers) // 2
        used = [n for n in range(half) if numbers[n] or numbers[n + half]]
        five = axes is None and half == 5 and used == [2]  # (N, 1, C, H, W)
        fill = len(given) > 2 and given[2] is not None and bool(given[2].any())
        return (numbers[used[0]], numbers[used[0] + half]) if not fill and (five or axes == [1]) else None

    def _array(self, name: str) -> Array | None:
        """The numbers of a value that follows from constants."""
        node = self.makers.get(name)
        if name in self.arrays or node is None:
            return self.arrays.get(name)
        given: list[Any] = [self._array(item) for item in node.inputs]
        if not given or any(item is None for item in given):
            return None
        try:
            return folded(node.kind, given, node.attributes, self.opset, len(node.outputs))[0]
        except Unknown:
            return None


def _squeezes(node: Node) -> bool:
    """Whether a choice is that of an axis that is taken off where its length is 1, as PyTorch's exporter writes it."""
    branches = [item for item in node.attributes.values() if isinstance(item, Branch)]
    kinds = {inner.kind for branch in branches for inner in branch.nodes}
    return node.kind == "If" and len(node.inputs) == 2 and kinds <= {"Constant", "Identity", "Squeeze"}
