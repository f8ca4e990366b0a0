"""Our Keras models are keras.applications' networks: the same function with the same weights.

The weights go over by layer names, with patterns (in `references`) and transposes that stand in the tests alone, so
that they share no table with the code that they test.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from references import Reference, references
from selection import placed, some

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from diptych.common.compare import FLOAT64_TOLERANCE, difference
from diptych.common.registry import network, networks, spec
from diptych.common.weights import Weights, scrambled
from diptych.tf_impl.build import build

THEIRS = references("keras.applications")


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    """keras.applications makes its layers under the policy of the moment, and numbers them from where it was left."""
    before = keras.config.dtype_policy()
    keras.backend.clear_session()
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_dtype_policy(before)


def test_every_network_of_keras_applications_has_its_reference() -> None:
    found = {item.network for item in THEIRS}
    assert found >= {name for name in networks() if network(name).source == "keras.applications"}


WIDTH = {"width": 0.371}
"""The one other width that `make test` tries: its channels are rounded."""


def case(reference: Reference) -> Any:
    """A test case, marked `slow` for one more width of a network."""
    found = placed(reference.network, reference, id=str(reference))
    more = [pytest.mark.slow] if reference.options and reference.options != WIDTH else []
    return pytest.param(reference, id=str(reference), marks=[*found.marks, *more])


CASES = [case(item) for item in THEIRS]


@pytest.mark.parametrize("size", some([0, 1], 0))
@pytest.mark.parametrize("reference", CASES)
def test_outputs_are_those_of_keras_applications(reference: Reference, size: int) -> None:
    height, width = network(reference.network).check_sizes[size]
    model = _model(reference, input_shape=(height, width, 3))
    net = spec(reference.network, input_size=(height, width), **reference.options)
    weights = scrambled(net)
    unused = _fill(model, weights, reference.named)
    assert not unused

    # float32, as the input layer of keras.applications is whatever the policy says
    images = np.random.default_rng(0).standard_normal((2, height, width, 3), dtype=np.float32)
    if any(node.op.kind == "rescale" and node.inputs == (0,) for node in net.nodes):
        images = (images * 64 + 128).clip(0, 255)  # what a network takes that rescales its images itself
    expected = keras.ops.convert_to_numpy(model(images, training=False))
    got = keras.ops.convert_to_numpy(build(net, weights, "float64")(images, training=False))
    assert expected.dtype == np.float64
    assert expected.std() > 0
    measured, why = difference(got, expected)
    assert measured < FLOAT64_TOLERANCE, why


@pytest.mark.parametrize("reference", CASES)
def test_normalisation_trains_alike(reference: Reference) -> None:
    nodes = {node.path: node.op for node in spec(reference.network, **reference.options).nodes}
    layers = [x for x in _model(reference).layers if isinstance(x, keras.layers.BatchNormalization)]
    theirs = {reference.named(x.name): (x.epsilon, round(1 - x.momentum, 9), bool(x.scale)) for x in layers}
    ours: dict[str, Any] = {path: op for path, op in nodes.items() if op.kind == "batch_norm"}
    assert theirs == {path: (op.eps, op.momentum, op.scale) for path, op in ours.items()}


@pytest.mark.slow
def test_the_input_stage_for_imagenet_weights_is_that_of_keras_applications(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its ImageNet weights, which the test does without, EfficientNet has one more layer."""
    reference = next(item for item in THEIRS if item.network == "efficientnet_b0.keras")
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *args, **kwargs: "")
    monkeypatch.setattr(keras.Model, "load_weights", lambda *args, **kwargs: None)
    images = np.random.default_rng(0).uniform(0, 255, (1, 224, 224, 3)).astype("float32")
    answers = []
    for imagenet, name in ((True, "imagenet"), (False, None)):
        net = spec(reference.network, imagenet=imagenet)
        model = _model(reference, weights=name)
        assert not _fill(model, scrambled(net), reference.named)
        expected = keras.ops.convert_to_numpy(model(images, training=False))
        got = keras.ops.convert_to_numpy(build(net, scrambled(net), "float64")(images, training=False))
        measured, why = difference(got, expected)
        assert measured < FLOAT64_TOLERANCE, why
        answers.append(got)
    assert difference(*answers)[0] > 1e-3


def _model(reference: Reference, weights: str | None = None, **more: Any) -> Any:
    """The model of keras.applications, ending in logits; without weights, unless told otherwise."""
    make = getattr(keras.applications, reference.name)
    model = make(weights=weights, classifier_activation=None, **reference.arguments, **more)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Rescaling):
            layer.scale = np.array(layer.scale, np.float64)  # as a Python number it is rounded to float32
    return model


def _fill(model: Any, weights: Weights, naming: Callable[[str], str]) -> set[str]:
    """Put our weights into a model of keras.applications; returns the names of those that found no place."""
    unused = set(weights)
    for layer in model.layers:
        if not layer.weights:
            continue
        name = naming(layer.name)
        variables = [variable for variable in layer.weights if variable.name != "count"]
        kinds = [_KINDS[variable.name] for variable in variables]
        for variable, kind in zip(variables, kinds, strict=True):
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D) or variable.name == "depthwise_kernel"
            variable.assign(_keras_order(weights[f"{name}.{kind}"], depthwise, len(variable.shape)))
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with copies of its weights
        unused -= {f"{name}.{kind}" for kind in kinds}
    return unused


_KINDS = {
    "kernel": "weight",
    "depthwise_kernel": "conv1.weight",  # a SeparableConv2D is two layers of ours
    "pointwise_kernel": "pointwise.weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
    "mean": "mean",
    "variance": "variance",
}


def _keras_order(array: Any, depthwise: bool, axes: int) -> Any:
    """(O, I, H, W) -> (H, W, I, O), where a depthwise kernel has one I and C for O; (O, I) -> ([1, 1,] I, O)."""
    if array.ndim == 4:
        return array.transpose(2, 3, 0, 1) if depthwise else array.transpose(2, 3, 1, 0)
    return array.T[None, None] if (array.ndim, axes) == (2, 4) else array.T
