"""A comparison makes one copy of a model in float64, and no second numbers for images of other sizes."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import layers
from planting import after
from their_pairs import Plain, made, plain_keras

from diptych.common.comparing.places import Places, laid
from diptych.common.memory import trim
from diptych.comparing.compare import compare
from diptych.comparing.sides import given_as
from diptych.tf_impl import cloned


@pytest.mark.parametrize("weights", ["as-is", "transfer"])
def test_a_keras_model_is_copied_once(weights: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module, model, shape = made(Plain(), plain_keras())
    told, own = list[str](), cloned.remade

    def remade(given: Any, dtype: str) -> Any:
        told.append(dtype)
        return own(given, dtype)

    monkeypatch.setattr("diptych.tf_impl.given.remade", remade)
    assert compare(module, model, example=shape, weights=weights, gates=["parameters"]).gate("parameters").passed
    assert told == ["float64"]


def test_a_copy_for_another_size_has_the_same_variables() -> None:
    _, model, (_, _, height, width) = made(Plain(), plain_keras())
    wide = given_as(after(model, "gap", layers.GaussianNoise(0.1))).wide()
    assert wide is not None
    copy = wide.at(height + 3, width + 2)
    assert copy is not None
    assert copy.model is not wide.model
    for variable in wide.model.weights:
        variable.assign(np.array(variable) + 1)
    for mine, theirs in zip(wide.model.weights, copy.model.weights, strict=True):
        assert np.array_equal(np.array(mine), np.array(theirs)), mine.path


def test_weights_in_several_arrays_are_laid_together() -> None:
    random = np.random.default_rng(0)
    own = {name: random.random(shape, np.float32) for name, shape in
           {"a": (2, 3), "b": (4,), "c": (2, 2), "count": (), "d": (5,)}.items()}  # fmt: skip
    before = np.concatenate([array.ravel() for array in own.values()]).astype(np.float64)
    turned, across, scattered = np.arange(6).reshape(3, 2)[::-1], np.arange(8, 13), np.array([19, 15, 18])
    weights = {"turned": turned + 100.0, "scattered": scattered + 100.0, "across": across + 100.0}
    places = {"turned": Places.of(turned), "scattered": Places.of(scattered), "across": Places.of(across)}
    found = dict(laid(places, own, weights))
    wanted = before.copy()
    for place in (turned, across, scattered):
        wanted[place] = place + 100.0
    assert {name: array.shape for name, array in found.items()} == {name: array.shape for name, array in own.items()}
    assert np.array_equal(np.concatenate([array.ravel() for array in found.values()]), wanted)
    assert np.array_equal(np.concatenate([array.ravel() for array in own.values()]), before), "nothing of the model"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc_trim is glibc's")
def test_holes_in_the_heap_are_given_back() -> None:
    large = np.ones(30 << 17)
    del large  # from here on glibc takes arrays of up to 30 MB from the heap
    arrays = [np.ones(1 << 18) for _ in range(100)]
    kept = arrays[9::10]
    del arrays
    before = _resident()
    trim()
    assert before - _resident() > 90 << 10, "of 180 MB that lie between arrays that are kept"
    assert all(array.all() for array in kept)


def _resident() -> int:
    """KB of this process that are in memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
