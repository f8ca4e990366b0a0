"""Initial weights have the same bits however many cores draw them, and whoever asks for them in which order."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from diptych.common import streams, weights
from diptych.common.registry import spec
from diptych.common.spec import Array

NUMBERS = 100_003


def drawn(seed: int, cores: int) -> Array:
    out = np.zeros((7, NUMBERS // 7), np.float32)
    streams.standard_normal(partial(np.random.default_rng, seed), out, cores)
    return out


@pytest.mark.parametrize("cores", [1, 2, 3, 6])
def test_several_cores_draw_the_bits_of_one(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SHARE", 1 << 14)
    for seed in range(20):
        alone = np.random.default_rng(seed).standard_normal((7, NUMBERS // 7), dtype=np.float32)
        assert np.array_equal(drawn(seed, cores), alone)


def test_the_shares_are_joined_and_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SHARE", 1 << 14)
    joined, met = streams._Reader.joined, list[bool]()

    def watched(self: streams._Reader, done: int, rng: np.random.Generator) -> tuple[int, np.random.Generator]:
        answer = joined(self, done, rng)
        met.append(answer[1] is self.rng)
        return answer

    monkeypatch.setattr(streams._Reader, "joined", watched)
    for seed in range(20):
        drawn(seed, 4)
    assert len(met) == 60
    assert sum(met) >= 59  # a start four deviations off is no fault: the core before then goes on


def test_a_wrong_estimate_costs_time_and_not_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SHARE", 1 << 14)
    monkeypatch.setattr(streams, "WORDS", 1.2)
    alone = np.random.default_rng(5).standard_normal((7, NUMBERS // 7), dtype=np.float32)
    assert np.array_equal(drawn(5, 3), alone)


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
