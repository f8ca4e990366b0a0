"""Each model of torchvision, timm and keras.applications is the same as our build of its network, with its weights."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import pytest
from imported_pairs import lively_keras
from references import Reference, references
from references.libraries import reference_model

from diptych import build
from diptych.common.ops.dropout import Dropout
from diptych.common.registry import network, spec
from diptych.common.spec import Net
from diptych.common.weights import scrambled
from diptych.comparing.compare import compare
from diptych.comparing.report import Comparison

TWINS = references("torchvision", "timm", "keras.applications")
SLOW = ("squeezenet1_1-torchvision:squeezenet1_1", "mobilenet_v1_025.keras-keras.applications:MobileNet")
"""Those of `make test-slow`, of some seconds each; `make test-full` has all of them."""

MOMENTUM = 0.0003
"""That of torchvision's MnasNet, in which it follows TensorFlow's 0.9997."""


@pytest.fixture(autouse=True)
def _memory() -> Iterator[None]:
    """The larger networks take 1 GB in float64: none outlives its test."""
    yield
    keras.utils.clear_session()
    gc.collect()


def of_keras(reference: Reference, size: tuple[int, int]) -> keras.Model:
    """A model of keras.applications that answers with logits, and with weights that hide nothing."""
    options: dict[str, Any] = {"weights": None, "input_shape": (*size, 3), "classifier_activation": None}
    return lively_keras(getattr(keras.applications, reference.name)(**options, **reference.arguments))


def _as_trained(reference: Reference, net: Net) -> Reference:
    """The model of timm with our rate of dropout and, of torchvision's MnasNet, momentum: its defaults are others."""
    if reference.library != "timm":
        return reference
    rates = [node.op.rate for node in net.nodes if isinstance(node.op, Dropout)]
    own = {"drop_rate": rates[-1] if rates else 0.0}
    own |= (
        {"bn_momentum": MOMENTUM}
        if network(reference.network).source == "torchvision" and "mnasnet" in net.name
        else {}
    )
    return replace(reference, arguments={**reference.arguments, **own})


def compared(reference: Reference) -> Comparison:
    """A public model beside our build in the other framework."""
    size = reference.size or network(reference.network).check_sizes[0]
    net = spec(reference.network, input_size=size, **reference.options)
    given: Any
    if reference.library == "keras.applications":
        given, framework = of_keras(reference, size), "torch"
    else:
        ours = build(net, "torch", weights=scrambled(net))
        given, framework = reference_model(_as_trained(reference, net), ours.state_dict()).eval(), "tf"
    example = (1, *map(int, net.input_shape))
    return compare(given, build(net, framework), example=example, weights="transfer", sizes=[size], batches=(1, 3))


def _marked(reference: Reference) -> Any:
    mark = pytest.mark.slow if str(reference) in SLOW else pytest.mark.full
    return pytest.param(reference, id=str(reference), marks=mark)


@pytest.mark.parametrize("reference", [_marked(item) for item in TWINS])
def test_a_public_model_and_our_build_are_the_same(reference: Reference) -> None:
    report = compared(reference)
    assert report.verdict == "same", str(report)


def test_the_slow_ones_are_among_them() -> None:
    assert set(SLOW) <= set(map(str, TWINS))
