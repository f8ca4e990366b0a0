"""The arrangements of batch normalisation and ReLU in PreResNet's units are those of He et al. 2016, figure 4."""

from __future__ import annotations

import pytest
from selection import some

from diptych import check
from diptych.common.blocks.preactivation import ARRANGEMENTS
from diptych.common.errors import SpecError
from diptych.common.registry import network, spec
from diptych.common.spec import Net

SIZE = (64, 48)
FIGURE_4 = {  # the ops of a unit without a projection, in their order
    "original": "conv batch_norm relu conv batch_norm add relu",
    "bn_after_addition": "conv batch_norm relu conv add batch_norm relu",
    "relu_before_addition": "conv batch_norm relu conv batch_norm relu add",
    "relu_only_preactivation": "relu conv batch_norm relu conv batch_norm add",
    "full_preactivation": "batch_norm relu conv batch_norm relu conv add",
}


def arranged(arrangement: str, name: str = "preresnet18") -> Net:
    return spec(name, arrangement=arrangement, input_size=SIZE)


@pytest.mark.parametrize("arrangement", some(ARRANGEMENTS, "relu_only_preactivation"))
def test_an_arrangement_is_the_same_function_in_both_frameworks(arrangement: str) -> None:
    net = arranged(arrangement)
    unit = [node.kind for node in net.nodes if node.path.startswith("layer2.1.")]
    assert " ".join(unit) == FIGURE_4[arrangement]
    report = check(net, sizes=[SIZE], batches=(2,))
    assert report.passed, str(report)
    assert all(gate.compared for gate in report.gates)


def test_the_original_arrangement_is_resnet() -> None:
    for depth in (18, 50):
        ours, theirs = arranged("original", f"preresnet{depth}"), spec(f"resnet{depth}", input_size=SIZE)
        assert ours.weights == theirs.weights
        assert [node.op for node in ours.nodes] == [node.op for node in theirs.nodes]


def test_full_preactivation_is_the_default() -> None:
    assert arranged("full_preactivation").nodes == spec("preresnet18", input_size=SIZE).nodes


def test_an_unknown_arrangement_is_named_with_those_that_there_are() -> None:
    with pytest.raises(SpecError, match=r"arrangement is one of original, .*, not 'sideways'"):
        arranged("sideways")
    assert network("preresnet50.keras").options == network("preresnet50.timm").options == ()
