"""DropBlock, stochastic depth, CmBN and SAT: worked by hand, and both frameworks equal NumPy, gradients included."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from augmented import planted
from detection_twins import EAGER, QUICK, TREES, gradients, run, same
from references.libraries import torchvision_models

import diptych
from diptych.common.errors import DiptychError
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.relu import relu
from diptych.common.spec import Array
from diptych.common.trace import Value, trace
from diptych.common.training import adversarial, cross_norm, drop_block, drop_seeds, growing
from diptych.common.training.cross_norm import Seen

SOURCE = np.random.default_rng(11)
X = SOURCE.normal(1, 2, (3, 4, 6, 5))
SEEDS = {b: drop_seeds.even(SOURCE.random((3, 4, 7 - b, 6 - b)), 0.3, (6, 5), b) for b in (1, 2, 3, 5)}
DARKNETS = drop_seeds.one_a_channel(SOURCE.random((3, 4, 6, 5)), 1.0, 3)
LOGITS = SOURCE.normal(0, 3, (2, 9)), SOURCE.normal(0, 3, (2, 9, 4)), SOURCE.random((2, 9, 2))
STEP = 1e-6


def twin(side: str, module: str) -> ModuleType:
    return importlib.import_module(f"diptych.{TREES[side]}.training.{module}")


def of(side: str, array: Array) -> Array:
    """Maps (N, C, H, W) in the order of a side; anything else as it is."""
    return array.transpose(0, 2, 3, 1) if TREES[side] == "tf_impl" and array.ndim == 4 else array


def back(side: str, array: Array) -> Array:
    return array.transpose(0, 3, 1, 2) if TREES[side] == "tf_impl" and array.ndim == 4 else array


def answers(side: str, function: Callable[..., Any], arrays: Sequence[Array], **options: Any) -> list[Array]:
    return [back(side, part) for part in run(side, function, [of(side, array) for array in arrays], **options)]


def slopes(side: str, function: Callable[..., Any], arrays: Sequence[Array]) -> list[Array]:
    """The gradients of a sum that weighs every number of the answer differently, towards every array."""

    def weighed(*tensors: Any) -> Any:
        answer = function(*tensors)
        if not tuple(answer.shape):
            return answer
        weights = of(side, np.sin(np.arange(answer.shape[0] * np.prod(X.shape[1:]))).reshape(-1, *X.shape[1:]))
        return answer * (importlib.import_module("torch").tensor(weights) if side == "torch" else weights)

    found = gradients(side, weighed, [of(side, array) for array in arrays])
    return [back(side, part) for part in found]


def measured(function: Callable[..., Any], arrays: Sequence[Array], which: int, place: tuple[int, ...]) -> float:
    """One number of the gradient of the same sum, by NumPy's meaning."""

    def total(move: float) -> float:
        moved = [array.copy() for array in arrays]
        moved[which][place] += move
        answer = function(*moved)
        weights = np.sin(np.arange(answer.size)).reshape(answer.shape) if answer.ndim else 1.0
        return float((answer * weights).sum())

    return (total(STEP) - total(-STEP)) / (2 * STEP)


def drops(side: str, block: int, over: str, eps: float) -> Callable[..., Any]:
    function = twin(side, "drop_block").drop_block
    return lambda x, seeds: function(x, seeds, block, over, eps)


@pytest.mark.parametrize("side", QUICK)
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
    found = [slopes(side, lambda x, side=side: drops(side, 3, over, 1e-6)(x, _given(side, SEEDS[3])), [X])[0]
             for side in EAGER]  # fmt: skip
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=1e-12)
    for place in ((0, 0, 0, 0), (1, 2, 3, 4), (2, 3, 5, 1)):
        expected = measured(lambda x: drops("numpy", 3, over, 1e-6)(x, SEEDS[3]), [X], 0, place)
        assert found[0][place] == pytest.approx(expected, abs=1e-6)


def _given(side: str, array: Array) -> Any:
    library = importlib.import_module("torch" if side == "torch" else "tensorflow")
    return (library.tensor if side == "torch" else library.constant)(of(side, array))


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
    scale, shift = (_made(side, values) for values in SCALES)
    seen, parts = cross_norm.NOTHING, []
    for number in range(count):
        part, seen = module.cross_norm(_made(side, X[number : number + 1] * (number + 1)), scale, shift, seen)
        parts.append(back(side, np.asarray(part)))
    rest = (seen.mean, seen.square, module.variance(seen), module.averaged(scale, seen.mean))
    assert seen.number == count
    return [*parts, *map(np.asarray, rest)]


def _made(side: str, array: Array) -> Any:
    return array if side == "numpy" else _given(side, array)


SCALES = SOURCE.normal(1, 0.3, 4), SOURCE.normal(0, 1, 4)


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
        before = Seen(seen.number, *(_made(side, v) if isinstance(v, np.ndarray) else v for v in seen[1:]))
        weights = np.sin(np.arange(part.size)).reshape(part.shape)
        factors = _given(side, weights)
        function = lambda x, a, b, side=side, before=before, factors=factors: (  # noqa: E731
            twin(side, "cross_norm").cross_norm(x, a, b, before)[0] * factors
        )
        found.append([back(side, g) for g in gradients(side, function, [of(side, array) for array in arrays])])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
        assert np.isfinite(ours).all()
    if case != "equal numbers":
        for which, place in ((0, (0, 1, 1, 0)), (1, (2,)), (2, (3,))):
            expected = measured(lambda x, a, b: cross_norm.cross_norm(x, a, b, seen)[0], arrays, which, place)
            assert found[0][which][place] == pytest.approx(expected, abs=1e-6)


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
        found = gradients(side, lambda o, c, side=side: twin(side, "adversarial").absent(o, c, _given(side, sizes)),
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
        changed = room.attack(model, _given(side, pictures), lambda maps: sum(map(_total, _values(maps))), 0.05)
        made[side] = back(side, np.asarray(changed))
        after = diptych.weights(model, net)
        assert all(np.array_equal(after[name], weights[name]) for name in weights)
        if side == "torch":
            assert all(module.training for module in model.modules())
            assert all(parameter.grad is None for parameter in model.parameters())
            assert not changed.requires_grad
        with pytest.raises(DiptychError, match="the loss of an attack is nan"):
            room.attack(model, _given(side, pictures), lambda maps: _total(_values(maps)[0]) * np.nan, 0.05)
    np.testing.assert_allclose(made["torch"], made["tf"], rtol=0, atol=1e-12)
    assert np.abs(made["torch"] - pictures).max() > 1e-4


def _values(maps: Any) -> list[Any]:
    return list(maps.values()) if isinstance(maps, dict) else list(maps)


def _total(value: Any) -> Any:
    """The sum of squares of either framework."""
    squares = value * value
    return squares.sum() if hasattr(squares, "backward") else importlib.import_module("tensorflow").reduce_sum(squares)


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
    (lambda: adversarial.absent(LOGITS[0], LOGITS[1][0], LOGITS[2]), "objects (...), classes"),
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
    "no threshold": ("adversarial", "score > threshold", "score > 0", "absent"),
    "no area": ("adversarial", "weight * (", "1 * (", "absent"),
}


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(side: str, fault: str) -> None:
    module, right, wrong, what = FAULTS[fault]
    faulty = planted(module, right, wrong, f"{TREES[side]}/training")
    if what == "drop":
        found = answers(side, lambda x, seeds: faulty.drop_block(x, seeds, 3, "batch", 1e-6), [X, SEEDS[3]])
        assert not same([drops("numpy", 3, "batch", 1e-6)(X, SEEDS[3])], found)
    elif what == "norm":
        assert not same(mini_batches("numpy"), mini_batches(side, faulty))
    else:
        assert not same([np.asarray(adversarial.absent(*LOGITS))], run(side, faulty.absent, LOGITS))
