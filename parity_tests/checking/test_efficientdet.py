"""EfficientDet equals effdet at sizes of any kind, and takes those alone at which every level can be halved."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from references import Reference, references
from references.libraries import outputs, reference_model
from selection import some

from diptych import check
from diptych.common.compare import FLOAT64_TOLERANCE, difference
from diptych.common.errors import SpecError
from diptych.common.registry import network, networks, spec
from diptych.common.weights import scrambled
from diptych.torch_impl.build import build

ITEMS = {item.network: item for item in references("effdet")}
CASES = [("efficientdet_d0", (65, 97)), ("efficientdet_d0", (128, 128)), ("efficientdet_d0", (200, 131)),
         ("efficientdet_d0", (64, 33)), ("efficientdet_d6", (65, 97))]  # fmt: skip


@pytest.mark.parametrize(("name", "size"), some(CASES, CASES[0]))
def test_every_map_is_that_of_effdet(name: str, size: tuple[int, int]) -> None:
    net = spec(name, input_size=size)
    ours = build(net, scrambled(net), "float64")
    theirs = reference_model(ITEMS[name], ours.state_dict())
    image = torch.from_numpy(np.random.default_rng(0).standard_normal((2, *net.input_shape)))
    with torch.no_grad():
        found = ours(image)
    assert list(found) == [f"{kind}_p{level}" for kind in ("class", "box") for level in range(3, 8)]
    for (label, got), expected in zip(found.items(), outputs(ITEMS[name], theirs, image), strict=True):
        assert expected.std() > 0 or expected.numel() == 1
        measured, why = difference(got.numpy(), expected.numpy())
        assert measured < FLOAT64_TOLERANCE, f"{label}: {why}"


def test_exchanged_levels_of_a_head_are_not_those_of_effdet() -> None:
    """A planted fault: the normalisations of two levels change places."""
    net = spec("efficientdet_d0", input_size=(65, 97))
    weights = dict(scrambled(net))
    for kind in ("weight", "bias", "running_mean", "running_var"):
        one, two = (f"box_net.bn_rep.1.{level}.{kind}" for level in (0, 1))
        weights[one], weights[two] = weights[two], weights[one]
    image = torch.from_numpy(np.random.default_rng(0).standard_normal((1, *net.input_shape)))
    right, wrong = (build(net, given, "float64") for given in (scrambled(net), weights))
    theirs = outputs(ITEMS[net.name], reference_model(ITEMS[net.name], right.state_dict()), image)
    with torch.no_grad():
        found = list(wrong(image).values())
    apart = [difference(a.numpy(), b.numpy())[0] > 1e-4 for a, b in zip(found, theirs, strict=True)]
    assert apart == [False] * 5 + [True] * 2 + [False] * 3


def test_every_network_of_the_family_has_a_reference() -> None:
    assert sorted(ITEMS) == sorted(networks("efficientdet"))
    assert all(isinstance(item, Reference) and network(name).source == "official" for name, item in ITEMS.items())


@pytest.mark.parametrize("size", [(64, 64), (33, 64), (65, 4000), (1, 1), (8, 3)])
def test_sizes_at_which_every_level_is_halved_are_taken(size: tuple[int, int]) -> None:
    spec("efficientdet_d0", input_size=size)


@pytest.mark.parametrize(
    ("size", "where"), [((64, 65), "6 has 1 x 2"), ((128, 32), "5 has 4 x 1"), ((8, 9), "3 has 1 x 2")]
)
def test_a_level_of_one_pixel_on_one_side_alone_is_refused(size: tuple[int, int], where: str) -> None:
    with pytest.raises(SpecError, match=f"at {size[0]}x{size[1]} level {where} pixels .* height and a width above 64"):
        spec("efficientdet_d0", input_size=size)


def test_without_classes_nothing_is_predicted() -> None:
    net = spec("efficientdet_d0", num_classes=0, input_size=(128, 96))
    assert net.evaluated == tuple(range(10))
    assert {int(net.nodes[index].shape[0]) for index in net.outputs} == {64}
    assert not [name for name in net.weights if "predict" in name]


@pytest.mark.slow
def test_every_gate_passes_at_one_size() -> None:
    """The whole check of test_parity takes half a minute."""
    report = check("efficientdet_d0", sizes=[(65, 97)], batches=(2,))
    assert report.passed, str(report)
    assert all(gate.compared for gate in report.gates)
