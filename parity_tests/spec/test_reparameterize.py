"""RepVGG's branches become one convolution each, and the network stays the same function, in both frameworks."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from references import Reference, references
from references.libraries import reference_model
from selection import placed

import diptych
from diptych import Net, build, networks, spec
from diptych.common.compare import FLOAT64_TOLERANCE, difference
from diptych.common.errors import DiptychError, WeightsError
from diptych.common.registry import network
from diptych.common.rewriting.reparameterize import reparameterize
from diptych.common.spec import Array
from diptych.common.trace import trace
from diptych.common.weights import Weights, scrambled
from diptych.common.zoo.repvgg import repvgg

TRAINED = [name for name in networks("repvgg") if name.endswith("_train")]
TIMM = [item for item in references("timm") if item.network in TRAINED]
SMALLEST = "repvgg_a0_train"
"""The one of `make test`."""
SIDES = ("torch", "tf")


@pytest.fixture(autouse=True)
def _memory() -> Iterator[None]:
    """The largest takes 1 GB in float64: none outlives its test."""
    yield
    gc.collect()


def case(name: str, *values: Any, **options: Any) -> Any:
    found = placed(name, *values, **options)
    return pytest.param(*found.values, id=found.id, marks=[] if name == SMALLEST else found.marks)


def small(groups: int, deploy: bool = False) -> Net:
    """A RepVGG of a few narrow blocks, every second one grouped."""
    options: dict[str, Any] = {"repeats": (1, 2, 5, 1), "a": 0.25, "b": 0.125, "groups": groups, "deploy": deploy}
    return trace(repvgg, "small", (3, 48, 33), num_classes=5, **options)


def wide(net: Net) -> Weights:
    return {name: array.astype(np.float64) for name, array in scrambled(net).items()}


def output(net: Net, weights: Weights, side: str) -> Array:
    x = np.random.default_rng(0).standard_normal((2, *net.input_shape))
    model = build(net, side, weights=weights, dtype="float64")
    if side == "tf":
        return np.asarray(model(x.transpose(0, 2, 3, 1), training=False))
    with torch.no_grad():
        return np.asarray(model.eval()(torch.from_numpy(x)))


def apart(net: Net, weights: Weights, deployed: Net, merged: Weights, side: str) -> float:
    before = output(net, weights, side)
    assert before.std() > 0
    measured, _ = difference(output(deployed, merged, side), before)
    return measured


@pytest.mark.parametrize("name", [case(name) for name in TRAINED])
def test_both_forms_are_one_function(name: str) -> None:
    net = spec(name, input_size=network(name).check_sizes[0])
    weights = wide(net)
    deployed, merged = reparameterize(weights, net)
    assert (deployed.name, deployed.input_shape) == (name.replace("_train", "_deploy"), net.input_shape)
    for side in SIDES:
        assert apart(net, weights, deployed, merged, side) < FLOAT64_TOLERANCE


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("side", SIDES)
def test_groups_and_networks_of_ones_own(groups: int, side: str) -> None:
    net = small(groups)
    weights = wide(net)
    deployed, merged = reparameterize(weights, net, deployed=small(groups, deploy=True))
    assert apart(net, weights, deployed, merged, side) < FLOAT64_TOLERANCE


@pytest.mark.parametrize("part", ["conv_kxk.bn.bias", "conv_1x1.bn.running_mean", "identity.weight"])
def test_every_branch_counts(part: str) -> None:
    """With one weight of one branch changed the forms are apart: the comparison can fail."""
    net = small(2)
    weights = wide(net)
    name = f"stages.2.1.{part}"
    deployed, merged = reparameterize(weights | {name: 1.1 * weights[name]}, net, deployed=small(2, deploy=True))
    assert apart(net, weights, deployed, merged, "torch") > 1e-6


@pytest.mark.parametrize("reference", [case(item.network, item, id=item.name) for item in TIMM])
def test_the_weights_are_those_of_timms_own_function(reference: Reference) -> None:
    net = spec(reference.network)
    weights = wide(net)
    _, merged = reparameterize(weights, net)
    theirs = reference_model(reference, build(net, "torch", weights=weights, dtype="float64").state_dict())
    state = importlib.import_module("timm.utils").reparameterize_model(theirs, inplace=True).state_dict()
    assert set(state) == set(merged)
    for name, tensor in state.items():
        measured, why = difference(tensor.numpy(), merged[name])
        assert measured < 1e-14, why


def test_every_network_to_be_trained_has_its_deployed_form() -> None:
    assert len(TRAINED) == 13
    assert {f"{name.removesuffix('_train')}_deploy" for name in TRAINED} | set(TRAINED) == set(networks("repvgg"))
    assert len(TIMM) == 10


def test_options_and_the_dtype_are_kept() -> None:
    net = spec("repvgg_a0_train", num_classes=7, in_channels=1)
    weights = scrambled(net)
    deployed, merged = diptych.reparameterize(weights, net)
    assert deployed == spec("repvgg_a0_deploy", num_classes=7, in_channels=1)
    assert {array.dtype for array in merged.values()} == {np.dtype(np.float32)}
    assert np.array_equal(merged["head.fc.weight"], weights["head.fc.weight"])
    exact = reparameterize({name: array.astype(np.float64) for name, array in weights.items()}, net)[1]
    assert all(np.array_equal(exact[name].astype(np.float32), merged[name]) for name in merged)


@pytest.mark.parametrize("name", ["repvgg_a0_deploy", "resnet18"])
def test_a_network_without_branches_is_refused(name: str) -> None:
    net = spec(name)
    with pytest.raises(DiptychError, match=rf"^{name} has no blocks to re-parameterise.*repvgg_a0_train"):
        reparameterize(scrambled(net), net)


def test_a_network_of_ones_own_needs_its_deployed_form() -> None:
    net = small(1)
    with pytest.raises(DiptychError, match=r"^small is not registered with a deployed form; give that as the argument"):
        reparameterize(scrambled(net), net)
    with pytest.raises(WeightsError, match=r"^the re-parameterised weights of small: .* do not fit repvgg_a0_deploy"):
        reparameterize(scrambled(net), net, deployed=spec("repvgg_a0_deploy"))


def test_weights_that_do_not_fit_are_named() -> None:
    net = spec("repvgg_a0")
    weights = scrambled(net)
    name = "stem.conv_1x1.bn.running_var"
    broken = weights | {name: np.full_like(weights[name], np.nan)}
    with pytest.raises(WeightsError, match=f"{name} holds 48 values that are NaN"):
        reparameterize(broken, net)
    del broken[name]
    with pytest.raises(WeightsError, match=rf"1 of {len(weights)} weights do not fit repvgg_a0_train: missing {name}"):
        reparameterize(broken, net)
    with pytest.raises(WeightsError, match="do not fit repvgg_a1_train"):
        reparameterize(weights, "repvgg_a1")
