"""Anchors for a data set: worked by hand, planted ones are found, SciPy's k-means is no better, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from augmented import planted
from scipy.cluster.vq import kmeans  # type: ignore[import-untyped]

from diptych.common.detection import auto_anchor
from diptych.common.detection.auto_anchor import Mutations
from diptych.common.detection.detector import YOLOV4_TINY
from diptych.common.errors import DiptychError

PLANTED = np.array([[12.0, 30], [60, 40], [90, 200]])
FAR = np.array([[300.0, 3], [2, 2], [500, 500]])


def around(anchors: Any, each: int, spread: float = 0.05) -> Any:
    source = np.random.default_rng(2)
    return np.repeat(anchors, each, 0) * (1 + spread * source.normal(size=(len(anchors) * each, 2)))


def test_recall_and_fitness_worked_by_hand() -> None:
    """Against 20 x 20 and 100 x 50: ratios 1/2; 1/2; 1/4, which is not above 1/4; 4/5."""
    sizes, anchors = np.array([[10.0, 10], [40, 20], [5, 20], [80, 50]]), np.array([[20.0, 20], [100, 50]])
    assert auto_anchor.recall(sizes, anchors) == 3 / 4
    assert auto_anchor.fitness(sizes, anchors) == (0.5 + 0.5 + 0.8) / 4
    assert auto_anchor.recall(sizes, anchors, 5) == 1
    assert auto_anchor.fitness(sizes, anchors, 5) == pytest.approx((0.5 + 0.5 + 0.25 + 0.8) / 4)


def test_k_means_worked_by_hand() -> None:
    """Three narrow boxes and three broad ones: two starts among the narrow ones end apart by height, which is worse."""
    sizes = np.array([[x, y] for x in (1.0, 9.0) for y in (1.0, 1.1, 2.0)])
    by_width, by_height = np.array([[1, 4.1 / 3], [9, 4.1 / 3]]), np.array([[5, 1.05], [5, 2]])
    np.testing.assert_allclose(auto_anchor.k_means(sizes, np.array([[0, 3], [0, 2]])), by_width)
    np.testing.assert_allclose(auto_anchor.k_means(sizes, np.array([[0, 2]])), by_height)
    stuck = auto_anchor.k_means(np.full((3, 2), 9.0), np.array([[1, 2]]))
    assert stuck.tolist() == [[9, 9], [9, 9]], "a centre that nothing is near to stays"


def test_a_mutation_worked_by_hand() -> None:
    """The first is worse and dies; the second takes 10 to 10 x 1.05, not 20: its chance is not below 0.9."""
    sizes, anchors = np.array([[10.5, 20.0]]), np.array([[10.0, 20]])
    draws = Mutations(np.array([[[0.0, 0]], [[0.89, 0.9]]]), np.array([1.0, 0.5]), np.array([[[-1.0, 0]], [[1.0, 1]]]))
    np.testing.assert_allclose(auto_anchor.evolve(sizes, anchors, draws), [[10.5, 20]])
    far = Mutations(np.zeros((1, 1, 2)), np.ones(1), np.array([[[-90.0, 90]]]))
    np.testing.assert_allclose(auto_anchor.evolve(np.array([[3.0, 60]]), anchors, far), [[3, 60]])
    np.testing.assert_allclose(auto_anchor.evolve(np.array([[0.6, 6]]), np.array([[3.0, 2]]), far), [[2, 6]])


def test_planted_anchors_are_found_and_the_detector_has_them() -> None:
    sizes = around(PLANTED, 60)
    made = auto_anchor.fit_anchors(sizes, FAR, np.random.default_rng(0), generations=200)
    assert not made.kept
    assert made.recall == 1
    np.testing.assert_allclose(made.anchors, PLANTED, rtol=0.03)
    assert made.fitness >= auto_anchor.fitness(sizes, PLANTED)
    again = auto_anchor.fit_anchors(sizes, made.anchors[::-1], np.random.default_rng(0))
    assert again.kept
    np.testing.assert_array_equal(again.anchors, made.anchors)
    tiny = auto_anchor.with_anchors(YOLOV4_TINY, np.concatenate([made.anchors * 9, made.anchors]))
    assert [level.stride for level in tiny.levels] == [32, 16]
    np.testing.assert_allclose(tiny.levels[1].anchors, made.anchors)
    np.testing.assert_allclose(tiny.levels[0].anchors, made.anchors * 9)


def test_the_search_never_loses_and_scipy_does_no_better_at_k_means() -> None:
    source = np.random.default_rng(4)
    sizes = np.exp(source.normal(3.5, 0.8, (300, 2)))
    start = auto_anchor.k_means(sizes, auto_anchor.draw_starts(source, 300, 6))
    points = sizes / sizes.std(0)
    theirs = kmeans(points, 6, iter=30, seed=np.random.default_rng(0))[1]
    ours = np.sqrt(((points[:, None] - start / sizes.std(0)) ** 2).sum(2)).min(1).mean()
    assert ours < theirs * 1.02
    values = [auto_anchor.fitness(sizes, start)]
    draws = auto_anchor.draw_mutations(source, 6, 200)
    for count in (50, 200):
        part = Mutations(*(each[:count] for each in draws))
        values.append(auto_anchor.fitness(sizes, auto_anchor.evolve(sizes, start, part)))
    assert values == sorted(values)
    assert values[-1] > values[0]


FAULTS = {
    "not strict": ("anchors) > 1 / limit).mean()", "anchors) >= 1 / limit).mean()"),
    "the better side": (".min(2).max(1)", ".max(2).max(1)"),
    "every side mutates": ("(chance < MUTATED) * ", ""),
    "smaller than 2 pixels": ("np.maximum(anchors * factor, SMALLEST)", "anchors * factor"),
    "factors beyond 3": ("np.clip(1 + (chance < MUTATED) * amount * normal * SPREAD, *FACTORS)",
                         "1 + (chance < MUTATED) * amount * normal * SPREAD"),
    "a centre without boxes at 0": ("np.where(counts > 0, sums / np.maximum(counts, 1), centres)",
                                    "sums / np.maximum(counts, 1)"),
    "the worst restart": ("min(found, key", "max(found, key"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "auto_anchor", planted("auto_anchor", *FAULTS[fault], "common/detection"))
    by_hand = (
        test_recall_and_fitness_worked_by_hand,
        test_k_means_worked_by_hand,
        test_a_mutation_worked_by_hand,
    )
    seen = 0
    for test in by_hand:
        try:
            test()
        except AssertionError:
            seen += 1
    assert seen


BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: auto_anchor.fit_anchors(np.zeros((0, 2)), PLANTED, np.random.default_rng()), "0 boxes are too few"),
    (lambda: auto_anchor.fit_anchors(PLANTED[:2], FAR, np.random.default_rng()), "2 boxes are too few for 3"),
    (lambda: auto_anchor.fit_anchors(PLANTED * 0, PLANTED, np.random.default_rng()), "leave out boxes of no area"),
    (lambda: auto_anchor.k_means(PLANTED * np.nan, np.array([[0, 1]])), "finite widths and heights"),
    (lambda: auto_anchor.with_anchors(YOLOV4_TINY, PLANTED), "the detector has 6 anchors"),
]


@pytest.mark.parametrize(("wrong", "said"), BAD)
def test_bad_input_is_one_clear_error(wrong: Callable[[], Any], said: str) -> None:
    with pytest.raises(DiptychError) as caught:
        wrong()
    assert said in str(caught.value)
