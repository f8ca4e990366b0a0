"""Key points: the meaning is the authors' rule, and both frameworks decode the same points as the meaning."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np
import pytest

from diptych import build, spec
from diptych.common.errors import DiptychError
from diptych.common.functions.keypoints import keypoints, peaks
from diptych.common.spec import Array

HEIGHT, WIDTH = 7, 6


def in_torch(maps: Array, size: tuple[int, int] | None = None, name: str = "keypoints") -> tuple[Array, ...]:
    import torch

    function = getattr(importlib.import_module("diptych.torch_impl.functions.keypoints"), name)
    answer = function(torch.tensor(maps), *([size] if name == "keypoints" else []))
    return tuple(np.asarray(part) for part in answer)


def in_keras(maps: Array, size: tuple[int, int] | None = None, name: str = "keypoints") -> tuple[Array, ...]:
    import tensorflow as tf

    function = getattr(importlib.import_module("diptych.tf_impl.functions.keypoints"), name)
    answer = function(tf.constant(maps.transpose(0, 2, 3, 1)), *([size] if name == "keypoints" else []))
    return tuple(np.asarray(part) for part in answer)


def one_by_one(maps: Array, size: tuple[int, int] | None) -> tuple[Array, Array]:
    """The rule as loops over plain numbers."""
    points, confidence = np.zeros((*maps.shape[:2], 2)), np.zeros(maps.shape[:2])
    height, width = maps.shape[2:]
    for n, j in np.ndindex(maps.shape[:2]):
        values = maps[n, j].tolist()
        best = max(map(max, values))
        y, x = next((y, x) for y in range(height) for x in range(width) if values[y][x] == best)
        confidence[n, j] = best
        if best <= 0:
            continue
        dx = dy = 0.0
        if 1 < x < width - 1 and 1 < y < height - 1:
            dx = 0.25 * np.sign(values[y][x + 1] - values[y][x - 1])
            dy = 0.25 * np.sign(values[y + 1][x] - values[y - 1][x])
        scale = (1, 1) if size is None else (size[1] / width, size[0] / height)
        points[n, j] = (x + dx) * scale[0], (y + dy) * scale[1]
    return points, confidence


def planted() -> Array:
    """A map for every pixel, with its peak there, on a random ground."""
    ground = np.random.default_rng(0).random((1, HEIGHT * WIDTH, HEIGHT, WIDTH))
    for number, (y, x) in enumerate(np.ndindex(HEIGHT, WIDTH)):
        ground[0, number, y, x] = 2 + number
    return ground


def tied() -> Array:
    """Maps of few different values, so that most have their largest value, and equal neighbours, several times."""
    return np.random.default_rng(1).integers(-1, 3, (4, 50, HEIGHT, WIDTH)).astype(float)


def negative() -> Array:
    return -np.random.default_rng(2).random((2, 3, HEIGHT, WIDTH))


CASES = {
    "random": np.random.default_rng(3).standard_normal((3, 17, HEIGHT, WIDTH)),
    "planted": planted(),
    "tied": tied(),
    "negative": negative(),
    "zero": np.zeros((1, 2, HEIGHT, WIDTH)),
    "one pixel": np.ones((1, 2, 1, 1)),
    "one row": np.random.default_rng(4).random((2, 2, 1, WIDTH)),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [None, (224, 333)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_all_three_are_the_rule(case: str, size: tuple[int, int] | None, dtype: str) -> None:
    maps = CASES[case].astype(dtype)
    points, confidence = keypoints(maps, size)
    expected = one_by_one(maps, size)
    assert points.dtype == confidence.dtype == maps.dtype
    assert points.shape == (*maps.shape[:2], 2)
    np.testing.assert_allclose(points, expected[0], rtol=1e-6 if size and dtype == "float32" else 0)
    assert np.array_equal(confidence, expected[1])
    for twin in (in_torch, in_keras):
        theirs = twin(maps, size)
        assert theirs[0].dtype == maps.dtype
        assert np.array_equal(points, theirs[0]), twin.__name__
        assert np.array_equal(confidence, theirs[1]), twin.__name__


@pytest.mark.parametrize("case", CASES)
def test_peaks_are_whole_pixels(case: str) -> None:
    points, confidence = peaks(CASES[case])
    assert np.array_equal(points, np.floor(points))
    for twin in (in_torch, in_keras):
        theirs = twin(CASES[case], name="peaks")
        assert np.array_equal(points, theirs[0])
        assert np.array_equal(confidence, theirs[1])


def test_a_peak_leans_to_its_larger_neighbour_inside_alone() -> None:
    points, _ = keypoints(planted())
    leant = {(x, y) for (x, y) in points[0].tolist() if x % 1 or y % 1}
    inside = [(x, y) for y in range(2, HEIGHT - 1) for x in range(2, WIDTH - 1)]
    assert {(math.floor(x + 0.5), math.floor(y + 0.5)) for x, y in leant} == set(inside)
    maps = np.zeros((1, 1, 5, 5))
    maps[0, 0, 2, 2:4] = 3, 2
    maps[0, 0, 1, 2] = 1
    assert keypoints(maps)[0].tolist() == [[[2.25, 1.75]]]
    assert keypoints(maps, (20, 10))[0].tolist() == [[[4.5, 7.0]]]


def test_a_map_without_a_positive_value_has_its_point_at_the_origin() -> None:
    points, confidence = keypoints(negative())
    assert not points.any()
    assert (confidence < 0).all()


@pytest.mark.parametrize("decode", [keypoints, in_torch, in_keras])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_maps_that_are_not_finite_are_refused(decode: Any, value: float) -> None:
    maps = tied()
    maps[1, 2, 3, 4] = value
    with pytest.raises(DiptychError, match="not finite"):
        decode(maps)


@pytest.mark.parametrize("decode", [keypoints, in_torch])
@pytest.mark.parametrize("shape", [(17, 64, 48), (1, 17, 0, 48)])
def test_maps_of_another_shape_are_refused(decode: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(DiptychError, match="heat maps are a batch"):
        decode(np.zeros(shape))


@pytest.mark.slow
def test_both_pose_models_find_the_same_points() -> None:
    import torch

    net = spec("hrnet_w32_pose_256x192", input_size=(128, 96))
    image = np.random.default_rng(5).standard_normal((2, *net.input_shape))
    with torch.no_grad():
        ours = build(net, "torch", dtype="float64")(torch.tensor(image)).numpy()
    theirs = np.asarray(build(net, "tf", dtype="float64")(image.transpose(0, 2, 3, 1), training=False))
    assert ours.shape == (2, 17, 32, 24)
    points, confidence = in_torch(ours, (128, 96))
    others = in_keras(theirs.transpose(0, 3, 1, 2), (128, 96))
    assert len(np.unique(points.reshape(-1, 2), axis=0)) > 10, "the points of one place prove little"
    assert np.array_equal(points, others[0])
    np.testing.assert_allclose(confidence, others[1], rtol=1e-10)
