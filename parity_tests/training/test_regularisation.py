"""DropBlock, stochastic depth and CmBN: worked by hand, and both frameworks equal NumPy, gradients included."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from augmented import planted
from detection_twins import EAGER, TREES, same
from references.libraries import torchvision_models
from training_twins import answers, back, given, measured, slopes, twin

from diptych.common.errors import DiptychError
from diptych.common.spec import Array
from diptych.common.training import cross_norm, drop_block, drop_seeds, growing
from diptych.common.training.cross_norm import Seen

SOURCE = np.random.default_rng(11)
X = SOURCE.normal(1, 2, (3, 4, 6, 5))
SEEDS = {b: drop_seeds.even(SOURCE.random((3, 4, 7 - b, 6 - b)), 0.3, (6, 5), b) for b in (1, 2, 3, 5)}
DARKNETS = drop_seeds.one_a_channel(SOURCE.random((3, 4, 6, 5)), 1.0, 3)
SCALES = SOURCE.normal(1, 0.3, 4), SOURCE.normal(0, 1, 4)


def drops(side: str, block: int, over: str, eps: float) -> Callable[..., Any]:
    function = twin(side, "drop_block").drop_block
    return lambda x, seeds: function(x, seeds, block, over, eps)


@pytest.mark.parametrize("side", [*EAGER, "graph"])
def test_drop_block_and_path_equal_the_meaning(side: str) -> None:
    cases = [(SEEDS[b], b, "batch", 1e-6) for b in SEEDS] if side in EAGER else []
    for seeds, block, over, eps in [*cases, (DARKNETS, 3, "image", 0.0), (np.ones_like(DARKNETS), 3, "image", 0.0)]:
        meaning = drops("numpy", block, over, eps)(X, seeds)
        assert same([meaning], answers(side, drops(side, block, over, eps), [X, seeds])), (block, over)
    keep = np.array([1.0, 0.0, 1.0])
    paths = answers(side, twin(side, "drop_block").drop_path, [X, keep], rate=0.2)
    assert same([drop_block.drop_path(X, keep, 0.2)], paths)


@pytest.mark.parametrize("over", ["batch", "image"])
def test_drop_block_has_the_gradients_of_the_meaning(over: str) -> None:
    found = [slopes(side, lambda x, side=side: drops(side, 3, over, 1e-6)(x, given(side, SEEDS[3])), [X])[0]
             for side in EAGER]  # fmt: skip
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=1e-12)
    for place in ((0, 0, 0, 0), (1, 2, 3, 4), (2, 3, 5, 1)):
        expected = measured(lambda x: drops("numpy", 3, over, 1e-6)(x, SEEDS[3]), [X], 0, place)
        assert found[0][place] == pytest.approx(expected, abs=1e-6)


def test_torchvision_drops_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    torchvision_models()
    theirs = importlib.import_module("torchvision.ops.drop_block")
    for block in (1, 3, 5):
        draws = SOURCE.random((3, 4, 7 - block, 6 - block))
        monkeypatch.setattr(
            torch.Tensor, "bernoulli_", lambda noise, p, draws=draws: noise.copy_(torch.tensor(draws < p))
        )
        expected = theirs.drop_block2d(torch.tensor(X), 0.2, block).numpy()
        ours = drop_block.drop_block(X, drop_seeds.even(draws, 0.2, (6, 5), block), block)
        np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_darknets_seeds_worked_by_hand() -> None:
    """Of a channel the smallest draw, moved back into the map; none where it is not below 0.9 / 4."""
    draws = np.ones((1, 3, 3, 4))
    draws[0, 0, 2, 3] = draws[0, 1, 0, 1] = 0.2
    draws[0, 1, 1, 2] = 0.1
    draws[0, 2, 1, 1] = 0.9 / 4
    seeds = drop_seeds.one_a_channel(draws, 0.9, 2)
    assert np.argwhere(seeds).tolist() == [[0, 0, 1, 2], [0, 1, 1, 2]]
    made = drop_block.drop_block(np.ones((1, 3, 3, 4)), seeds, 2, "image", 0)
    assert made[0, 1].tolist() == [[36 / 28] * 4, [36 / 28] * 2 + [0, 0], [36 / 28] * 2 + [0, 0]]
    assert growing.grown(7, 0, 100, 0.85) == 0


def mini_batches(side: str, module: Any = None, count: int = 3) -> list[Array]:
    """What CmBN makes of a batch in parts, and what it has seen in the end."""
    module = module or twin(side, "cross_norm")
    scale, shift = (given(side, values) for values in SCALES)
    seen, parts = cross_norm.NOTHING, []
    for number in range(count):
        part, seen = module.cross_norm(given(side, X[number : number + 1] * (number + 1)), scale, shift, seen)
        parts.append(back(side, np.asarray(part)))
    rest = (seen.mean, seen.square, module.variance(seen), module.averaged(scale, seen.mean))
    assert seen.number == count
    return [*parts, *map(np.asarray, rest)]


@pytest.mark.parametrize("side", EAGER)
def test_cmbn_equals_the_meaning(side: str) -> None:
    assert same(mini_batches("numpy"), mini_batches(side))


def test_cmbn_worked_by_hand() -> None:
    """1 and 3, then 5 and 9: means 2 and 7, squares 10 / 1 and 106 / 1, and of both (2 + 7) / 2 and (10 + 106) / 2."""
    one, two = np.ones(1), np.zeros(1)
    first, seen = cross_norm.cross_norm(np.array([1.0, 3]).reshape(2, 1, 1, 1), one, two, eps=0)
    assert (seen.mean.tolist(), seen.square.tolist(), cross_norm.variance(seen).tolist()) == ([2], [10], [6])
    np.testing.assert_allclose(first.ravel(), [-1 / 6**0.5, 1 / 6**0.5])
    second, seen = cross_norm.cross_norm(np.array([5.0, 9]).reshape(2, 1, 1, 1), one * 2, one, seen, eps=0)
    assert (seen.mean.tolist(), seen.square.tolist()) == ([4.5], [58])
    np.testing.assert_allclose(second.ravel(), 1 + np.array([1, 9]) / (58 - 20.25) ** 0.5)
    assert cross_norm.averaged(np.array([1.0]), seen.mean).tolist() == [1 * 0.99 + 4.5 * 0.01]


@pytest.mark.parametrize("case", ["first", "third", "equal numbers"])
def test_cmbn_has_the_gradients_of_the_meaning(case: str) -> None:
    """What earlier mini-batches gave is constant; of equal numbers the variance is at the edge of both its limits."""
    seen = Seen(2, np.full(4, 0.3), np.full(4, 7.0)) if case == "third" else cross_norm.NOTHING
    part = np.full((1, 4, 2, 2), 2.0) if case == "equal numbers" else X[:2]
    arrays = [part, *SCALES]
    found = []
    for side in EAGER:
        before = Seen(seen.number, *(given(side, v) if isinstance(v, np.ndarray) else v for v in seen[1:]))
        norm = twin(side, "cross_norm").cross_norm
        found.append(slopes(side, lambda x, a, b, norm=norm, before=before: norm(x, a, b, before)[0], arrays))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
        assert np.isfinite(ours).all()
    if case != "equal numbers":
        for which, place in ((0, (0, 1, 1, 0)), (1, (2,)), (2, (3,))):
            expected = measured(lambda x, a, b: cross_norm.cross_norm(x, a, b, seen)[0], arrays, which, place)
            assert found[0][which][place] == pytest.approx(expected, abs=1e-6)


def test_no_gradient_of_cmbn_goes_to_earlier_mini_batches() -> None:
    import tensorflow as tf
    import torch

    one, two = X[:1], X[1:2]
    first = torch.tensor(one, requires_grad=True)
    scale, shift = (given("torch", values) for values in SCALES)
    _, seen = twin("torch", "cross_norm").cross_norm(first, scale, shift)
    assert not twin("torch", "cross_norm").cross_norm(given("torch", two), scale, shift, seen)[0].requires_grad
    start = tf.Variable(one.transpose(0, 2, 3, 1))
    with tf.GradientTape() as tape:
        norm = twin("tf", "cross_norm").cross_norm
        _, seen = norm(tf.convert_to_tensor(start), *(given("tf", values) for values in SCALES))
        answer, _ = norm(given("tf", two), *(given("tf", values) for values in SCALES), seen)
    assert tape.gradient(answer, start) is None


BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: drop_seeds.gamma(1.5, (6, 5), 3), "from 0 to 1"),
    (lambda: drop_seeds.gamma(0.1, (6, 5), 6), "a whole side of 1 or more"),
    (lambda: drop_seeds.even(X, 0.1, (6, 5), 3), "(N, C, 4, 3)"),
    (lambda: drop_block.drop_block(X, SEEDS[3], 2), "seeds for blocks of 2"),
    (lambda: drop_block.drop_block(X[:, :2], SEEDS[3], 3), "seeds for blocks of 3"),
    (lambda: drop_block.drop_path(X, np.ones(2), 0.1), "stochastic depth takes (N,)"),
    (lambda: drop_block.drop_path(X, np.ones(3), 1.0), "from 0 to below 1"),
    (lambda: cross_norm.cross_norm(X, np.ones(3), np.ones(4)), "scale and shift for the channels"),
    (lambda: cross_norm.cross_norm(X[:1, :, :1, :1], np.ones(4), np.ones(4)), "one has no variance"),
    (lambda: growing.grown(1, 5, 4), "from 0 to the number of steps"),
]


@pytest.mark.parametrize(("wrong", "said"), BAD)
def test_bad_input_is_one_clear_error(wrong: Callable[[], Any], said: str) -> None:
    with pytest.raises(DiptychError) as caught:
        wrong()
    assert said in str(caught.value)


FAULTS = {
    "the blocks alone": ("drop_block", "left = 1 - ", "left = ", "drop"),
    "nothing scaled": ("drop_block", "x * (left * scale)", "x * left", "drop"),
    "eps left out": ("drop_block", "total + eps", "total", "drop"),
    "the biased square": ("cross_norm", "/ (count - 1)", "/ count", "norm"),
    "the last alone": ("cross_norm", "value * share + before * (1 - share)", "value * 1 + before * 0", "norm"),
    "eps outside of the root": ("cross_norm", "(variance(after) + eps)", "(variance(after)) + eps", "norm"),
}


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(side: str, fault: str) -> None:
    module, right, wrong, what = FAULTS[fault]
    faulty = planted(module, right, wrong, f"{TREES[side]}/training")
    if what == "drop":
        found = answers(side, lambda x, seeds: faulty.drop_block(x, seeds, 3, "batch", 1e-6), [X, SEEDS[3]])
        assert not same([drops("numpy", 3, "batch", 1e-6)(X, SEEDS[3])], found)
    else:
        assert not same(mini_batches("numpy"), mini_batches(side, faulty))
