"""Our PyTorch modules are torchvision's networks: the same state dict, and the same function with the same weights."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from reference_models import NAMES, torchvision_model, torchvision_outputs

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


def _shapes(state: dict[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in state.items()}
