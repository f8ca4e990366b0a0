"""The networks of the onnx package differ from ours in what docs/onnx.md lists, and in nothing else.

light_differences.json holds the list, and the page its tables. After a change that is meant, `make write` writes both
anew; fill in the reasons that are missing, write again, and read the diff.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import light
import numpy as np
import onnx
import pytest
import selection
from light import Difference, Layer, Reader
from writers.onnx_page import PAGE, grouped, listed, section

from diptych.checking.proof import TOLERANCE
from diptych.common.compare import difference
from diptych.common.geometry import output_size
from diptych.common.registry import network, networks
from diptych.common.spec import Array
from diptych.onnx_impl.runtimes import open_session

NAMES = light.names()
RUN = [name for name in NAMES if name != "shufflenet"]  # its bottlenecks are wider than ours, and its outputs narrower
CEIL = "ceil_mode 0 | ceil_mode 1"
POOLS = ("MaxPool", "AveragePool", "GlobalAveragePool")


def test_the_onnx_package_has_nine_networks_and_all_are_listed() -> None:
    assert len(NAMES) == 9
    assert list(listed()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_differences_are_those_listed(name: str) -> None:
    found = grouped(light.compared(name, listed()[name]["ours"]))
    assert found == [{key: one[key] for key in ("theirs", "ours", "layers")} for one in listed()[name]["differences"]]


@pytest.mark.parametrize("name", NAMES)
def test_every_difference_has_a_reason_and_counts_of_others_hold(name: str) -> None:
    assert all(one["why"] for one in listed()[name]["differences"])
    for other, count in re.findall(r"`(\w+)` \((\d+)\)", listed()[name]["about"]):
        assert len(light.compared(name, other)) == int(count)


def test_the_page_has_a_table_for_each() -> None:
    text = PAGE.read_text()
    assert section(listed()) in text
    assert sum(f"\n### {name}, and our `" in text for name in NAMES) == 9


@pytest.mark.parametrize("name", selection.some(NAMES, "bvlc_alexnet", "inception_v1", "squeezenet"))
def test_ours_is_the_nearest_of_its_family(name: str) -> None:
    """That is the one with the fewest layers of its own, of another kind or wired differently; then in all."""
    ours = listed()[name]["ours"]
    family = networks(network(ours).family)
    distance = {one: _distance(light.compared(name, one)) for one in family}
    assert len(distance) > 1
    assert sorted(distance, key=lambda one: distance[one])[0] == ours
    assert list(distance.values()).count(distance[ours]) == 1


def _distance(found: Sequence[Difference]) -> tuple[int, int]:
    return sum(one.of_layers for one in found), len(found)


def _changed(model: Any, kind: str, number: int, **attributes: Any) -> list[Layer]:
    """The layers of a model in which one operator says something else."""
    node = [node for node in model.graph.node if node.op_type == kind][number]
    kept = [attribute for attribute in node.attribute if attribute.name not in attributes]
    del node.attribute[:]
    node.attribute.extend([*kept, *(onnx.helper.make_attribute(*one) for one in attributes.items())])
    return Reader(model).layers


@pytest.mark.parametrize(
    ("kind", "number", "attributes", "said"),
    [
        ("MaxPool", 0, {"pads": [1, 1, 0, 0]}, {"pads 1,1,1,1 | pads 1,1,0,0"}),
        ("MaxPool", 0, {"pads": [0, 0, 0, 0], "ceil_mode": 1}, {"pads 1,1,1,1 | pads 0,0,0,0", CEIL}),
        ("Conv", 2, {"dilations": [2, 2], "pads": [2, 2, 2, 2]}, {"dilations 1x1 | dilations 2x2"}),
        ("BatchNormalization", 52, {"epsilon": 1.001e-5}, {"epsilon 1e-05 | epsilon 1.001e-05"}),
    ],
)
def test_a_planted_attribute_is_noticed(kind: str, number: int, attributes: dict[str, Any], said: set[str]) -> None:
    left = light.theirs("resnet50")
    net = light.at_their_size("resnet50", left)
    before = light.differences(left, Reader(light.our_model(net)).layers)
    after = light.differences(left, _changed(light.our_model(net), kind, number, **attributes))
    assert {f"{one.theirs} | {one.ours}" for one in after if one not in before} >= said


def test_a_planted_wire_and_a_lost_layer_are_noticed() -> None:
    left = light.theirs("resnet50")
    model = light.our_model(light.at_their_size("resnet50", left))
    before = light.differences(left, Reader(model).layers)
    adds = [node for node in model.graph.node if node.op_type == "Add"]
    adds[1].input[1] = adds[0].input[1]
    found = [one for one in light.differences(left, Reader(model).layers) if one not in before]
    assert [(one.layer, one.of_layers) for one in found] == [(adds[1].name, True)]
    relu = next(node for node in model.graph.node if node.input[0] == adds[5].output[0])
    for node in model.graph.node:
        node.input[:] = [adds[5].output[0] if value == relu.output[0] else value for value in node.input]
    model.graph.node.remove(relu)
    lost = [one for one in light.differences(left, Reader(model).layers) if one not in [*before, *found]]
    assert lost == [Difference(f"after {adds[5].name}", "Relu", "-", of_layers=True)]


def test_a_planted_output_is_noticed() -> None:
    left = light.theirs("resnet50")
    model = light.our_model(light.at_their_size("resnet50", left))
    pooled = next(node.output[0] for node in model.graph.node if node.op_type == "Flatten")
    model.graph.output[0].CopyFrom(onnx.helper.make_tensor_value_info(pooled, onnx.TensorProto.FLOAT, None))
    assert light.differences(left, Reader(model).layers)[-1].ours == f"reads {pooled}"


def test_the_pads_of_a_3x3_pool_at_stride_2_are_ceil_mode_at_every_size() -> None:
    assert all(output_size(n, 3, 2, 0, 1) == output_size(n, 3, 2, 0, 0, ceil=True) for n in range(3, 300))


@pytest.mark.parametrize("name", selection.some(RUN, "bvlc_alexnet", "inception_v2", "squeezenet"))
def test_without_the_listed_differences_the_function_is_ours(name: str) -> None:
    assert _gap(name) < TOLERANCE["float32"]


@pytest.mark.parametrize(("name", "key"), [("bvlc_alexnet", "bias"), ("inception_v2", "count_include_pad")])
def test_one_listed_difference_is_enough_to_be_another_function(name: str, key: str) -> None:
    assert _gap(name, but=key) > 10 * TOLERANCE["float32"]


def _gap(name: str, but: str = "") -> float:
    """How far their network and ours are apart where theirs is rid of the differences listed, `but` for one of them.

    Their own weights are made of constants, and tell nothing: any network gives a thousand equal numbers with them.
    """
    ours, theirs = _sides(name)
    found = light.compared(name, listed()[name]["ours"])
    left, right = _matched(theirs.layers, ours.layers)
    by_name = {mine.name: (its, mine) for its, mine in zip(left, right, strict=True)}
    _amend(theirs, ours, [one for one in found if one.theirs.split()[0] != but], by_name)
    fed, feed = _weights(theirs, ours, left, right)
    x = np.random.default_rng(1).standard_normal((1, 3, 224, 224), np.float32)
    answers = [
        _run(theirs, left[-1].value, {left[0].value: x, **fed}),
        _run(ours, right[-1].value, {right[0].value: x, **feed}),
    ]
    assert answers[1].std() > 0.01 * np.abs(answers[1]).max()
    return difference(answers[0].ravel(), answers[1].ravel())[0]


def _sides(name: str) -> tuple[Reader, Reader]:
    net = light.at_their_size(listed()[name]["ours"], light.theirs(name))
    return Reader(light.our_model(net)), Reader(light.model(name))


def _matched(left: Sequence[Layer], right: Sequence[Layer]) -> tuple[list[Layer], list[Layer]]:
    pairs = [(left[i], right[j]) for i, j in light.align(left, right) if i is not None and j is not None]
    inner = [pair for pair in pairs if pair[0].kind != "Output"]
    return [its for its, _ in inner], [mine for _, mine in inner]


def _amend(
    theirs: Reader, ours: Reader, found: Iterable[Difference], by_name: Mapping[str, tuple[Layer, Layer]]
) -> None:
    """Let their operators say what ours do, where a difference is listed."""
    nodes = [{node.name: node for node in side.model.graph.node} for side in (theirs, ours)]
    for one in found:
        if one.layer not in by_name or one.layer == "input":
            continue
        its, mine = (nodes[side][layer.name] for side, layer in enumerate(by_name[one.layer]))
        key = one.theirs.split()[0]
        if mine.op_type in POOLS and one.of_layers:
            its.op_type, key = mine.op_type, ""
        said = {attribute.name: attribute for attribute in mine.attribute}
        if key in said or not key:
            kept = [attribute for attribute in its.attribute if key and attribute.name != key]
            del its.attribute[:]
            its.attribute.extend([*kept, *([said[key]] if key else said.values())])


def _weights(
    theirs: Reader, ours: Reader, left: Sequence[Layer], right: Sequence[Layer]
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Random weights for their network, and the same for ours, with zeros where ours is wider."""
    rng, fed, feed = np.random.default_rng(0), dict[str, Array](), dict[str, Array]()
    for its, mine in zip(left, right, strict=True):
        values = [_random(rng, theirs.shapes[name], its.kind, index) for index, name in enumerate(its.weights)]
        fed |= dict(zip(its.weights, values, strict=True))
        if len(values) == 6:
            scale, shift, mean, variance, factor, more = values
            values = [scale * factor, shift * factor + more, mean, variance]
        for index, name in enumerate(mine.weights):
            shape = ours.shapes[name]
            value = values[index] if index < len(values) else np.zeros(shape, np.float32)
            feed[name] = _widened(value, shape, fill=float(index == 3))
    return fed, feed


def _random(rng: np.random.Generator, shape: tuple[int, ...], kind: str, index: int) -> Array:
    """Numbers that keep the scale of maps: kernels, and factors and variances near 1, and small shifts."""
    if len(shape) > 1:
        return rng.standard_normal(shape, np.float32) * np.float32(math.sqrt(2 / math.prod(shape[1:])))
    around_one = kind == "BatchNormalization" and index in (0, 3, 4)
    return (
        rng.uniform(0.5, 1.5, shape).astype(np.float32) if around_one else rng.normal(0, 0.1, shape).astype(np.float32)
    )


def _widened(value: Array, shape: tuple[int, ...], fill: float) -> Array:
    """The array with more after it in each axis."""
    if value.size == math.prod(shape):
        return value.reshape(shape)
    return np.pad(value, [(0, n - m) for n, m in zip(shape, value.shape, strict=True)], constant_values=fill)


def _run(side: Reader, value: str, feed: Mapping[str, Array]) -> Array:
    """A value of a model whose weights are fed; theirs says it in the first opset whose pools can round up."""
    graph = side.model.graph
    kept = [node for node in graph.node if node.output[0] not in feed]
    tensors = [tensor for tensor in graph.initializer if tensor.name not in feed]
    inputs = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, x.shape) for name, x in feed.items()]
    output = onnx.helper.make_tensor_value_info(value, onnx.TensorProto.FLOAT, None)
    made = onnx.helper.make_graph(kept, "run", inputs, [output], tensors)
    versions = [onnx.helper.make_opsetid("", max(side.opset, 10))]
    session = open_session(onnx.helper.make_model(made, opset_imports=versions, ir_version=10), threads=1)
    assert not isinstance(session, str), session
    return np.asarray(session.run([value], dict(feed))[0])
