"""The scaling rules of EfficientNet and MnasNet, held to the published networks."""

from __future__ import annotations

import math

import pytest
from references.libraries import torchvision_models

from diptych import DiptychError
from diptych.common.registry import spec
from diptych.common.zoo import efficientnet as ours
from diptych.common.zoo import mnasnet as zoo
from diptych.searching import Compound, channels, compound, repeats

PHI = {"b0": 0.0, "b1": 0.35, "b2": 1.05, "b3": 1.95, "b4": 3.45, "b5": 4.65, "b6": 5.6, "b7": 6.55}
"""The phi whose powers come nearest to the published coefficients, found by a scan."""


@pytest.mark.parametrize("name", ours.TABLE)
def test_channels_and_repeats_of_b0_to_b7(name: str) -> None:
    width, depth, _, _ = ours.TABLE[name]
    published, last = torchvision_models().efficientnet._efficientnet_conf(
        f"efficientnet_{name}", width_mult=width, depth_mult=depth
    )
    assert [(s.out_channels, s.num_layers) for s in published] == [
        (channels(base, width), repeats(count, depth)) for _, base, _, _, count in ours.STAGES
    ]
    assert published[0].input_channels == channels(32, width)
    assert channels(1280, width) == (last or 4 * published[-1].out_channels)


def test_equation_3_comes_near_the_published_coefficients() -> None:
    gaps = {}
    for name, phi in PHI.items():
        width, depth, side, _ = ours.TABLE[name]
        found = compound(phi)
        pairs = ((found.width, width), (found.depth, depth), (224 * found.resolution, side))
        gaps[name] = max(abs(rule / published - 1) for rule, published in pairs)
    assert gaps["b0"] == 0
    assert gaps["b2"] < 0.01
    assert 0.05 < max(gaps.values()) < 0.075, "B5 to B7 have numbers of their own"


def test_each_step_of_phi_costs_nearly_twice_as_much() -> None:
    assert compound(0) == Compound(1, 1, 1)
    assert math.isclose(compound(3).cost / compound(2).cost, 1.2 * 1.1**2 * 1.15**2)
    assert compound(2, depth=1.0, width=2.0, resolution=1.0) == Compound(4, 1, 1)


@pytest.mark.parametrize("width", [0.35, 0.5, 0.75, 1.0, 1.3, 1.4])
def test_widths_of_mnasnet(width: float) -> None:
    stem, first, stages = zoo.TABLE["b1"]
    bases = [stem, first, *(row[1] for row in stages)]
    assert [channels(base, width) for base in bases] == torchvision_models().mnasnet._get_depths(width)


@pytest.mark.parametrize(("name", "width"), [("mnasnet_0_5", 0.5), ("mnasnet_1_3", 1.3)])
def test_the_published_mnasnets_have_these_channels(name: str, width: float) -> None:
    net = spec(name)
    made = {int(node.shape[0]) for node in net.nodes if node.kind == "conv"}
    assert {channels(row[1], width) for row in zoo.TABLE["b1"][2]} <= made


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: compound(1, depth=0.5), "the base of the depth is a number from 1 on, got 0.5"),
        (lambda: compound(math.inf), "phi is a finite number"),
        (lambda: repeats(3, 0), "a depth is a positive factor"),
        (lambda: channels(32, -1.0), "a number of channels is positive"),
    ],
)
def test_senseless_factors_are_refused(call: object, said: str) -> None:
    assert callable(call)
    with pytest.raises(DiptychError, match=said):
        call()
