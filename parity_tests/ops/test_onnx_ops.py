"""Every op is one function in NumPy and in ONNX: for onnx's checker, its reference evaluator and ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from onnx.reference import ReferenceEvaluator
from op_cases import CASES, EVEN, MIXED, ODD, Function
from op_parity import TOLERANCE, difference, images, traced

from diptych.common import reference
from diptych.common.errors import DiptychError
from diptych.common.onnx_graph import Graph, Operator
from diptych.common.ops import kinds, op_class
from diptych.common.ops.avg_pool import avg_pool
from diptych.common.ops.conv import conv
from diptych.common.ops.conv_transpose import conv_transpose
from diptych.common.ops.gelu import gelu
from diptych.common.ops.global_avg_pool import global_avg_pool
from diptych.common.ops.local_response_norm import local_response_norm
from diptych.common.ops.log_softmax import log_softmax
from diptych.common.ops.max_pool import max_pool
from diptych.common.ops.rescale import rescale
from diptych.common.spec import Array, Net, Shape
from diptych.common.weights import scrambled
from diptych.onnx_impl import build
from diptych.onnx_impl.build import NEWEST, OLDEST, check_shapes
from diptych.onnx_impl.evaluator import CORRECTED_OPS
from diptych.onnx_impl.runtimes import evaluate, run

NARROW = 1e-5
"""The tolerance in float32: rounding gives 1e-8 to 6e-7."""
DTYPES = ("float32", "float64")
SHAPES = (ODD, EVEN, MIXED)
Change = Callable[[Operator], Operator]


@dataclass(frozen=True)
class Case:
    """A network with weights and images, and what every node of it means."""

    net: Net
    weights: dict[str, Array]
    x: Array
    wanted: dict[str, Array]

    def model(self, graph: Graph, observed: bool = False, opset: int | None = None) -> object:
        return build.model(graph, self.weights, observed=observed, opset=opset)

    def gap(self, graph: Graph, found: list[Array] | str) -> float:
        """The largest difference of an output."""
        assert not isinstance(found, str), found
        assert all(array.dtype == graph.dtype for array in found)
        pairs = zip(found, self.net.outputs, strict=True)
        return max(difference(array.astype(np.float64), self.wanted[self.net.nodes[i].path]) for array, i in pairs)

    def evaluate(self, graph: Graph) -> float:
        return self.gap(graph, evaluate(self.model(graph), graph.outputs, self.x.astype(graph.dtype)))

    def run(self, graph: Graph, opset: int | None = None) -> float:
        return self.gap(graph, run(self.model(graph, opset=opset), graph.outputs, self.x.astype(graph.dtype)))


def case(function: Function, shape: Shape, batch: int = 2) -> Case:
    net = traced(function, shape)
    weights, x = scrambled(net), images(shape, batch)
    return Case(net, weights, x, reference.run(net, weights, x))


def cases(kind: str) -> list[Case]:
    return [case(function, shape) for function in CASES[kind] for shape in SHAPES]


def test_every_kind_has_a_case_and_says_itself_what_it_is_in_onnx() -> None:
    assert sorted(CASES) == kinds()
    assert [kind for kind in kinds() if "onnx" not in vars(op_class(kind))] == []


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", CASES)
def test_the_checker_accepts_it_and_infers_the_shapes_of_the_spec(kind: str, dtype: str) -> None:
    for net in (item.net for item in cases(kind)):
        graph = Graph(net, dtype)
        for opset in range(OLDEST, NEWEST + 1):
            found = build.shapes(build.infer_shapes(build.model(graph, None, opset=opset), kind))
            # Behind a Resize onnx gives the batch another name.
            inferred = [found[name][1:] for name in graph.values]
            assert inferred == [tuple(map(int, node.shape)) for node in net.nodes]


@pytest.mark.parametrize("kind", CASES)
def test_the_reference_evaluator_agrees_in_float64_at_every_node(kind: str) -> None:
    for item in cases(kind):
        graph = Graph(item.net, "float64")
        model = item.model(graph, observed=True)
        names = list(dict.fromkeys(graph.values[1:]))
        values = dict(zip(names, evaluate(model, names, item.x), strict=True), input=item.x)
        for node, name in zip(item.net.nodes, graph.values, strict=True):
            assert values[name].dtype == np.float64
            assert difference(values[name], item.wanted[node.path]) < TOLERANCE, node.path


@pytest.mark.parametrize("kind", CASES)
def test_the_reference_evaluator_agrees_in_float32(kind: str) -> None:
    """Where ONNX Runtime is not installed, it is what an export is held to."""
    for item in cases(kind):
        assert item.evaluate(Graph(item.net, "float32")) < NARROW


@pytest.mark.parametrize("opset", [OLDEST, NEWEST])
@pytest.mark.parametrize("kind", CASES)
def test_onnx_runtime_agrees_in_float32(kind: str, opset: int) -> None:
    for item in cases(kind):
        assert item.run(Graph(item.net, "float32"), opset) < NARROW


NO_DOUBLE = {"AveragePool", "Conv", "ConvTranspose", "Elu", "Erf", "GlobalAveragePool", "GlobalMaxPool", "PRelu"}
NO_DOUBLE |= {"Resize", "Softplus", "Softsign"}
"""The operators that ONNX Runtime has no kernel of in float64."""
INSIDE = {"Mish": "Softplus"}
"""An operator that ONNX defines by others, and the one of them that is lacking."""


def in_float64(item: Case) -> str:
    """The operator that ONNX Runtime has no kernel of in float64; "" where it has all, and agrees."""
    graph = Graph(item.net, "float64")
    found = run(item.model(graph), graph.outputs, item.x)
    if isinstance(found, str):
        before, _, rest = found.partition("has no kernel of ")
        assert before == "ONNX Runtime "
        return rest.split()[0]
    assert item.gap(graph, found) < TOLERANCE
    return ""


def test_onnx_runtime_agrees_in_float64_wherever_it_has_kernels() -> None:
    """Which it cannot run, and for want of what, is held for each case: none is passed over in silence."""
    lacking = set()
    for item in (item for kind in CASES for item in cases(kind)):
        made_of = {INSIDE.get(operator.kind, operator.kind) for operator in Graph(item.net, "float64").operators}
        missing = in_float64(item)
        assert missing in (NO_DOUBLE & made_of or {""})
        lacking.add(missing)
    assert lacking == {*NO_DOUBLE, ""}


KNOWN: dict[str, tuple[Function, str, float, str]] = {
    "AveragePool": (
        lambda x: avg_pool(x, 3, 3, ceil_mode=True),
        "float64",
        0.1,
        "what hangs over by two or more at the end is halved, and one half put before the image",
    ),
    "ConvTranspose": (
        lambda x: conv_transpose(x, 4, 2, groups=4),
        "float64",
        0.01,
        "kernels of groups are cut by output channels, and biases not at all",
    ),
    "Erf": (lambda x: gelu(x), "float64", 1e-9, "its values are rounded to float32"),
    "LRN": (
        lambda x: local_response_norm(x, alpha=1.0),
        "float32",
        0.1,
        "channels are counted by the size of the batch",
    ),
    "LogSoftmax": (
        lambda x: log_softmax(rescale(x, 3000.0)),
        "float64",
        0.1,
        "the logarithm is that of the softmax, rounded to zero",
    ),
    "MaxPool": (
        lambda x: max_pool(x, 2, 1, pad=(0, 1, 0, 1)),
        "float64",
        0.1,
        "at stride 1 the pads are taken for top, bottom, left, right",
    ),
}
"""What onnx's own evaluator has wrong, by how much at least, and why: diptych.onnx_impl.evaluator puts it right."""


@pytest.mark.parametrize("kind", KNOWN)
def test_what_is_put_right_in_the_reference_evaluator_is_wrong_in_it_still(kind: str) -> None:
    function, dtype, least, why = KNOWN[kind]
    item = case(function, ODD)
    graph = Graph(item.net, dtype)
    assert kind in {operator.kind for operator in graph.operators}
    with np.errstate(divide="ignore"):
        plain: Any = ReferenceEvaluator(item.model(graph)).run(graph.outputs, {"input": item.x.astype(dtype)})
    assert item.gap(graph, plain) > least, f"onnx has mended it ({why}): take {kind} out of diptych.onnx_impl.evaluator"
    assert item.evaluate(graph) < (TOLERANCE if dtype == "float64" else NARROW)
    assert sorted(KNOWN) == sorted(each.__name__ for each in CORRECTED_OPS)


@pytest.mark.parametrize("pad", [0, 1])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 3), (4, 4), (3, (3, 1)), ((2, 5), 4)])
def test_pools_whose_windows_hang_over_by_more_than_one(kernel: int, stride: int, pad: int) -> None:
    for shape in (*SHAPES, (2, 13, 11)):
        for counted in (True, False):
            pooled = partial(avg_pool, kernel=kernel, stride=stride, pad=pad, ceil_mode=True, count_include_pad=counted)
            item = case(pooled, shape)
            assert item.evaluate(Graph(item.net, "float64")) < TOLERANCE
            assert item.run(Graph(item.net, "float32")) < NARROW


def changed(graph: Graph, kind: str, change: Change) -> Graph:
    """The graph with a fault in its operators of a kind."""
    assert kind in {operator.kind for operator in graph.operators}
    graph.operators = [change(each) if each.kind == kind else each for each in graph.operators]
    return graph


def attributes(**values: object) -> Change:
    def change(operator: Operator) -> Operator:
        assert {key: operator.attributes.get(key) for key in values} != values, "the fault changes nothing"
        return replace(operator, attributes={**operator.attributes, **values})

    return change


def exchanged(first: int, second: int) -> Change:
    def change(operator: Operator) -> Operator:
        names = list(operator.inputs)
        names[first], names[second] = names[second], names[first]
        return replace(operator, inputs=tuple(names))

    return change


def backwards(operator: Operator) -> Operator:
    assert operator.tensor is not None
    return replace(operator, tensor=operator.tensor[::-1])


FAULTS: dict[str, tuple[str, int, str, Change]] = {
    "pads on the other side": ("conv", 2, "Conv", attributes(pads=(1, 1, 0, 1))),
    "SAME_LOWER": ("conv", 1, "Conv", attributes(auto_pad="SAME_LOWER")),
    "mean and variance exchanged": ("batch_norm", 0, "BatchNormalization", exchanged(3, 4)),
    "scale and bias exchanged": ("batch_norm", 0, "BatchNormalization", exchanged(1, 2)),
    "epsilon 1e-3": ("batch_norm", 0, "BatchNormalization", attributes(epsilon=1e-3)),
    "padding counted": ("avg_pool", 2, "AveragePool", attributes(count_include_pad=1)),
    "a shuffle the other way": ("channel_shuffle", 1, "Constant", backwards),
    "corners aligned": ("resize", 7, "Resize", attributes(coordinate_transformation_mode="align_corners")),
    "softmax over rows": ("softmax", 0, "Softmax", attributes(axis=2)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_graph_is_noticed(fault: str) -> None:
    kind, number, operator, change = FAULTS[fault]
    item = case(CASES[kind][number], EVEN)
    assert item.evaluate(Graph(item.net, "float64")) < TOLERANCE
    assert item.evaluate(changed(Graph(item.net, "float64"), operator, change)) > 1e4 * TOLERANCE
    assert item.run(changed(Graph(item.net, "float32"), operator, change)) > 10 * NARROW


def test_an_epsilon_that_is_off_by_a_thousandth_is_noticed_in_float64() -> None:
    item = case(CASES["batch_norm"][0], EVEN)
    faulty = changed(Graph(item.net, "float64"), "BatchNormalization", attributes(epsilon=1.001e-5))
    assert item.evaluate(faulty) > 10 * TOLERANCE


def test_a_graph_of_another_shape_is_refused_by_name() -> None:
    net = traced(lambda x: global_avg_pool(conv(x, 6, 3, pad=1, name="c")), EVEN)
    graph = changed(Graph(net, "float32"), "Conv", attributes(pads=(2, 1, 1, 1)))
    found = build.shapes(build.infer_shapes(build.model(graph, None), "case"))
    with pytest.raises(DiptychError, match=r"onnx infers \(6, 7, 8\) for c, expected \(6, 6, 8\)"):
        check_shapes(net, graph, found)


def test_an_output_of_another_shape_is_refused_by_the_checker() -> None:
    net = traced(lambda x: conv(x, 6, 3, pad=1), EVEN)
    graph = changed(Graph(net, "float32"), "Conv", attributes(pads=(2, 1, 1, 1)))
    with pytest.raises(DiptychError, match="case: onnx's checker says"):
        build.infer_shapes(build.model(graph, None), "case")


def test_the_checker_refuses_what_contradicts_itself() -> None:
    net = traced(CASES["concat"][0], EVEN)
    faulty = changed(Graph(net, "float32"), "Concat", attributes(axis=7))
    with pytest.raises(DiptychError, match="onnx's checker says"):
        build.infer_shapes(build.model(faulty, None), "case")
