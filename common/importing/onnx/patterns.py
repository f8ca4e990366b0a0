"""Functions that a graph writes out in several operators, as one node: found by their numbers, not by their form.

A part of a graph that computes each number from one value is a function of one number. Where it is that of an op at
every place that is tried, it is that op: GELU by Erf, SiLU, hard swish by Clip, mish, in whatever order it is written.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...op import Op
from ...ops.elu import Elu
from ...ops.gelu import Gelu
from ...ops.hard_sigmoid import HardSigmoid
from ...ops.hard_swish import HardSwish
from ...ops.leaky_relu import LeakyRelu
from ...ops.mish import Mish
from ...ops.relu6 import Relu6
from ...ops.scaled_tanh import ScaledTanh
from ...ops.selu import Selu
from ...ops.silu import Silu
from ...ops.softplus import Softplus
from ...ops.threshold import Threshold
from ...spec import Array
from .activations import FAR
from .graph import BROKEN, Graph, Node
from .table import attribute, decimal

MOST = 12
"""Operators of one function at most."""
NEAR = 2e-6
"""How far apart two functions may be in relation to their size: constants in files are float32."""
EXACT = 1e-12
"""How far apart they are where constants are float64: nearer than two functions that differ by a rounding."""
erf = np.vectorize(math.erf, otypes=[float])
EACH: Mapping[str, Callable[..., Any]] = {
    "Add": np.add,
    "Div": np.divide,
    "Elu": lambda x: x,
    "Erf": erf,
    "Erfc": lambda x: 1 - erf(x),
    "Exp": np.exp,
    "Expm1": np.expm1,
    "Greater": np.greater,
    "HardSigmoid": lambda x: x,
    "Log": np.log,
    "Max": np.maximum,
    "Min": np.minimum,
    "Mul": np.multiply,
    "Neg": np.negative,
    "Pow": np.power,
    "Relu": lambda x: np.maximum(x, 0),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Softplus": lambda x: np.logaddexp(0, x),
    "Sub": np.subtract,
    "Tanh": np.tanh,
    "Where": np.where,
    "Clip": lambda x, *limits: x,
}
"""Operators of each number by itself; Erfc and Expm1 are no operators of ONNX, but tf2onnx writes them."""
TURN = "Transpose"
"""What tf2onnx may write between them; where two values meet their axes are in the same order."""
FIXED: tuple[Op, ...] = (
    *(Silu(), HardSwish(), HardSigmoid(), Gelu(), Gelu(rounded=True), Gelu(True), Mish(), Relu6(), Selu(), Elu()),
    *(Softplus(threshold=FAR), Softplus()),
)
TRIED = np.concatenate([np.linspace(-9, 9, 145) + 0.0131, [-90.0, -30.5, 19.7, 20.3, 31.0, 88.0]])


@dataclass
class _Search:
    """The graph, with the number of each constant that is one, how many axes it has, and which are float32."""

    graph: Graph
    numbers: dict[str, float] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    single: set[str] = field(default_factory=set)
    makers: dict[str, Node] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, array in self.graph.arrays().items():
            if array.size == 1 and array.dtype.kind == "f":
                self.numbers[name], self.ranks[name] = decimal(array.reshape(-1)[0]), array.ndim
                self.single |= {name} if array.dtype == np.float32 else set()
        for place, node in enumerate(self.graph.nodes):
            for name in node.outputs:
                self.makers[name], self.order[name] = node, place

    def cones(self, last: Node) -> Iterator[tuple[str, list[Node]]]:
        """(value, the operators between it and a node), the larger the later, of those that compute from it alone."""
        nodes, open_ = [last], {name for name in last.inputs if name and name not in self.numbers}
        while len(nodes) <= MOST and open_:
            if len(open_) == 1 and len(nodes) > 1:
                yield next(iter(open_)), nodes[::-1]
            latest = max(open_, key=lambda name: self.order.get(name, -1))
            maker = self.makers.get(latest)
            if maker is None or maker.kind not in (*EACH, TURN) or len(maker.outputs) != 1:
                return
            open_ = (open_ - {latest}) | {name for name in maker.inputs if name and name not in self.numbers}
            nodes.append(maker)

    def run(self, source: str, nodes: list[Node]) -> Array:
        """What the operators make of the places that are tried."""
        values: dict[str, Any] = {source: TRIED, **self.numbers}
        for node in nodes:
            given = [values[name] for name in node.inputs if name]
            if node.kind == "Clip":
                made = np.clip(values[node.inputs[0]], *limits(node, values))
            elif node.kind == "Elu":
                made = Elu(attribute(node.attributes.get("alpha", 1.0))).run(*given)
            elif node.kind == "HardSigmoid":
                slope, offset = (attribute(node.attributes.get(*said)) for said in (("alpha", 0.2), ("beta", 0.5)))
                slope = 1 / 6 if np.float32(slope) == np.float32(1 / 6) else slope
                made = np.clip(slope * values[node.inputs[0]] + offset, 0, 1)
            else:
                made = given[0] if node.kind == TURN else EACH[node.kind](*given)
            values[node.outputs[0]] = made
        return np.asarray(values[nodes[-1].outputs[0]], float)


def limits(node: Node, values: Mapping[str, Any]) -> tuple[float, float]:
    """The limits of a Clip."""
    found = []
    for place, (name, usual) in enumerate((("min", -math.inf), ("max", math.inf)), 1):
        given = node.inputs[place] if len(node.inputs) > place else ""
        found.append(float(values[given]) if given else float(node.attributes.get(name, usual)))
    return found[0], found[1]


def known(graph: Graph) -> Graph:
    """The graph with one node for each function of several operators, which stands for the last of them."""
    search = _Search(graph)
    inside = set[int]()
    changed: dict[int, Node] = {}
    for place in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[place]
        if node.kind not in EACH or len(node.outputs) != 1 or place in inside or node.domain:
            continue
        found = None
        for source, nodes in search.cones(node):
            try:
                op, turn = _op(search, source, nodes), _turn(source, nodes)
            except BROKEN:
                continue
            if op is not None and turn is not None:
                found = (source, nodes, op, turn)
        if found is not None:
            source, nodes, op, turn = found
            rank = max([search.ranks.get(name, 0) for item in nodes for name in item.inputs])
            said = {"op": op, "rank": rank, "turn": turn}
            changed[place] = Node("_Known", node.name, (source,), node.outputs, said, "", node.modules)
            inside.update(search.order[item.outputs[0]] for item in nodes)
    kept = [changed.get(place, node) for place, node in enumerate(graph.nodes)]
    return graph.with_nodes(kept).pruned()


def _op(search: _Search, source: str, nodes: list[Node]) -> Op | None:
    """The op that operators are, the nearest of them; None for none."""
    with np.errstate(all="ignore"):
        values = search.run(source, nodes)
    if values.shape != TRIED.shape:
        return None
    constants = sorted({search.numbers[name] for node in nodes for name in node.inputs if name in search.numbers})
    near = NEAR if search.single.intersection(name for node in nodes for name in node.inputs) else EXACT
    alike = [(op, apart) for op in _candidates(nodes, constants) if (apart := _apart(op, values)) <= near]
    return next((op for op, apart in alike if apart <= EXACT), alike[0][0] if alike else None)


def _turn(source: str, nodes: list[Node]) -> tuple[int, ...] | None:
    """The order in which axes come out, () for that in which they came in; None where values meet in two orders."""
    orders: dict[str, tuple[int, ...]] = {source: ()}
    for node in nodes:
        found = {orders[name] for name in node.inputs if name in orders}
        if len(found) != 1:
            return None
        (order,) = found
        if node.kind == TURN:
            turn = tuple(node.attributes.get("perm") or ())
            if not turn or sorted(turn) != list(range(len(turn))):
                return None
            order = tuple(order[place] for place in turn) if order else turn
        orders[node.outputs[0]] = () if list(order) == sorted(order) else order
    return orders[nodes[-1].outputs[0]]


def _candidates(nodes: list[Node], constants: list[float]) -> Iterator[Op]:
    kinds = {node.kind for node in nodes}
    if "Where" in kinds:
        yield from (Softplus(a, b) for a, b in itertools.product(constants, repeat=2) if a > 0 and b > 0)
    if kinds == {"Greater", "Where"}:
        yield from (Threshold(a, b) for a, b in itertools.product(constants, repeat=2))
    yield from FIXED
    if kinds == {"Mul", "Tanh"}:
        yield from (ScaledTanh(a, b) for a, b in itertools.permutations(constants, 2))
    if kinds & {"Max", "Relu"}:
        yield from (LeakyRelu(slope) for slope in constants if 0 < slope < 1)
    if kinds & {"Elu", "Expm1"}:
        yield from (Elu(alpha) for alpha in constants if alpha > 0)


def _apart(op: Op, values: Array) -> float:
    """How far an op is from values, in relation to their size."""
    with np.errstate(all="ignore"):
        wanted = op.run(TRIED)
    finite = np.isfinite(values)
    if finite.sum() < len(TRIED) - 4:
        return math.inf
    apart = np.abs(values - wanted)[finite] / np.maximum(np.abs(wanted[finite]), 1e-3)
    return float(apart.max())
