"""A registered network keeps no stochastic depth: its build beside a model that has some is noted, not different."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import keras
import pytest
from torch import nn

from diptych import build
from diptych.comparing.dropping import _paths
from diptych.comparing.sides import given_as


@pytest.mark.parametrize(
    ("model", "different"),
    [
        (lambda: build("lenet5_modern", "keras"), False),
        (lambda: build("lenet5_modern", "torch"), False),
        (lambda: keras.Sequential([keras.Input((64, 64, 3)), keras.layers.Conv2D(2, 1)]), True),
        (lambda: nn.Conv2d(3, 2, 1), True),
    ],
    ids=["a build of keras", "a build of torch", "somebody's of keras", "somebody's of torch"],
)
def test_a_model_without_it_is_different_unless_it_is_a_build(model: Any, different: bool) -> None:
    deep = SimpleNamespace(given=SimpleNamespace(paths=lambda: {"drop": 0.2}), label="the first")
    other = SimpleNamespace(given=given_as(model()), label="the second")

    found = _paths(SimpleNamespace(both=(deep, other), one=deep, other=other))  # type: ignore[arg-type]
    assert (found is not None) is different
