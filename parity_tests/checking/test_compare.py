"""The comparator, tested first: it must be able to fail."""

from __future__ import annotations

import numpy as np
import pytest

from diptych.common.compare import NothingCompared, compare, difference, same_bits

ONES = np.ones((2, 3))


def test_equal_arrays_do_not_differ() -> None:
    assert difference(ONES, ONES) == (0.0, "")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("sides", ["left", "right", "both"])
def test_values_that_are_not_finite_are_a_difference(bad: float, sides: str) -> None:
    spoiled = ONES.copy()
    spoiled[0, 1] = bad
    left = ONES if sides == "right" else spoiled
    right = ONES if sides == "left" else spoiled
    gap, why = difference(left, right)
    assert gap == np.inf
    assert "1 of 6 values" in why


def test_shapes_that_would_broadcast_are_a_difference() -> None:
    gap, why = difference(np.ones((2, 3)), np.ones((1, 3)))
    assert gap == np.inf
    assert "shape" in why


def test_empty_arrays_prove_nothing() -> None:
    with pytest.raises(NothingCompared):
        difference(np.zeros((0, 3)), np.zeros((0, 3)))


def test_no_arrays_prove_nothing() -> None:
    with pytest.raises(NothingCompared):
        compare({"a": ONES}, {"a": ONES}, [], 1e-10)
    with pytest.raises(NothingCompared):
        same_bits({}, {})


def test_the_difference_is_relative_to_the_largest_value() -> None:
    assert difference(np.array([0.0, 100.0]), np.array([1.0, 100.0]))[0] == pytest.approx(0.01)


def test_a_difference_from_zero_is_infinite_and_a_floor_makes_it_finite() -> None:
    assert difference(np.array([1e-12]), np.array([0.0]))[0] == np.inf
    assert difference(np.array([1e-12]), np.array([0.0]), floor=1.0)[0] == pytest.approx(1e-12)


def test_the_first_difference_is_named_not_only_the_largest() -> None:
    left = {"a": ONES, "b": ONES * 1.001, "c": ONES * 2}
    worst = compare(left, dict.fromkeys("abc", ONES), "abc", 1e-10)
    assert (worst.first, worst.where, worst.compared) == ("b", "b", 3)
    assert worst.measured == pytest.approx(0.001)


def test_a_name_on_one_side_only_is_a_difference() -> None:
    worst = compare({"a": ONES}, {"a": ONES, "b": ONES}, ["a", "b"], 1e-10)
    assert worst.first == "b"
    assert worst.measured == np.inf


def test_a_difference_just_beyond_the_tolerance_is_found() -> None:
    assert not compare({"a": ONES}, {"a": ONES * (1 + 0.9e-10)}, ["a"], 1e-10).first
    assert compare({"a": ONES}, {"a": ONES * (1 + 1.2e-10)}, ["a"], 1e-10).first == "a"


@pytest.mark.parametrize(
    "other",
    [
        {"a": ONES, "b": np.nextafter(ONES, 2)},
        {"a": ONES},
        {"a": ONES, "b": ONES.astype(np.float32)},
        {"a": ONES, "b": ONES.T},
        {"a": ONES, "b": ONES, "c": ONES},
    ],
    ids=["one bit", "missing", "dtype", "shape", "extra"],
)
def test_bits_are_compared_with_dtype_shape_and_names(other: dict[str, np.ndarray]) -> None:
    assert same_bits({"a": ONES, "b": ONES}, {"a": ONES, "b": ONES}).first == ""
    assert same_bits({"a": ONES, "b": ONES}, other).first in ("b", "c")


def test_minus_zero_is_not_zero_in_bits() -> None:
    assert same_bits({"a": np.array([0.0])}, {"a": np.array([-0.0])}).first == "a"
