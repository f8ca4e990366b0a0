"""A comparison makes one copy of a model in float64, and no second numbers for images of other sizes."""

from __future__ import annotations

import platform
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import layers
from planting import after
from their_pairs import Plain, made, plain_keras

from diptych.checking.gates import NEARBY
from diptych.common.compare import FLOAT64_TOLERANCE
from diptych.common.comparing.given import Pass
from diptych.common.comparing.places import Places, laid
from diptych.common.memory import trim
from diptych.comparing.compare import compare
from diptych.comparing.sides import given_as, side
from diptych.comparing.trained import Trained
from diptych.tf_impl import cloned


def test_weights_that_are_read_of_a_module_are_its_own_numbers() -> None:
    module, _, (_, *shape) = made(Plain(), plain_keras())
    read = side(module, "", (shape[0], shape[1], shape[2])).read
    assert read is not None
    own = [tensor.numpy() for tensor in module.state_dict().values()]
    assert all(any(np.shares_memory(array, item) for item in own) for array in read.weights.values())


def test_a_model_that_is_lent_weights_has_its_own_again() -> None:
    _, model, _ = made(Plain(), plain_keras())
    given = given_as(model)
    copy, changed = given.wide(), model.weights[0]
    assert copy is not None
    copy.model.weights[0].assign(np.array(changed) + 1.0)
    before = [np.array(item) for item in model.weights]
    with given.lending(copy):
        assert np.array_equal(np.array(changed), before[0] + 1)
        assert np.array_equal(np.array(model.weights[1]), before[1])
    assert all(np.array_equal(np.array(item), value) for item, value in zip(model.weights, before, strict=True))


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


def test_one_pass_is_held_while_another_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    module, model, shape = made(Plain(), plain_keras())
    made_so_far, held, own = list[weakref.ref[Pass]](), list[int](), Trained.step

    def step(*args: Any) -> Pass:
        held.append(sum(item() is not None for item in made_so_far))
        done = own(*args)
        made_so_far.append(weakref.ref(done))
        return done

    monkeypatch.setattr(Trained, "step", step)
    monkeypatch.setattr("diptych.comparing.itself._gap", lambda *_: 1.0)  # so that images beside are asked
    monkeypatch.setattr("diptych.comparing.training._gap", lambda *_: 2 * FLOAT64_TOLERANCE)
    assert compare(module, model, example=shape, weights="transfer", gates=["training"]).gate("training").passed
    assert len(held) == 2 + NEARBY + 2 + 1, "of both, beside the copy's, beside both, and the one that was let go"
    assert max(held) == 1


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
