"""Boxes: hand-worked overlaps, torchvision's losses, and both frameworks equal NumPy, in value and in gradient."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from detection_twins import EAGER, QUICK, TREES, gradients, planted, run, same, twin
from references.libraries import torchvision_models

from diptych.common.detection import boxes
from diptych.common.spec import Array

RANDOM = np.random.default_rng(0)
OVERLAPS = ("iou", "giou", "diou", "ciou")
FORMS = ("corners", "centres", "swapped", "area")


def valid(count: int, whole: bool = False) -> Array:
    """Boxes of which the second corner is behind the first; of few whole numbers, so that edges meet, or of any."""
    numbers = RANDOM.integers(0, 5, (2, count, 2)) if whole else RANDOM.random((2, count, 2)) * 10
    return np.concatenate([numbers.min(0), numbers.max(0)], -1).astype(float)


def every_pair(first: Array) -> tuple[Array, Array]:
    return np.repeat(first, len(first), 0), np.tile(first, (len(first), 1))


CASES = {
    "random": (valid(200), valid(200)),
    "edges that meet": every_pair(valid(25, whole=True)),
    "equal": (valid(50),) * 2,
    "zero": (np.zeros((3, 4)), np.zeros((3, 4))),
    "empty and not": (np.array([[1.0, 1, 1, 5], [2, 2, 2, 2], [0, 0, 4, 4]]), np.array([[0.0, 0, 4, 4]] * 3)),
    "the wrong way round": (RANDOM.random((50, 4)), RANDOM.random((50, 4))),
    "not a number": (np.array([[0.0, np.nan, 2, 2]]), np.array([[0.0, 0, 1, 1]])),
    "none": (np.zeros((0, 4)), np.zeros((0, 4))),
}


@pytest.mark.parametrize("side", QUICK)
@pytest.mark.parametrize("name", OVERLAPS)
def test_overlaps_equal_the_meaning(side: str, name: str) -> None:
    cases = CASES if side in EAGER else {"edges that meet": CASES["edges that meet"]}
    for case, pair in cases.items():
        for eps in (boxes.EPS, 0.0):
            meaning = getattr(boxes, name)(*pair, eps)
            theirs = run(side, getattr(twin(side, "boxes"), name), pair, eps=eps)
            assert same([meaning], theirs), (case, eps)
            assert np.isnan(meaning).all() == (case == "not a number") or not len(meaning)


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("name", FORMS)
def test_forms_equal_the_meaning(side: str, name: str) -> None:
    for first, _ in CASES.values():
        assert same([getattr(boxes, name)(first)], run(side, getattr(twin(side, "boxes"), name), [first]))


@pytest.mark.parametrize("side", ["numpy", *EAGER])
def test_leading_axes_broadcast_and_float32_stays(side: str) -> None:
    first, second = valid(6).astype("float32")[:, None], valid(4).astype("float32")[None]
    for name in OVERLAPS:
        (found,) = run(side, getattr(twin(side, "boxes"), name), [first, second])
        assert (found.shape, found.dtype.name) == ((6, 4), "float32")


@pytest.mark.parametrize("name", OVERLAPS)
@pytest.mark.parametrize("case", [case for case in CASES if case != "not a number"])
@pytest.mark.parametrize("eps", [boxes.EPS, 0.0])
def test_gradients_are_equal_and_finite_also_where_edges_meet(name: str, case: str, eps: float) -> None:
    ours, theirs = (
        gradients(side, lambda *pair, side=side: getattr(twin(side, "boxes"), name)(*pair, eps), CASES[case])
        for side in EAGER
    )
    assert all(np.isfinite(part).all() for part in ours)
    for part, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(part, other, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", OVERLAPS[:3])
def test_gradients_are_those_of_the_meaning(name: str) -> None:
    first, second = CASES["random"]
    step = 1e-6
    (found, _) = gradients("torch", getattr(twin("torch", "boxes"), name), (first, second))
    for place in range(4):
        move = np.eye(4)[place] * step
        higher, lower = (getattr(boxes, name)(first + sign * move, second) for sign in (1, -1))
        np.testing.assert_allclose(found[:, place], (higher - lower) / (2 * step), atol=1e-6)


@pytest.mark.parametrize("name", OVERLAPS[1:])
@pytest.mark.parametrize("case", ["random", "edges that meet", "equal"])
def test_torchvision_has_the_same_losses(name: str, case: str) -> None:
    import torch

    torchvision_models()
    ops: Any = importlib.import_module("torchvision.ops")
    loss = {"giou": ops.generalized_box_iou_loss, "diou": ops.distance_box_iou_loss, "ciou": ops.complete_box_iou_loss}
    first, second = CASES[case]
    if name == "ciou":  # which divides by heights
        solid = (boxes.area(first) > 0) & (boxes.area(second) > 0)
        first, second = first[solid], second[solid]
    expected = loss[name](torch.tensor(first), torch.tensor(second)).numpy()
    np.testing.assert_allclose(1 - getattr(boxes, name)(first, second), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("side", ["numpy", *EAGER])
def test_overlaps_worked_by_hand(side: str) -> None:
    """Two squares of 4 in a hull of 4 x 6, centres 2 apart; and one of 2 x 1 in a square of 2, centres 1/2 apart."""
    pair = np.array([[0.0, 0, 4, 4], [0, 0, 2, 1]]), np.array([[0.0, 2, 4, 6], [0, 0, 2, 2]])
    v = 4 / np.pi**2 * (np.arctan(1) - np.arctan(2)) ** 2
    expected = {
        "iou": [1 / 3, 1 / 2],
        "giou": [1 / 3, 1 / 2],
        "diou": [1 / 3 - 4 / 52, 1 / 2 - 1 / 32],
        "ciou": [1 / 3 - 4 / 52, 1 / 2 - 1 / 32 - v * v / (1 / 2 + v)],
    }
    module = twin(side, "boxes")
    for name in OVERLAPS:
        np.testing.assert_allclose(run(side, getattr(module, name), pair, eps=0.0)[0], expected[name], rtol=1e-14)
    (found,) = run(side, module.diou, pair, eps=0.0, power=0.6)
    np.testing.assert_allclose(found, [1 / 3 - (4 / 52) ** 0.6, 1 / 2 - (1 / 32) ** 0.6], rtol=1e-14)
    apart = np.array([[0.0, 0, 1, 1]]), np.array([[2.0, 0, 3, 1]])
    np.testing.assert_allclose(run(side, module.giou, apart, eps=0.0)[0], [-1 / 3], rtol=1e-14)
    assert run(side, module.corners, [np.array([5.0, 4, 2, 6])])[0].tolist() == [4, 1, 6, 7]
    assert run(side, module.centres, [np.array([4.0, 1, 6, 7])])[0].tolist() == [5, 4, 2, 6]
    assert run(side, module.swapped, [np.array([4.0, 1, 6, 7])])[0].tolist() == [1, 4, 7, 6]


FAULTS = {
    "a pixel more": ("length = high - low", "length = high - low + 1"),
    "corners exchanged": ("length = high - low", "length = low - high"),
    "no share of the intersection": ("+ area(second) - intersection", "+ area(second)"),
    "eps once": ("_over(hull - union, hull + eps)", "_over(hull - union, hull)"),
}


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(side: str, fault: str) -> None:
    faulty = planted(side, "boxes", *FAULTS[fault])
    pair = CASES["random"]
    agree = [same([getattr(boxes, name)(*pair)], run(side, getattr(faulty, name), pair)) for name in OVERLAPS]
    assert not all(agree)


@pytest.mark.parametrize("side", EAGER)
def test_minimum_and_maximum_of_the_framework_would_be_seen_in_the_gradients(side: str) -> None:
    library = TREES[side].removesuffix("_impl")
    right = f"    return {library}.where(first < second, first, second)"
    faulty = planted(side, "boxes", right, f"    return {library}.minimum(first, second)")
    pair = CASES["edges that meet"]
    other = EAGER[1 - EAGER.index(side)]
    ours, theirs = gradients(side, faulty.giou, pair), gradients(other, twin(other, "boxes").giou, pair)
    assert max(np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True)) > 0.01
