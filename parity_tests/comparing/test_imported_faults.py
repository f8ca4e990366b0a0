"""Faults planted in imported models of timm, torchvision and keras.applications are found, placed and explained.

`python -m benchmarks.planted` prints what a comparison says of each.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from planted import FAULTS, judged

for catalogue in ("planted_in_torch", "planted_in_keras", "planted_in_training"):
    importlib.import_module(catalogue)

QUICK = ("keras_app_eps", "keras_same_stem", "torch_slope", "torch_unshared", "torch_biased_variance", "keras_activity")
"""Those of `make test`: each stands for a kind. Of the others every third is slow, and the rest `full`."""
SLOW = [name for name in FAULTS if name not in QUICK][::3]


def _marked(name: str) -> Any:
    later = pytest.mark.slow if name in SLOW else pytest.mark.full
    return pytest.param(name, marks=[] if name in QUICK else later)


@pytest.mark.parametrize("name", [_marked(name) for name in FAULTS])
def test_a_fault_is_found_placed_and_explained(name: str) -> None:
    found = judged(FAULTS[name])
    assert found.found, str(found.report)
    assert found.place, str(found.report)
    assert found.cause, str(found.report)


def test_the_catalogue_is_as_large_as_it_says() -> None:
    assert len(FAULTS) >= 60
    assert set(QUICK) <= set(FAULTS)
    assert {"torch", "keras"} == {fault.side for fault in FAULTS.values()}
