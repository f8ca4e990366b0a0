"""Our PyTorch modules are the networks of public libraries: with the same weights, moved by name, the same function.

The forms of torchvision have its state dict, name for name.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from references import Reference, references
from references.libraries import outputs, reference_model
from selection import placed

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


OURS = references("torchvision", "timm", "pytorchcv", "libreyolo", "yolox", "effdet")


def test_every_form_of_a_library_has_its_reference() -> None:
    for library in ("torchvision", "timm"):
        found = {item.network for item in OURS if item.library == library}
        assert {name for name in networks() if network(name).source == library} <= found


@pytest.mark.parametrize("reference", [placed(item.network, item, id=str(item)) for item in OURS])
def test_outputs_are_those_of_the_reference(reference: Reference) -> None:
    size = reference.size or network(reference.network).check_sizes[0]
    net = spec(reference.network, input_size=size, **reference.options)
    ours = build(net, scrambled(net), "float64")
    state = ours.state_dict()
    theirs = reference_model(reference, state)
    if network(reference.network).source == reference.library == "torchvision":
        assert _shapes(theirs.state_dict()) == _shapes(state)
    assert sum(p.numel() for p in theirs.parameters()) == net.params

    image = torch.from_numpy(np.random.default_rng(0).standard_normal((2, *net.input_shape)))
    expected = outputs(reference, theirs, image)
    got = _listed(_run(ours, image))
    assert len(got) == len(expected) == len(net.outputs)
    for a, b in zip(got, expected, strict=True):
        assert b.std() > 0
        measured, why = difference(a.numpy(), b.numpy())
        assert measured < FLOAT64_TOLERANCE, why


FULL = [pytest.param(name, marks=pytest.mark.full) for name in ("mobilenet_v2", "shufflenet_v2_x1_0", "densenet121")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", *FULL])
def test_a_check_takes_torchvisions_own_module(name: str) -> None:
    """Modules that diptych did not build are observed where their names tell which node they are."""
    net = spec(name, input_size=(32, 40))
    theirs, keras_model = _torchvision(net), _keras(net)
    report = check(net, models=(theirs, keras_model), fast=True)
    assert report.passed, str(report)
    last = [m for m in theirs.modules() if isinstance(m, torch.nn.BatchNorm2d)][-1]
    last.eps = 1e-3
    report = check(net, models=(theirs, keras_model), gates=["nodes"], fast=True)
    assert (theirs.get_submodule(report.where), report.side) == (last, "PyTorch")
    assert report.cause.startswith(f"eps, 1e-05 in {name} and 0.001 in PyTorch")


@pytest.mark.slow
def test_a_fault_in_torchvisions_forward_is_found_at_its_place() -> None:
    net = spec("resnet18", input_size=(32, 40))
    theirs = _torchvision(net)
    theirs.layer2[0].relu = torch.nn.LeakyReLU(0.01)
    report = check(net, models=(theirs, _keras(net)), gates=["nodes"], fast=True)
    assert (report.where, report.side) == ("layer2.0.relu", "PyTorch")  # which the module calls twice by one name
    assert report.cause.startswith("another function, relu in resnet18 and leaky_relu")


def _torchvision(net: Net) -> Any:
    reference = next(item for item in OURS if (item.network, item.library) == (net.name, "torchvision"))
    return reference_model(reference, build(net, scrambled(net), "float64").state_dict())


def _run(model: Any, image: torch.Tensor) -> Any:
    with torch.no_grad():
        return model(image)


def _listed(answer: Any) -> list[torch.Tensor]:
    """What a model answers with as a list, also where it has names or is one tensor."""
    if isinstance(answer, torch.Tensor):
        return [answer]
    return list(answer.values() if isinstance(answer, dict) else answer)


def _keras(net: Net) -> Any:
    return diptych.build(net, "tf", weights=scrambled(net), dtype="float64")


def _shapes(state: dict[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in state.items()}
