"""A weight that a block owns: its name, its axes in a Keras file, its gradient, and what it must not be."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf
from op_cases import ODD
from op_parity import TOLERANCE, difference, images, traced

from diptych import backends
from diptych.common.errors import SpecError
from diptych.common.op import Init
from diptych.common.ops.conv import conv
from diptych.common.ops.parameter import parameter
from diptych.common.ops.tanh import tanh
from diptych.common.ops.weighted_sum import weighted_sum
from diptych.common.spec import Shape, Weight
from diptych.common.trace import Value, block, stack
from diptych.common.weights import init, scrambled
from diptych.tf_impl import build as keras_build
from diptych.torch_impl import build as torch_build
from diptych.torch_impl.source import source

SHAPES: list[Shape] = [(4, 1, 1), (1, 7, 5), (4, 7, 5), (1, 1, 1)]


@block
def scaled(x: Value) -> Value:
    """Layer scale and a fusion by weights, after a convolution."""
    gamma = parameter((x.channels, 1, 1), name="gamma")
    y = conv(x, x.channels, 3, pad=1, name="conv") * gamma
    return weighted_sum([x, y], parameter((2,), name="edge_weights"))


def network(x: Value) -> Value:
    return scaled(scaled(x, name="first"), name="second")


def test_its_name_is_the_path_of_its_node() -> None:
    net = traced(network, ODD)
    assert [name for name in net.weights if "conv" not in name] == [
        "first.gamma", "first.edge_weights", "second.gamma", "second.edge_weights",
    ]  # fmt: skip
    assert net.params == 2 * (4 * 4 * 9 + 4 + 4 + 2)
    assert torch_build.build(net, None).state_dict().keys() == net.weights.keys()
    assert "self.gamma = nn.Parameter(torch.ones(in_channels, 1, 1))" in source(net).text
    assert all((init(net)[name] == 1).all() for name in net.weights if "conv" not in name)


@pytest.mark.parametrize("shape", SHAPES)
def test_it_survives_both_frameworks_bit_for_bit_and_its_file_is_plain_keras(shape: Shape, tmp_path: Path) -> None:
    net = traced(lambda x: tanh(x) * parameter(shape, name="gamma"), ODD)
    weights = scrambled(net)
    for side in ("torch", "tf"):
        model = backends.get(side).build(net, weights)
        assert np.array_equal(backends.get(side).read(model, net)["gamma"], weights["gamma"])
    model.save(tmp_path / "m.keras")
    assert "diptych" not in zipfile.ZipFile(tmp_path / "m.keras").read("config.json").decode()
    loaded = keras.saving.load_model(tmp_path / "m.keras", compile=False)
    assert np.array_equal(loaded.get_layer("gamma").beta, np.moveaxis(weights["gamma"], 0, -1))


def test_its_value_in_a_keras_model_is_the_weight_whatever_the_image() -> None:
    net = traced(lambda x: tanh(x) * parameter((4, 1, 1), name="gamma"), ODD)
    model = keras_build.build(net, scrambled(net), "float64", features=["gamma"])
    for x in (np.full((2, 7, 5, 4), np.inf), np.full((2, 7, 5, 4), np.nan)):
        found = np.asarray(model(x)["gamma"])
        assert found.shape == (2, 1, 1, 4)
        assert (found == scrambled(net)["gamma"].reshape(1, 1, 4).astype(np.float64)).all()


def test_gradients_of_the_weights_agree_and_are_dense() -> None:
    net, x = traced(network, ODD), images(ODD, 3)
    cotangent = np.random.default_rng(1).standard_normal((3, *ODD))
    sides = [backends.get(side) for side in ("torch", "tf")]
    models = [side.build(net, scrambled(net), "float64") for side in sides]
    ours, theirs = (
        side.step(model, net, x, [cotangent]).weight_gradients for side, model in zip(sides, models, strict=True)
    )
    assert set(ours) == set(theirs) == set(net.weights)
    assert max(difference(ours[name], theirs[name]) for name in net.weights) < TOLERANCE
    assert all(np.abs(value).max() > 0 for value in ours.values())
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(models[1](np.moveaxis(x, 1, -1)))
    assert not any(
        isinstance(g, tf.IndexedSlices) for g in tape.gradient(loss, [v.value for v in models[1].trainable_variables])
    )


@pytest.mark.parametrize(
    ("shape", "start", "message"),
    [((4, 7), "ones", r"a map \(C, H, W\) or a vector \(F,\), not \(4, 7\)"), ((4,), "he", "one of zeros, ones")],
)
def test_what_no_parameter_can_be_is_refused(shape: Shape, start: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        traced(lambda x: x * parameter(shape, start, name="gamma"), ODD)  # type: ignore[arg-type]


def test_a_chain_has_no_place_for_one() -> None:
    def network(x: Value) -> Value:
        with stack("chain"):
            return parameter((4, 1, 1))

    with pytest.raises(SpecError, match=r"chain.0: a stack is a chain, but this child takes no value"):
        traced(network, ODD)


def test_what_computes_with_each_image_takes_none() -> None:
    with pytest.raises(SpecError, match=r"conv \(conv\): gamma is a parameter, the same for every image"):
        traced(lambda x: conv(parameter(x.shape, name="gamma"), 3, 1), ODD)
    with pytest.raises(SpecError, match=r"conv \(conv\): tanh is a parameter"):
        traced(lambda x: conv(tanh(parameter(x.shape)), 3, 1), ODD)


def test_an_initialisation_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(SpecError, match="'w' starts as one of zeros, ones, quarter, he, lecun, signs, not 'he_normal'"):
        Weight("w", (2,), "C", init="he_normal")  # type: ignore[arg-type]


@pytest.mark.parametrize("start", get_args(Init))
def test_every_initialisation_draws_something(start: Init, monkeypatch: pytest.MonkeyPatch) -> None:
    net = traced(lambda x: conv(x, 8, 1, bias=False, name="c"), ODD)
    weight = replace(net.weights["c.weight"], init=start)
    monkeypatch.setitem(net.weights, "c.weight", weight)
    drawn = init(net)["c.weight"]
    spread = {"zeros": 0, "ones": 0, "quarter": 0, "he": (2 / 4) ** 0.5, "lecun": 0.5, "signs": 1}[start]
    assert abs(float(drawn.std()) - spread) < 0.3
    assert set(np.unique(drawn)) <= {-1, 1, 0.25} or start in ("zeros", "he", "lecun")
