"""Initial weights have the same bits however many cores draw them, and whoever asks for them in which order."""

from __future__ import annotations

import numpy as np
import pytest

from diptych.common import weights
from diptych.common.registry import spec


def test_a_large_weight_is_drawn_in_blocks_whoever_draws_them(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = np.zeros((7, 1000), np.float32)
    weights._normal("fc.weight", 3, alone)
    assert np.array_equal(alone, weights._generator("fc.weight", 3).standard_normal((7, 1000), dtype=np.float32))
    monkeypatch.setattr(weights, "BLOCK", 3000)
    parts = np.zeros((7, 1000), np.float32)
    weights._normal("fc.weight", 3, parts)
    assert np.array_equal(parts.ravel()[:3000], alone.ravel()[:3000])
    assert len({float(part[0]) for part in np.split(parts.ravel(), [3000, 6000])}) == 3  # no stream is drawn twice
    again = np.zeros((7, 1000), np.float32)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    weights._normal("fc.weight", 3, again)
    assert np.array_equal(parts, again)


def test_weights_may_be_asked_for_in_any_order_or_not_at_all() -> None:
    net = spec("resnet18", num_classes=10, input_size=64)
    expected = weights.init(net, seed=3)
    with weights.drawing(net, seed=3) as given:
        assert list(given) == list(net.weights)
        for name in reversed(net.weights):
            assert np.array_equal(given[name], expected[name])
    with weights.drawing(net, seed=3) as given:
        assert len(given) == len(expected)


def test_what_goes_wrong_beside_the_drawing_is_told() -> None:
    with pytest.raises(ZeroDivisionError), weights.drawing(spec("lenet5_modern")):
        raise ZeroDivisionError
