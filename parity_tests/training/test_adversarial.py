"""Self-adversarial training: Darknet's deltas, both frameworks equal NumPy, and an attack that leaves the network."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from augmented import planted
from detection_twins import EAGER, QUICK, TREES, gradients, run, same
from training_twins import answers, back, given, twin

import diptych
from diptych.common.errors import DiptychError
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.relu import relu
from diptych.common.trace import Value, trace
from diptych.common.training import adversarial

SOURCE = np.random.default_rng(11)
LOGITS = SOURCE.normal(0, 3, (2, 9)), SOURCE.normal(0, 3, (2, 9, 4)), SOURCE.random((2, 9, 2))


@pytest.mark.parametrize("side", QUICK)
def test_absent_and_attacked_equal_the_meaning(side: str) -> None:
    for shift in (0, 25, -25):
        arrays = [LOGITS[0] + shift, LOGITS[1] + shift, LOGITS[2]]
        meaning = np.asarray(adversarial.absent(arrays[0], arrays[1], arrays[2]))
        assert same([meaning], run(side, twin(side, "adversarial").absent, arrays))
    pictures, gradient = SOURCE.random((2, 3, 4, 5)), SOURCE.normal(0, 1, (2, 3, 4, 5))
    made = answers(side, twin(side, "adversarial").attacked, [pictures, gradient], rate=0.7)
    assert same([adversarial.attacked(pictures, gradient, 0.7)], made)
    assert made[0].min() == 0
    assert made[0].max() == 1


def test_absent_has_darknets_deltas() -> None:
    """The gradient is root times p on the object, and on the classes whose score is above the threshold; no size."""
    objects, classes, sizes = LOGITS
    p, q = (1 / (1 + np.exp(-x)) for x in (objects, classes))
    root = np.sqrt(sizes.prod(-1))
    expected = root * p, root[..., None] * q * (p[..., None] * q > 0.25)
    for side in EAGER:
        found = gradients(side, lambda o, c, side=side: twin(side, "adversarial").absent(o, c, given(side, sizes)),
                          [objects, classes])  # fmt: skip
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def small(x: Value) -> dict[str, Value]:
    x = relu(batch_norm(conv(x, 4, 3, pad=1)))
    return {"one": conv(x, 2, 1, name="one"), "two": conv(x, 5, 3, stride=2, pad=1, name="two")}


def test_an_attack_changes_the_pictures_alike_and_the_networks_not_at_all() -> None:
    net = trace(small, "small", (3, 6, 8))
    weights = diptych.init(net, seed=1)
    pictures = SOURCE.random((2, 3, 6, 8))
    made = {}
    for side in EAGER:
        model = diptych.build(net, side, weights=weights, dtype="float64")
        if side == "torch":
            model.train()
        room = twin(side, "attack")
        changed = room.attack(model, given(side, pictures), lambda maps: sum(map(_total, _values(maps))), 0.05)
        made[side] = back(side, np.asarray(changed))
        after = diptych.weights(model, net)
        assert all(np.array_equal(after[name], weights[name]) for name in weights)
        if side == "torch":
            assert all(module.training for module in model.modules())
            assert all(parameter.grad is None for parameter in model.parameters())
            assert not changed.requires_grad
        with pytest.raises(DiptychError, match="the loss of an attack is nan"):
            room.attack(model, given(side, pictures), lambda maps: _total(_values(maps)[0]) * np.nan, 0.05)
    np.testing.assert_allclose(made["torch"], made["tf"], rtol=0, atol=1e-12)
    assert np.abs(made["torch"] - pictures).max() > 1e-4


def _values(maps: Any) -> list[Any]:
    return list(maps.values()) if isinstance(maps, dict) else list(maps)


def _total(value: Any) -> Any:
    """The sum of squares of either framework."""
    squares = value * value
    return squares.sum() if hasattr(squares, "backward") else importlib.import_module("tensorflow").reduce_sum(squares)


def test_shapes_that_do_not_belong_together_are_one_error() -> None:
    with pytest.raises(DiptychError, match="absent takes objects"):
        adversarial.absent(LOGITS[0], LOGITS[1][0], LOGITS[2])


FAULTS = {
    "no threshold": ("score > threshold", "score > 0"),
    "no area": ("weight * (", "1 * ("),
    "found in place of absent": ("sigmoid(-objects)", "sigmoid(objects)"),
}


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(side: str, fault: str) -> None:
    faulty = planted("adversarial", *FAULTS[fault], f"{TREES[side]}/training")
    assert not same([np.asarray(adversarial.absent(*LOGITS))], run(side, faulty.absent, LOGITS))
