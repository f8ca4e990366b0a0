"""Ties, parts for each call and parameters in awkward places: built in both frameworks, and the same in all three."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import diptych
from diptych import Net, build
from diptych.common.errors import SpecError
from diptych.common.onnx_graph import Graph
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.parameter import parameter
from diptych.common.ops.relu import relu
from diptych.common.reference import run
from diptych.common.trace import Result, Value, block, per_call, shared, stack, trace
from diptych.common.weights import scrambled
from diptych.emission import twins
from diptych.files import read, write

SIZE = (4, 7, 6)


@block
def scaled(x: Value, owner: str) -> Value:
    """A factor per channel of its own, or that of another block."""
    return relu(x * parameter((x.channels, 1, 1), name="g", owner=owner))


@block
def twice(x: Value) -> Value:
    """A convolution that runs twice, inside a block that is called twice."""
    return relu(conv(relu(conv(x, 4, 3, pad=1, name="c")), 4, 3, pad=1, name="d", owner="c"))


@block
def unit(x: Value) -> Value:
    """A convolution and its normalisation."""
    return relu(batch_norm(conv(x, 4, 1, name="c"), name="n"))


@block
def chains(x: Value) -> Value:
    """A chain for each call, after a layer for all."""
    x = conv(x, 4, 1, name="c")
    with per_call(), stack("layers"):
        for _ in range(2):
            x = unit(x)
    return x


def tied_parameter(x: Value) -> Result:
    return scaled(scaled(conv(x, 4, 1, name="c"), "", name="one"), "one.g", name="two")


def tied_inside(x: Value) -> Result:
    apply = shared(twice)
    return apply(apply(x))


def chain_for_each_call(x: Value) -> Result:
    apply = shared(chains, name="heads.0")
    return {"a": apply(x), "b": apply(relu(x))}


@block
def crossed(x: Value, self: Value, level: Value, ops: Value) -> Value:
    """Values with names that methods have already, and a part for each call."""
    with per_call():
        x = batch_norm(x, name="n")
    return relu(x * self + level * ops)


def names_of_methods(x: Value) -> Result:
    apply, y = shared(crossed), conv(x, 4, 1, name="c")
    return [apply(x, y, x, y), apply(y, x, y, x)]


NETWORKS: dict[str, Callable[[Value], Result]] = {
    "tied parameter": tied_parameter,
    "tied inside a shared block": tied_inside,
    "names of methods": names_of_methods,
    "chain for each call": chain_for_each_call,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_it_passes_every_gate_and_is_written_line_for_line(name: str) -> None:
    net = trace(NETWORKS[name], "net", SIZE)
    assert Net.from_json(net.to_json()) == net
    ours, theirs = twins(net)
    assert len(ours.text.splitlines()) == len(theirs.text.splitlines())
    report = diptych.check(net, batches=(2,))
    assert report.passed, str(report)


def test_a_tied_parameter_is_one_parameter_in_torch() -> None:
    net = trace(tied_parameter, "net", SIZE)
    model = build(net, "torch", weights=scrambled(net))
    assert model.two.g is model.one.g
    assert [name for name, _ in model.named_parameters()] == ["c.weight", "c.bias", "one.g"]


@pytest.mark.parametrize("name", ["g", "self", "inputs", "weight"])
def test_a_parameter_may_have_the_name_of_an_argument_of_ours(name: str) -> None:
    net = trace(lambda x: x * parameter((4, 1, 1), name=name), "net", SIZE)
    weights, image = scrambled(net), np.ones((1, *SIZE))
    assert np.array_equal(run(net, weights, image)["multiply"], np.float64(weights[name]) * image)
    assert Graph(net, "float64").outputs == ["multiply"]


def test_a_parameter_has_its_own_name_in_a_file(tmp_path: Path) -> None:
    net = trace(tied_parameter, "net", SIZE)
    weights = scrambled(net)
    write(tmp_path / "net.npz", net, weights, {})
    found = read(tmp_path / "net.npz").named(net)
    assert {name: array.tolist() for name, array in found.items()} == {n: a.tolist() for n, a in weights.items()}


class Factor(torch.nn.Module):
    """A block of a parameter alone, under another class name than ours."""

    def __init__(self, g: torch.nn.Parameter) -> None:
        super().__init__()
        self.g = g

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x * self.g)


def pair() -> tuple[Net, Any, Any]:
    net = trace(tied_parameter, "net", SIZE)
    weights = scrambled(net)
    return net, build(net, "torch", weights=weights), build(net, "tf", weights=weights)


def test_a_block_of_a_parameter_alone_may_have_another_class() -> None:
    net, ours, theirs = pair()
    ours.one, ours.two = Factor(ours.one.g), Factor(ours.one.g)
    report = diptych.check(net, models=(ours, theirs), batches=(2,))
    assert report.passed, str(report)


def test_a_tie_that_is_broken_on_one_side_is_found() -> None:
    net, ours, theirs = pair()
    ours.two.g = torch.nn.Parameter(ours.one.g.detach().clone())
    report = diptych.check(net, models=(ours, theirs), batches=(2,))
    assert (report.gate("gradients").where, report.gate("gradients").side) == ("gradient of one.g", "PyTorch")
    ours.two.g.data *= 2
    report = diptych.check(net, models=(ours, theirs), batches=(2,))
    assert (report.where, report.side) == ("two.g", "PyTorch")
    assert report.cause == "weights: multiplied by a number, one.g in net and two.g in PyTorch"


def test_features_of_what_no_output_depends_on_are_refused() -> None:
    def network(x: Value) -> Value:
        relu(x, name="aside")
        return conv(x, 4, 1, name="c")

    with pytest.raises(SpecError, match=r"^no output of net depends on aside"):
        build(trace(network, "net", SIZE), "tf", features=["aside"])


def test_outputs_may_have_names_that_methods_use_themselves() -> None:
    net = trace(
        lambda x: {name: conv(x, 2, 1, name=f"c{place}") for place, name in enumerate(("self", "level", "torch", "y"))},
        "named",
        (3, 5, 6),
    )
    x = np.ones((1, 3, 5, 6), np.float32)
    assert sorted(diptych.build(net, "torch")(torch.tensor(x))) == ["level", "self", "torch", "y"]
