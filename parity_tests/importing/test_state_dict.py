"""Weights back in the module that a Net was read from."""

from __future__ import annotations

import numpy as np
import pytest
import their_modules as modules
import torch
from reading import difference, images_of, outputs, scramble

import diptych
from diptych import backends
from diptych.common.errors import DiptychError, WeightsError
from diptych.common.weights import scrambled
from diptych.torch_impl import original


@pytest.mark.parametrize("make", [modules.UNet, modules.Siamese, modules.Functional, lambda: modules.Gated(True)])
def test_other_weights_go_back_into_the_module(make: type[torch.nn.Module]) -> None:
    model = make().double().eval()
    scramble(model)
    result = diptych.read(model, torch.zeros(1, 3, 24, 20))
    weights = scrambled(result.net, 5)
    model.load_state_dict(result.state_dict(weights), strict=True)
    images = images_of(result.net)
    built = diptych.build(result.net, "torch", weights=weights, dtype="float64")
    found = list(backends.get("torch").outputs(built, result.net, images))
    assert difference(found, outputs(model, images)) < 1e-12


class Versioned(torch.nn.Conv2d):
    """A layer that takes no state dict without its version, as torchvision's MNASNet."""

    _version = 2

    def _load_from_state_dict(self, state: object, prefix: str, versions: dict[str, object], *rest: object) -> None:
        assert versions["version"] == 2
        super()._load_from_state_dict(state, prefix, versions, *rest)


def test_versions_of_classes_go_back_too() -> None:
    model = torch.nn.Sequential(Versioned(3, 2, 1))
    result = diptych.read(model, torch.zeros(1, 3, 8, 8))
    model.load_state_dict(result.state_dict(scrambled(result.net)), strict=True)
    assert original.load(model, {"0.weight": np.ones((2, 3, 1, 1), "f4"), "0.bias": np.ones(2, "f4")}) == {
        "missing": [], "unexpected": [], "of another shape": []
    }  # fmt: skip
    assert float(model.state_dict()["0.bias"].sum()) == 2


def test_what_was_not_read_stays_as_it_was() -> None:
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 1), torch.nn.BatchNorm2d(2))
    model.aside = torch.nn.Linear(2, 2)
    model[1].get_buffer("num_batches_tracked").fill_(7)
    model.forward = lambda x: model[1](model[0](x))  # type: ignore[method-assign]
    result = diptych.read(model, torch.zeros(1, 3, 8, 8))
    state = result.state_dict()
    assert sorted(state) == sorted(model.state_dict())
    assert int(state["1.num_batches_tracked"]) == 7
    assert torch.equal(state["aside.weight"], model.aside.weight)


def test_a_tensor_of_two_names_takes_one_array() -> None:
    result = diptych.read(modules.Tied(), torch.zeros(1, 3, 24, 20))
    assert set(result.state_dict()) == set(modules.Tied().state_dict())
    with pytest.raises(WeightsError, match="missing"):
        result.state_dict({})


def test_only_a_module_has_a_state_dict() -> None:
    import keras

    model = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Conv2D(2, 1)])
    with pytest.raises(DiptychError, match="not read from a PyTorch module"):
        diptych.read(model, np.zeros((1, 6, 6, 3))).state_dict()
