"""From the graph of an ONNX model to a draft: each node in turn, at one size of image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import SpecError
from ...text import NAME, printable
from ..axes import Unknown
from ..draft import Draft, Missing, View
from . import activations, arithmetic, layers, maps, norms, shapes
from .folding import folded
from .graph import BROKEN, USUAL, Branch, Graph, Node, constant
from .places import Place, place
from .table import MEANINGS, Call, Const, Reading, survives

__all__ = ["Walk", "activations", "arithmetic", "layers", "maps", "norms", "shapes"]

CHOICE = "If"
CONTROL = ("Loop", "Scan")
QUANTISED = ("QLinear", "Quantize", "Dequantize", "DynamicQuantize", "ConvInteger", "MatMulInteger")
SEEN = ("Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Cast", "Flatten")
"""Operators after which numbers are still those of the file."""
CHANNELS, FEATURES = 1 << 18, 1 << 24
"""Channels of a map and numbers of a vector at most."""
Value = View | Const | None


@dataclass
class Walk:
    """One walk along a graph."""

    graph: Graph
    draft: Draft
    env: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reading = Reading(self.draft, self.graph.opset)
        self.env = {name: Const(array, name, array) for name, array in self.graph.constants.items()}
        self.env[""] = None

    def run(self, image: View) -> list[View | Const]:
        """The outputs for an image; what is not known is noted in the draft."""
        self.env[self.graph.inputs[0].name] = image
        for node in self.graph.nodes:
            where = place(node, self.graph.ours)
            self.draft.scopes = where.scopes
            made = self._called(node, where)
            for number, name in enumerate(node.outputs):
                self.env[name] = made[number] if number < len(made) else self._hole()
        self.draft.scopes = ()
        return [self.env[name] for name in self.graph.outputs]

    def _called(self, node: Node, where: Place) -> Sequence[Value]:
        """What a node gives; a hole, with a note, where nothing is known."""
        given: list[Value] = [self.env[name] for name in node.inputs]
        doubtful = any(isinstance(item, View) and item.doubtful for item in given)
        try:
            self._check_known(node)
            if node.kind == CHOICE:
                return self._chosen(node, where)
            if doubtful:
                return [self._hole()]
            if not any(isinstance(item, View) for item in given):
                return self._constants(node, given)
            made = MEANINGS[node.kind](Call(self.reading, node, where, given))
            results = list(made) if isinstance(made, list) else [made]
            self._check_size(results)
            return results
        except (Unknown, SpecError) as why:
            self._note(node, str(why))
        except BROKEN as error:
            self._note(node, f"what ONNX does not write ({type(error).__name__}: {str(error)[:80]})")
        return [self._hole()]

    def _chosen(self, node: Node, where: Place) -> Sequence[Value]:
        """What the branch gives that a condition, which follows from constants, says."""
        condition = self.env[node.inputs[0]] if node.inputs else None
        if not isinstance(condition, Const) or condition.array.size != 1:
            raise Unknown("control flow that depends on the image")
        branch = node.attributes.get("then_branch" if condition.array.reshape(-1)[0] else "else_branch")
        if not isinstance(branch, Branch):
            raise Unknown("control flow with a graph of its own")
        for inner in branch.nodes:
            made = self._called(inner, where)
            for number, name in enumerate(inner.outputs):
                self.env[name] = made[number] if number < len(made) else self._hole()
        return [self.env[name] for name in branch.outputs]

    def _check_known(self, node: Node) -> None:
        if node.domain not in USUAL:
            raise Unknown(f"of the domain {printable(node.domain, NAME)}")
        if node.kind in CONTROL:
            raise Unknown("control flow")
        if node.kind.startswith(QUANTISED):
            raise Unknown("quantised")
        constants = not any(isinstance(self.env[name], View) for name in node.inputs)
        if node.kind not in (*MEANINGS, CHOICE) and not constants:
            raise Unknown("")

    def _note(self, node: Node, why: str) -> None:
        kind = printable(node.kind.lstrip("_"), NAME)
        self.draft.missing.append(Missing(f"{kind}: {printable(why, 300)}" if why else kind, node.said))

    def _constants(self, node: Node, given: list[Value]) -> list[Const]:
        """The results of an operator of constants, under the names of what they are made of."""
        if node.kind == "Constant":
            value = constant(node)
            if value is None or value.dtype.kind not in "fiub":
                raise Unknown("of texts, sparse numbers or float16")
            return [Const(value)]
        consts = [item for item in given if isinstance(item, Const)]
        arrays: list[Any] = [item.array if isinstance(item, Const) else None for item in given]
        found = folded(node.kind, arrays, node.attributes, self.graph.opset, len(node.outputs))
        first = consts[0] if consts else None
        if first is not None and first.name and node.kind in SEEN:
            own = node.outputs[0]
            named = own if node.kind == "Identity" and survives(own) else first.name
            return [Const(found[0], named, first.source)]
        if node.kind == "Add" and len(consts) == 2 and consts[1].array.size == 1 and consts[0].name:
            return [Const(found[0], plus=(consts[0], float(consts[1].array.reshape(-1)[0])))]
        return [Const(item) for item in found]

    def _check_size(self, made: Sequence[Value]) -> None:
        """Raise Unknown for a value with more channels than anybody has."""
        for view in made:
            if isinstance(view, View):
                shape = self.draft.steps[view.step].shape
                if shape[0] > (CHANNELS if len(shape) == 3 else FEATURES):
                    raise Unknown(f"with {shape[0]} channels")

    def _hole(self) -> View:
        return self.draft.hole(())
