"""Our PyTorch modules are torchvision's networks: the same state dict, and the same function with the same weights."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from reference_models import NAMES, torchvision_model, torchvision_outputs

import diptych
from diptych import Net, check
from diptych.common.compare import FLOAT64_TOLERANCE, difference
from diptych.common.registry import network, networks, spec
from diptych.common.weights import scrambled
from diptych.torch_impl.build import build


@pytest.fixture(autouse=True)
def _memory() -> Iterator[None]:
    """The larger networks take 1 GB in float64: none outlives its test."""
    yield
    gc.collect()


def test_every_network_of_torchvision_is_here() -> None:
    assert set(NAMES) == {name for name in networks() if network(name).source == "torchvision"}


@pytest.mark.parametrize("name", NAMES)
def test_state_dict_and_outputs_are_torchvisions(name: str) -> None:
    size = network(name).check_sizes[0]
    net = spec(name, input_size=size)
    ours = build(net, scrambled(net), "float64")
    state = ours.state_dict()
    theirs = torchvision_model(name, state)
    assert _shapes(theirs.state_dict()) == _shapes(state)

    image = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 3, *size)))
    expected = torchvision_outputs(theirs, image)
    with torch.no_grad():
        answer = ours(image)
    got = [answer] if isinstance(answer, torch.Tensor) else list(answer)
    assert len(got) == len(expected) == len(net.outputs)
    for a, b in zip(got, expected, strict=True):
        assert b.std() > 0
        measured, why = difference(a.numpy(), b.numpy())
        assert measured < FLOAT64_TOLERANCE, why


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "shufflenet_v2_x1_0", "densenet121"])
def test_a_check_takes_torchvisions_own_module(name: str) -> None:
    """Modules that diptych did not build are observed where their names tell which node they are."""
    net = spec(name, input_size=network(name).check_sizes[0])
    theirs, keras_model = torchvision_model(name, build(net, scrambled(net), "float64").state_dict()), _keras(net)
    report = check(net, models=(theirs, keras_model))
    assert report.passed, str(report)
    assert "not observable" in report.gate("forward_float64").detail
    last = [m for m in theirs.modules() if isinstance(m, torch.nn.BatchNorm2d)][-1]
    last.eps = 1e-3
    failed = check(net, models=(theirs, keras_model)).failed
    assert failed is not None
    assert failed.name == "structure"
    assert theirs.get_submodule(failed.where) is last
    assert "got eps=0.001, expected eps=1e-05" in failed.detail


def test_a_fault_in_torchvisions_forward_is_found_at_its_place() -> None:
    net = spec("resnet18", input_size=(64, 48))
    theirs = torchvision_model("resnet18", build(net, scrambled(net), "float64").state_dict())
    theirs.layer2[0].relu = torch.nn.LeakyReLU(0.01)
    failed = check(net, models=(theirs, _keras(net))).failed
    assert failed is not None
    # The activation runs twice under one name, so that the first node seen to differ is the one behind it.
    assert (failed.name, failed.where) == ("forward_float64", "layer2.0.conv2")


def _keras(net: Net) -> Any:
    return diptych.build(net, "tf", weights=scrambled(net), dtype="float64")


def _shapes(state: dict[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in state.items()}
