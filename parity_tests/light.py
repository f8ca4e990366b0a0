"""The nine networks that the onnx package brings for tests, as lists of layers, and how ours differ from them.

What counts as a difference is said in docs/onnx.md.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import defs, helper, numpy_helper

from diptych.common.onnx_graph import Graph, Operator
from diptych.common.registry import network
from diptych.common.spec import Array, Net, Node
from diptych.onnx_impl import build

FOLDER = Path(onnx.__file__).with_name("backend") / "test" / "data" / "light"
WINDOWED = {"Conv": ("strides", "pads", "dilations"), "MaxPool": ("strides", "pads", "dilations")}
WINDOWED["AveragePool"] = WINDOWED["MaxPool"]
AKIN = ({"MaxPool", "AveragePool", "GlobalAveragePool"}, {"Conv", "Gemm"})
"""Kinds of which one may stand where ours has the other."""
QUIET = {"auto_pad": "NOTSET", "axis": "1", "ceil_mode": "0", "dilations": "1x1", "group": "1", "pads": "0,0,0,0"}
QUIET |= {"strides": "1x1", "storage_order": "0", "training_mode": "0", "transA": "0", "transB": "1"}
"""What goes without saying of a layer that only one side has."""


@dataclass(frozen=True)
class Layer:
    """One layer: the numbers of those that it reads (the image is 0), its value, and everything else as text."""

    name: str
    kind: str
    inputs: tuple[int, ...]
    value: str
    settings: Mapping[str, str]
    weights: tuple[str, ...] = ()

    def __str__(self) -> str:
        hidden = {"channels", "map", *({"alpha", "beta"} if self.kind == "Gemm" else ())}
        loud = [f"{key} {text}" for key, text in self.settings.items() if QUIET.get(key) != text and key not in hidden]
        return ", ".join([self.kind, *loud])


@dataclass(frozen=True)
class Difference:
    """What one layer says in their network and in ours; a dash where there is no such layer.

    `of_layers` where there is none, or one of another kind, or one that reads others.
    """

    layer: str
    theirs: str
    ours: str
    of_layers: bool = False


class Reader:
    """The layers of a model: its operators without those that make weights, and patterns as the one layer they mean."""

    def __init__(self, model: Any) -> None:
        self.model = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        graph = self.model.graph
        self.opset = self.model.opset_import[0].version
        shapes = build.shapes(self.model).items()
        self.tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self.shapes = {name: tuple(1 if n == "batch" else int(n) for n in shape) for name, shape in shapes}
        self.shapes |= {name: array.shape for name, array in self.tensors.items()}
        names = [value.name for value in graph.input if value.name not in self.tensors]
        self.fixed = {name: name for name in (*self.tensors, *names[1:])}
        self.uses = Counter(name for node in graph.node for name in node.input)
        self.numbers = {names[0]: 0}
        self.layers = [Layer("input", "Input", (), names[0], self._sizes(names[0]))]
        for node in graph.node:
            self._take(node)
        outputs = [value.name for value in graph.output]
        self.layers.append(Layer("output", "Output", tuple(self.numbers[name] for name in outputs), outputs[0], {}))

    def _take(self, node: Any) -> None:
        """A value that the image has no part in is a weight, whatever operators made it; the rest are layers."""
        value = node.output[0]
        if all(name in self.fixed for name in node.input):
            self.fixed[value] = self.fixed[node.input[0]] if node.op_type in ("Reshape", "Unsqueeze") else value
            if node.op_type == "Constant":
                self.tensors[value] = numpy_helper.to_array(node.attribute[0].t)
            return
        inputs = tuple(self.numbers[name] for name in node.input if name not in self.fixed)
        weights = tuple(self.fixed[name] for name in node.input if name in self.fixed)
        kind = {"Sum": "Add"}.get(node.op_type, node.op_type)
        self.layers.append(self._meant(Layer(node.name, kind, inputs, value, self._settings(node), weights), node))
        self.numbers[value] = len(self.layers) - 1

    def _meant(self, layer: Layer, node: Any) -> Layer:
        """The layer that an operator means together with those before it, which it then replaces."""
        before, sizes = self.layers[-1], self._sizes(layer.value)
        if layer.kind in ("Mul", "Add") and before.kind == "BatchNormalization" and layer.weights:
            assert layer.inputs == (len(self.layers) - 1,)
            assert self.uses[before.value] == 1
            settings = {**before.settings, "scale": f"{before.settings['scale']}, {layer.kind}"}
            return replace(
                self.layers.pop(), value=layer.value, settings=settings, weights=before.weights + layer.weights
            )
        if layer.kind == "Reshape" and len(self.shapes[layer.value]) == 2:
            return replace(layer, kind="Flatten", settings={"axis": "1", **sizes}, weights=())
        if layer.kind == "Reshape" and before.kind == "Transpose":
            assert before.settings["perm"] == "0,2,1,3,4"
            assert layer.inputs == (len(self.layers) - 1,)
            reshape = self.layers[-2]
            assert before.inputs == (len(self.layers) - 2,)
            del self.layers[-2:]
            groups = self.shapes[reshape.value][1]
            return replace(reshape, kind="ChannelShuffle", value=layer.value, settings={"groups": f"{groups}", **sizes})
        if layer.kind == "Gather":
            groups = _groups(self.tensors[node.input[1]])
            return replace(layer, kind="ChannelShuffle", settings={"groups": f"{groups}", **sizes}, weights=())
        return layer

    def _settings(self, node: Any) -> dict[str, str]:
        """All attributes as text, with what they are where the node does not state them, and the sizes."""
        kind = node.op_type
        found = _defaults(kind, defs.onnx_opset_version()) | _defaults(kind, self.opset)
        found |= {key: (0,) * 4 if key == "pads" else (1, 1) for key in WINDOWED.get(kind, ())}
        found |= {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        shape = self.shapes.get(node.input[1], ()) if len(node.input) > 1 else ()
        if kind in ("Conv", "Gemm"):
            found |= {"weights": shape, "bias": "yes" if len(node.input) == 3 else "no"}
            found.pop("kernel_shape", None)
        if kind == "Dropout" and shape == ():
            found |= {"ratio": float(self.tensors[node.input[1]])} if len(node.input) > 1 else {}
            found.pop("seed", None)
        if kind == "BatchNormalization":
            found["scale"] = "own"
        if kind == "AveragePool" and not any(found["pads"]) and not found["ceil_mode"]:
            del found["count_include_pad"]  # nothing is there to be counted
        return {key: _text(found[key], key) for key in sorted(found)} | self._sizes(node.output[0], kind)

    def _sizes(self, value: str, kind: str = "") -> dict[str, str]:
        """Channels, but of what has weights, whose shape says them; and the size of the map, if it is one."""
        _, channels, *size = self.shapes[value]
        said = {} if kind in ("Conv", "Gemm") else {"channels": str(channels)}
        return said | ({"map": _text(size)} if size else {})


def _groups(order: Array) -> int:
    groups = len(order) // int(order[1])
    assert np.array_equal(order, np.arange(len(order)).reshape(groups, -1).T.ravel())
    return groups


@functools.cache
def _defaults(kind: str, opset: int) -> dict[str, Any]:
    known = {key: said.default_value for key, said in defs.get_schema(kind, opset).attributes.items()}
    return {key: helper.get_attribute_value(value) for key, value in known.items() if value.name}


def _text(value: Any, key: str = "") -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ("," if key in ("pads", "perm") else "x").join(map(str, value))
    return str(value)


class Trained(Graph):
    """The graph with the dropout that an exported network leaves out."""

    def _write(self, index: int, node: Node) -> None:
        if node.kind != "dropout":
            return super()._write(index, node)
        self.node, self._own = node, list[Operator]()
        self.add("Dropout", self.values[node.inputs[0]], self.constant(vars(node.op)["rate"]))
        self.operators += [*self._own[:1], replace(self._own[-1], name=node.path, output=node.path)]
        return self.values.append(node.path)


def names() -> list[str]:
    """The networks of the onnx package."""
    return sorted(path.stem.removeprefix("light_") for path in FOLDER.glob("light_*.onnx"))


def model(name: str) -> Any:
    """The model of one of them."""
    return onnx.load(str(FOLDER / f"light_{name}.onnx"))


@functools.cache
def theirs(name: str) -> list[Layer]:
    """The layers of one of them."""
    return Reader(model(name)).layers


def at_their_size(ours: str, layers: Sequence[Layer]) -> Net:
    """Our network for images of the size that theirs takes."""
    height, width = map(int, layers[0].settings["map"].split("x"))
    return network(ours).trace(input_size=(height, width))


def our_model(net: Net) -> Any:
    """Our model, with dropout, whose weights are inputs."""
    made = build.model(Trained(net, "float32"), None)
    rates = {node.input[1] for node in made.graph.node if node.op_type == "Dropout"}
    for node in made.graph.node:
        if node.output[0] in rates:
            node.attribute[0].t.ClearField("dims")  # the graph writes a number as a list of one, which dropout refuses
    return made


def align(left: Sequence[Layer], right: Sequence[Layer]) -> list[tuple[int | None, int | None]]:
    """The numbers of layers that stand for each other, in order, or None: the cheapest way from one to the other."""
    best = [[float(i + j) for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            best[i + 1][j + 1] = min(best[i][j] + _price(a, b), best[i][j + 1] + 1, best[i + 1][j] + 1)
    pairs, i, j = list[tuple[int | None, int | None]](), len(left), len(right)
    while i or j:
        if i and j and best[i][j] == best[i - 1][j - 1] + _price(left[i - 1], right[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and best[i][j] == best[i - 1][j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def _price(a: Layer, b: Layer) -> float:
    if a.kind != b.kind:
        return 1.5 if any({a.kind, b.kind} <= kinds for kinds in AKIN) else float("inf")
    if a.settings == b.settings:
        return 0.0
    return min(0.0625 * sum(a.settings.get(key) != b.settings.get(key) for key in {**a.settings, **b.settings}), 1.0)


def differences(left: Sequence[Layer], right: Sequence[Layer]) -> list[Difference]:
    """Every difference between their layers and ours: layers, kinds, settings, sizes, and what a layer reads."""
    pairs = align(left, right)
    partner = {i: right[j].name for i, j in pairs if i is not None and j is not None}
    common = {j: right[j].name for i, j in pairs if i is not None and j is not None}
    found = list[Difference]()
    for i, j in pairs:
        if i is None or j is None:
            found.append(_single(left, right, partner, i, j))
            continue
        found += _settings(left[i], right[j])
        read, mine = _read(left, left[i], partner), _read(right, right[j], common)
        if read != mine:
            found.append(
                Difference(right[j].name, f"reads {', '.join(read)}", f"reads {', '.join(mine)}", of_layers=True)
            )
    return found


def _single(
    left: Sequence[Layer], right: Sequence[Layer], partner: Mapping[int, str], i: int | None, j: int | None
) -> Difference:
    if i is not None:
        return Difference(f"after {_read(left, left[i], partner)[0]}", str(left[i]), "-", of_layers=True)
    assert j is not None
    return Difference(right[j].name, "-", str(right[j]), of_layers=True)


def _read(layers: Sequence[Layer], layer: Layer, known: Mapping[int, str]) -> list[str]:
    """Our names of what a layer reads, or of what stands before it on both sides; a sum has no order."""

    def stands(number: int) -> str:
        return known[number] if number in known else stands(layers[number].inputs[0])

    found = [stands(number) for number in layer.inputs]
    return sorted(found) if layer.kind == "Add" else found


def _settings(a: Layer, b: Layer) -> list[Difference]:
    if a.kind != b.kind:
        return [Difference(b.name, str(a), str(b), of_layers=True)]
    said = {key: (a.settings.get(key), b.settings.get(key)) for key in {**a.settings, **b.settings}}
    return [Difference(b.name, f"{key} {x}", f"{key} {y}") for key, (x, y) in said.items() if x != y]


def compared(name: str, ours: str) -> list[Difference]:
    """Every difference of one of their networks from one of ours at the size of their image."""
    left = theirs(name)
    found = differences(left, Reader(our_model(at_their_size(ours, left))).layers)
    size = _text(network(ours).input_size)
    said = left[0].settings["map"]
    return [Difference("input", f"map {said}", f"map {size}")] * (size != said) + found
