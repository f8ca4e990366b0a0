"""Our Keras models are keras.applications' networks: the same function with the same weights.

The weights go over by layer names, with patterns and transposes that stand here and nowhere else, so that this test
shares no table with the code that it tests.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from diptych.common.compare import FLOAT64_TOLERANCE, difference
from diptych.common.registry import network, networks, spec
from diptych.common.weights import Weights, scrambled
from diptych.tf_impl.build import build

MOBILENET_V2 = (  # the layers of keras.applications by pattern; block n of theirs is n + 1 of ours
    (r"Conv1", "features.0.0"),
    (r"bn_Conv1", "features.0.1"),
    (r"expanded_conv_depthwise", "features.1.conv.0.0"),
    (r"expanded_conv_depthwise_BN", "features.1.conv.0.1"),
    (r"expanded_conv_project", "features.1.conv.1"),
    (r"expanded_conv_project_BN", "features.1.conv.2"),
    (r"block_(\d+)_expand", "features.{}.conv.0.0"),
    (r"block_(\d+)_expand_BN", "features.{}.conv.0.1"),
    (r"block_(\d+)_depthwise", "features.{}.conv.1.0"),
    (r"block_(\d+)_depthwise_BN", "features.{}.conv.1.1"),
    (r"block_(\d+)_project", "features.{}.conv.2"),
    (r"block_(\d+)_project_BN", "features.{}.conv.3"),
    (r"Conv_1", "features.18.0"),
    (r"Conv_1_bn", "features.18.1"),
    (r"predictions", "classifier.1"),
)
A = "1x1 5x5_1 5x5_2 3x3dbl_1 3x3dbl_2 3x3dbl_3 _pool"
B = "3x3 3x3dbl_1 3x3dbl_2 3x3dbl_3"
C = "1x1 7x7_1 7x7_2 7x7_3 7x7dbl_1 7x7dbl_2 7x7dbl_3 7x7dbl_4 7x7dbl_5 _pool"
D = "3x3_1 3x3_2 7x7x3_1 7x7x3_2 7x7x3_3 7x7x3_4"
E = "1x1 3x3_1 3x3_2a 3x3_2b 3x3dbl_1 3x3dbl_2 3x3dbl_3a 3x3dbl_3b _pool"
STEM = ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"]
MIXED = {"5b": A, "5c": A, "5d": A, "6a": B, "6b": C, "6c": C, "6d": C, "6e": C, "7a": D, "7b": E, "7c": E}
# keras.applications numbers the convolutions of Inception v3 in the order in which its source makes them.
INCEPTION_V3 = [*STEM, *(f"Mixed_{mixed}.branch{name}" for mixed, names in MIXED.items() for name in names.split())]


def mobilenet_v2(layer: str) -> str:
    """Our name of a layer of keras.applications' MobileNetV2."""
    for pattern, name in MOBILENET_V2:
        if found := re.fullmatch(pattern, layer):
            return name.format(*(int(number) + 1 for number in found.groups()))
    raise LookupError(layer)


def inception_v3(layer: str) -> str:
    """Our name of a layer of keras.applications' InceptionV3."""
    if layer == "predictions":
        return "fc"
    found = re.fullmatch(r"(conv2d|batch_normalization)_?(\d*)", layer)
    if not found:
        raise LookupError(layer)
    return f"{INCEPTION_V3[int(found[2] or 0)]}.{'conv' if found[1] == 'conv2d' else 'bn'}"


CASES = {
    "mobilenet_v2.keras": (keras.applications.MobileNetV2, mobilenet_v2),
    "inception_v3.keras": (keras.applications.InceptionV3, inception_v3),
}


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    """keras.applications makes its layers under the policy of the moment, and numbers them from where it was left."""
    before = keras.config.dtype_policy()
    keras.backend.clear_session()
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_dtype_policy(before)


def test_every_network_of_keras_applications_is_here() -> None:
    assert set(CASES) == {name for name in networks() if network(name).source == "keras.applications"}


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize("name", CASES)
def test_outputs_are_those_of_keras_applications(name: str, size: int) -> None:
    function, naming = CASES[name]
    height, width = network(name).check_sizes[size]
    reference = function(weights=None, classifier_activation=None, input_shape=(height, width, 3))
    net = spec(name, input_size=(height, width))
    weights = scrambled(net)
    unused = _fill(reference, weights, naming)
    assert not unused

    # float32, as the input layer of keras.applications is whatever the policy says
    images = np.random.default_rng(0).standard_normal((2, height, width, 3), dtype=np.float32)
    expected = keras.ops.convert_to_numpy(reference(images, training=False))
    got = keras.ops.convert_to_numpy(build(net, weights, "float64")(images, training=False))
    assert expected.dtype == np.float64
    assert expected.std() > 0
    measured, why = difference(got, expected)
    assert measured < FLOAT64_TOLERANCE, why


@pytest.mark.parametrize("name", CASES)
def test_normalisation_trains_alike(name: str) -> None:
    function, naming = CASES[name]
    net = spec(name)
    nodes = {node.path: node.op for node in net.nodes}
    layers = [x for x in function(weights=None).layers if isinstance(x, keras.layers.BatchNormalization)]
    theirs = {naming(x.name): (x.epsilon, round(1 - x.momentum, 9), bool(x.scale)) for x in layers}
    ours: dict[str, Any] = {path: op for path, op in nodes.items() if op.kind == "batch_norm"}
    assert theirs == {path: (op.eps, op.momentum, op.scale) for path, op in ours.items()}


def _fill(model: Any, weights: Weights, naming: Callable[[str], str]) -> set[str]:
    """Put our weights into a model of keras.applications; answers with the names of those that found no place."""
    unused = set(weights)
    for layer in model.layers:
        if not layer.weights:
            continue
        name = naming(layer.name)
        kinds = [_KINDS[variable.name] for variable in layer.weights]
        layer.set_weights([_keras_order(weights[f"{name}.{kind}"], layer) for kind in kinds])
        unused -= {f"{name}.{kind}" for kind in kinds}
    return unused


_KINDS = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def _keras_order(array: Any, layer: Any) -> Any:
    """(O, I, H, W) -> (H, W, I, O), where a depthwise kernel has one I and C for O; (O, I) -> (I, O)."""
    if array.ndim == 4:
        return (
            array.transpose(2, 3, 0, 1)
            if isinstance(layer, keras.layers.DepthwiseConv2D)
            else array.transpose(2, 3, 1, 0)
        )
    return array.T
