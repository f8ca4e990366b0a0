"""Every registered network is the same function in PyTorch and Keras: all gates of the check, on all its inputs.

The gate of the ONNX graph is one of them, so that every network has its third and fourth opinion.
"""

from __future__ import annotations

import pytest
from selection import ALL_NETWORKS, GATED, placed
from writers.checks import keep

import diptych
from diptych import check, networks
from diptych.common.compare import FLOAT64_TOLERANCE
from diptych.common.registry import network, traced

NAMES = networks()


@pytest.mark.parametrize("name", [placed(name, gated=True) for name in NAMES])
def test_all_gates_pass(name: str) -> None:
    # The many that `make test` leaves out are checked on one batch, of two images: all gates, at both sizes.
    report = check(name, referee=True) if name in GATED else check(name, batches=(2,), referee=True)
    keep(report)
    assert report.passed, str(report)
    assert len(report.gates) == 7
    idle = [gate.name for gate in report.gates if not gate.compared]
    assert idle == ([] if diptych.spec(name).statistics else ["training_float64"]), "a gate must compare something"
    assert not any(gate.detail.startswith("not observable") for gate in report.gates)
    measured = {gate.name: gate.measured or 0.0 for gate in report.gates}
    assert all(measured[f"{kind}_float64"] < FLOAT64_TOLERANCE for kind in ("forward", "gradients", "training"))
    assert 0 < measured["onnx"] < FLOAT64_TOLERANCE
    assert "ONNX Runtime" in report.gate("onnx").detail
    assert all(0 < noise < 1e-4 for noise in report.noise.values())


@ALL_NETWORKS
def test_every_network_is_checked_on_even_and_odd_sizes_that_are_not_square() -> None:
    for name in NAMES:
        sizes = network(name).check_sizes
        assert any(height % 2 == 0 and width % 2 == 0 for height, width in sizes), name
        squares = any(node.kind == "space_to_depth" for node in traced(name, {}).nodes)  # of even sides alone
        assert squares or any(height % 2 == 1 and width % 2 == 1 for height, width in sizes), name
        assert all(height != width for height, width in sizes), name


@ALL_NETWORKS
def test_no_network_is_left_out() -> None:
    assert len(NAMES) == len(set(NAMES)) >= 30
    assert set(GATED) <= set(NAMES)
    kinds = {node.kind for name in GATED for node in traced(name, {}).nodes}
    assert kinds == {node.kind for name in NAMES for node in traced(name, {}).nodes}, "every op of the zoo is checked"
