"""Options that change what a network computes and not its weights: all gates, in both frameworks."""

from __future__ import annotations

from typing import Any

import pytest
from selection import everyday, some

from diptych import check
from diptych.common.errors import SpecError
from diptych.common.registry import network, networks, spec

CHANGED: list[tuple[str, dict[str, Any]]] = [
    ("mobilenet_v1_025.keras", {"output_stride": 8}),
    ("mobilenet_v3_small", {"output_stride": 16}),
    ("mobilenet_v3_small.keras", {"output_stride": 8}),
    ("mobilenet_v3_small.tf", {"output_stride": 16, "hidden": False}),
    ("mobilenet_v2", {"output_stride": 8}),
    ("resnet18", {"output_stride": 8}),
    ("resnet18", {"stem": "cifar", "input_size": 16}),
    ("resnet18d", {"output_stride": 8}),
    ("resnet50.keras", {"output_stride": 16}),
]
STRIDED = [name for name in networks() if "output_stride" in network(name).options]


@pytest.mark.parametrize(("name", "options"), some(CHANGED, CHANGED[0]))
def test_all_gates_pass(name: str, options: dict[str, Any]) -> None:
    report = check(spec(name, **{"input_size": (33, 40)} | options), batches=(2,))
    assert report.passed, str(report)
    assert all(gate.compared for gate in report.gates)


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_the_map_before_the_pool_has_the_output_stride(stride: int) -> None:
    for name in sorted({*STRIDED} & everyday()):
        net = spec(name, output_stride=stride)
        pool = next(
            node for node in net.nodes if node.kind == "global_avg_pool" and node.path in ("avgpool", "global_pool")
        )
        assert pool.in_shapes[0][1:] == (224 // stride, 224 // stride), name
        assert net.weights == spec(name).weights, name
        assert (net.macs > spec(name).macs) == (stride < 32)


def test_the_resnets_and_the_mobilenets_take_it() -> None:
    families = {network(name).family for name in STRIDED}
    assert families == {
        *("resnet", "resnext", "resnet_d", "wide_resnet"),
        *("mobilenet_v1", "mobilenet_v2", "mobilenet_v3"),
    }
    assert all(name in STRIDED for family in families for name in networks(family))


def test_a_stem_for_small_images_keeps_their_size() -> None:
    net = spec("resnet18", stem="cifar", input_size=32)
    assert {node.shape[1] for node in net.nodes if node.path.startswith("layer1")} == {32}
    assert net.weights["conv1.weight"].shape == (64, 3, 3, 3)
    assert net.params == spec("resnet18").params - 64 * 3 * (49 - 9)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("resnet50", {"output_stride": 4}, "output_stride is 8, 16 or 32"),
        ("mobilenet_v2", {"output_stride": "wide"}, "output_stride is a int"),
        ("resnet50", {"stem": "tiny"}, '"imagenet".*or "cifar"'),
        ("resnet50", {"stem": "cifar", "output_stride": 8}, "stem=cifar has output stride 8 as it is"),
        ("se_resnet50", {"output_stride": 8}, "no option 'output_stride'"),
    ],
)
def test_senseless_values_are_named(name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        spec(name, **options)
