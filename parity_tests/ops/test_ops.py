"""Every op is one function in NumPy, torch and Keras: outputs and gradients, in float64."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import zipfile
from pathlib import Path
from types import ModuleType

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from op_cases import CASES, EVEN, MIXED, ODD, chained
from op_parity import (
    TOLERANCE,
    assert_parity,
    difference,
    images,
    in_keras,
    in_torch,
    meaning,
    to_first,
    to_last,
    traced,
    training_in_keras,
    training_in_torch,
)

import diptych.common.ops
import diptych.tf_impl.ops
import diptych.torch_impl.ops
from diptych.common.ops import kinds, op_class
from diptych.common.ops.rescale import rescale
from diptych.common.spec import Net
from diptych.common.weights import scrambled
from diptych.tf_impl import build as keras_build
from diptych.torch_impl import build as torch_build
from diptych.torch_impl.features import graph_of

TREES = (diptych.common.ops, diptych.torch_impl.ops, diptych.tf_impl.ops)
EVERY = [pytest.param(kind, number, id=f"{kind}-{number}") for kind in CASES for number in range(len(CASES[kind]))]


def files(package: ModuleType) -> set[str]:
    return {module.name for module in pkgutil.iter_modules(package.__path__) if module.name[0] != "_"}


def nets(kind: str, number: int) -> list[Net]:
    """The case on each map, and within a chain too where the network is this op alone."""
    function = CASES[kind][number]
    found = [traced(function, shape) for shape in (ODD, EVEN, MIXED)]
    if len(found[0].nodes) == 2 and diptych.torch_impl.ops.lower(found[0].nodes[1]).steps:
        found.append(traced(chained(function), ODD))
    return found


def test_every_kind_has_cases() -> None:
    assert sorted(CASES) == kinds()
    for kind, functions in CASES.items():
        for function in functions:
            assert kind in {node.kind for node in traced(function, ODD).nodes}, kind


@pytest.mark.parametrize(("kind", "number"), EVERY)
def test_three_ways_agree(kind: str, number: int) -> None:
    for index, net in enumerate(nets(kind, number)):
        assert_parity(net, batch=(1, 3)[index % 2])


@pytest.mark.parametrize("kind", kinds())
def test_training_has_one_output_and_one_gradient_of_each_weight(kind: str) -> None:
    for function in CASES[kind]:
        net = traced(function, ODD)
        trained = [name for name, weight in net.weights.items() if weight.kind == "trainable"]
        if not trained or "dropout" in {node.kind for node in net.nodes}:  # whose masks are drawn by chance
            continue
        x = images(ODD, 3)
        cotangent = np.random.default_rng(1).standard_normal(meaning(net, x).shape)
        ours, theirs = (way(net, x, cotangent) for way in (training_in_torch, training_in_keras))
        assert set(ours) == set(theirs) == {"", *trained}
        assert {name: gap for name in ours if (gap := difference(theirs[name], ours[name])) > TOLERANCE} == {}


@pytest.mark.parametrize("kind", kinds())
def test_one_graph_node_in_torch(kind: str) -> None:
    for number in range(len(CASES[kind])):
        for net in nets(kind, number):
            _, found = graph_of(net, torch_build.build(net, scrambled(net)))
            assert list(found) == [node.path for node in net.nodes]


@pytest.mark.parametrize("kind", kinds())
def test_trace_survives_json(kind: str) -> None:
    for number in range(len(CASES[kind])):
        for net in nets(kind, number):
            assert Net.from_json(net.to_json()) == net


@pytest.mark.parametrize("kind", kinds())
def test_saved_keras_model_is_plain_keras(kind: str, tmp_path: Path) -> None:
    for number, function in enumerate(CASES[kind]):
        net = traced(function, MIXED)
        model = keras_build.build(net, scrambled(net), "float64")
        path = tmp_path / f"{number}.keras"
        model.save(path)
        assert "diptych" not in zipfile.ZipFile(path).read("config.json").decode()
        loaded = keras.saving.load_model(path, compile=False)
        x = to_last(images(MIXED, 2))
        assert difference(np.asarray(loaded(x)), np.asarray(model(x))) == 0


@pytest.mark.parametrize("kind", kinds())
def test_names_of_nodes_do_not_meet_those_that_keras_counts_up(kind: str) -> None:
    keras.utils.clear_session(free_memory=False)  # Keras counts from the start again
    net = traced(lambda x: CASES[kind][0](rescale(x, 0.5, 0.1)), EVEN)
    model = keras_build.build(net, scrambled(net))
    assert {node.path for node in net.nodes} <= {operation.name for operation in model.operations}


def test_the_three_trees_mirror_each_other() -> None:
    ours, torches, keras_files = map(files, TREES)
    assert ours == torches == keras_files == set(kinds())


@pytest.mark.parametrize("kind", kinds())
def test_twins_have_the_same_names_and_signatures(kind: str) -> None:
    common, *twins = (getattr(importlib.import_module(f"{tree.__name__}.{kind}"), kind) for tree in TREES)
    assert op_class(kind).kind == kind
    assert [p.kind for p in inspect.signature(common).parameters.values()].count(inspect.Parameter.KEYWORD_ONLY)
    ours, theirs = (list(inspect.signature(twin).parameters.values()) for twin in twins)
    assert [(p.name, p.kind) for p in ours] == [(p.name, p.kind) for p in theirs]
    assert ours[0].name == "op"
    for twin in twins:
        assert twin.__doc__
        assert twin.__module__.endswith(f".ops.{kind}")


@pytest.mark.parametrize("kind", kinds())
def test_float32_stays_float32_in_a_graph(kind: str) -> None:
    x = images(EVEN, 2).astype(np.float32)
    for number in range(len(CASES[kind])):
        net = nets(kind, number)[1]
        wanted = meaning(net, x)
        in_torch32 = torch_build.build(net, scrambled(net))(torch.tensor(x)).detach().numpy()
        graph = tf.function(keras_build.build(net, scrambled(net)), autograph=False)
        for found in (in_torch32, to_first(graph(to_last(x)))):
            assert found.dtype == np.float32
            assert difference(found, wanted) < 1e-5
        node = net.nodes[1]
        if not node.weights() and len(node.inputs) == 1:
            assert node.op.run(x).dtype == np.float32


def test_the_comparison_can_fail() -> None:
    net = traced(CASES["silu"][0], ODD)
    x = images(ODD, 2)
    wanted = meaning(net, x)
    for way in (in_torch, in_keras):
        output, _ = way(net, x, np.ones_like(wanted))
        assert difference(output, wanted) < TOLERANCE < difference(output * (1 + 1e-9), wanted)
        assert difference(np.where(output > 0, np.nan, output), wanted) == float("inf")
    assert difference(wanted[:0], wanted[:0]) == float("inf")
    assert difference(wanted[:, :, :, :1], wanted) == float("inf")
