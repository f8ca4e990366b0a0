"""Blocks over lists, shared blocks, parts for each call, ties, named outputs: as data, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diptych import Net
from diptych.common.errors import WeightsError
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.relu import relu
from diptych.common.reference import run
from diptych.common.spec import Array
from diptych.common.summary import summary
from diptych.common.trace import Result, Value, block, per_call, shared, trace
from diptych.common.weights import Weights, checked, scrambled

SIZE = (4, 8, 6)


def traced(function: Callable[[Value], Result], **options: Any) -> Net:
    return trace(function, "net", SIZE, **options)


@block
def pyramid(xs: list[Value], width: int) -> list[Value]:
    """A list in, a list out."""
    return [conv(x, width, 1, name=f"inner.{index}") for index, x in enumerate(xs)]


@block
def pair(x: Value, ys: tuple[Value, ...], width: int) -> tuple[Value, Value]:
    """A value and a tuple in, a tuple out."""
    return conv(x, width, 1, name="one"), relu(ys[0])


@block
def head(x: Value, width: int) -> Value:
    """A convolution for all calls, a normalisation for each."""
    x = conv(x, width, 3, pad=1, name="conv")
    with per_call():
        x = batch_norm(x, name="bn")
    return relu(x)


def outputs(net: Net, weights: Weights, image: Array) -> list[Array]:
    values = run(net, weights, image)
    return [values[net.nodes[index].path] for index in net.outputs]


def test_a_list_comes_in_and_goes_out_as_one() -> None:
    def network(x: Value) -> list[Value]:
        ys = pyramid([x, conv(x, 6, 3, stride=2, pad=1, name="c")], 5)
        assert isinstance(ys, list)
        assert [y.channels for y in ys] == [5, 5]
        return ys

    net = traced(network)
    call = next(call for call in net.root.walk() if call.block == "pyramid")
    assert call.parameters == (("xs", 2),)
    assert call.input_channels == (("in_channels", (4, 6)),)
    assert (call.returns, net.root.returns) == ("list", "list")
    assert Net.from_json(net.to_json()) == net
    assert list(net.weights) == [
        "c.weight",
        "c.bias",
        *(f"pyramid.inner.{i}.{n}" for i in (0, 1) for n in ("weight", "bias")),
    ]


def test_a_value_and_a_tuple_keep_their_forms() -> None:
    def network(x: Value) -> Result:
        one, two = pair(x, (x, x), 3)
        return {"one": one, "two": two}

    net = traced(network)
    call = next(call for call in net.root.walk() if call.block == "pair")
    assert (call.parameters, call.returns) == ((("x", None), ("ys", 2)), "tuple")
    assert call.input_channels == (("in_channels", 4), ("ys_channels", (4, 4)))


def test_a_shared_block_has_its_weights_once_and_the_parts_of_each_call_apart() -> None:
    def network(x: Value) -> Result:
        apply = shared(head, name="head")
        return {"a": apply(x, 4), "b": apply(conv(x, 4, 3, name="down"), 4), "c": apply(x, 4)}

    net = traced(network)
    kinds = ("weight", "bias", "running_mean", "running_var")
    expected = [
        "head.conv.weight",
        "head.conv.bias",
        *(f"head.bn.0.{kind}" for kind in kinds),
        "down.weight",
        "down.bias",
    ]
    expected += [f"head.bn.{call}.{kind}" for call in (1, 2) for kind in kinds]
    assert list(net.weights) == expected
    assert [call.owner for call in net.root.walk() if call.block == "head"] == ["", "head", "head"]
    assert [call.number for call in net.root.walk() if call.block == "head"] == [0, 1, 2]
    assert [n.path for n in net.nodes if n.kind == "conv"] == ["head.conv", "down", "head_1.conv", "head_2.conv"]
    assert net.modules[[n.path for n in net.nodes].index("head_2.relu")] == "head.relu"
    assert Net.from_json(net.to_json()) == net
    assert "head_1.conv" in summary(net)
    assert "weights of head.conv" in summary(net)


def test_the_parts_of_each_call_are_used_by_their_call() -> None:
    def network(x: Value) -> Result:
        apply = shared(head, name="head")
        return {"a": apply(x, 4), "b": apply(x, 4)}

    net = traced(network)
    weights, image = scrambled(net), np.ones((1, *SIZE))
    first, second = outputs(net, weights, image)
    assert not np.allclose(first, second)
    for kind in ("weight", "bias", "running_mean", "running_var"):
        weights[f"head.bn.1.{kind}"] = weights[f"head.bn.0.{kind}"]
    first, second = outputs(net, weights, image)
    assert np.array_equal(first, second)


def test_a_layer_of_another_block_is_a_tie_and_bears_two_names() -> None:
    net = tied()
    assert list(net.weights) == ["one.conv.weight", "one.conv.bias"]
    assert net.ties == {f"two.again.{kind}": f"one.conv.{kind}" for kind in ("weight", "bias")}


def test_outputs_have_names_and_some_are_evaluated() -> None:
    def network(x: Value) -> Result:
        return {"main": conv(x, 2, 1, name="m"), "aside": conv(x, 3, 1, name="a")}

    net = traced(network, evaluated=("aside",))
    assert (net.output_names, net.evaluated, net.evaluated_outputs) == (("main", "aside"), (1,), (2,))
    assert net.macs == 3 * 4 * 8 * 6
    assert traced(network).macs == 5 * 4 * 8 * 6
    assert Net.from_json(net.to_json()) == net
    assert "outputs main=m, aside=a; evaluated=1" in summary(net)


def tied() -> Net:
    @block
    def one(x: Value) -> Value:
        return conv(x, 4, 3, pad=1, name="conv")

    @block
    def two(x: Value) -> Value:
        return conv(x, 4, 3, pad=1, name="again", owner="one.conv")

    return traced(lambda x: two(one(x)))


def test_a_tied_weight_comes_under_either_name_or_both() -> None:
    net = tied()
    weights = scrambled(net)
    other = {f"two.again.{kind}": weights[f"one.conv.{kind}"] for kind in ("weight", "bias")}
    for given in (weights, other, weights | other):
        assert {name: array.tolist() for name, array in checked(net, given).items()} == {
            name: array.tolist() for name, array in weights.items()
        }


def test_a_tied_weight_with_two_values_is_refused() -> None:
    net = tied()
    weights = scrambled(net)
    with pytest.raises(WeightsError, match=r"extra two\.again\.bias"):
        checked(net, weights | {"two.again.bias": weights["one.conv.bias"] + 1})


@block
def classifier(xs: list[Value], width: int) -> list[Value]:
    """A layer of classes for each value."""
    return [conv(x, width, 1, name=f"fc.{index}") for index, x in enumerate(xs)]


@pytest.mark.parametrize("once", [True, False])
def test_a_shared_head_without_classes_hands_on_what_it_would_take(once: bool) -> None:
    def network(x: Value, num_classes: int = 0) -> list[Value]:
        apply = classifier if once else shared(classifier, name="head")
        xs = [conv(x, 4, 1, name="a"), conv(x, 4, 1, name="b")]
        ys = apply(xs, num_classes)
        return ys if once else [*ys, *apply([relu(x) for x in xs], num_classes)]

    net = traced(network, num_classes=0)
    assert [node.path for node in net.nodes[1:3]] == ["a", "b"]
    assert net.shown_outputs == (("a", "b") if once else ("a", "b", "relu", "relu_1"))
    assert len(traced(network, num_classes=5).weights) == 8
