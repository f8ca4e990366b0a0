"""What is one function is called the same, in whatever style both sides are written."""

from __future__ import annotations

import keras
import pytest
import their_decoders
import their_other_pairs
from selection import some
from their_pairs import PAIRS, Plain, made, plain_keras

from diptych.comparing.compare import compare


@pytest.mark.parametrize("name", some(PAIRS, *list(PAIRS)[::2]))
def test_a_right_pair_is_the_same(name: str) -> None:
    module, model, shape = PAIRS[name]()
    report = compare(module, model, example=shape)
    assert report.verdict == "same", str(report)
    assert [gate.name for gate in report.gates if gate.passed is None] == []


def test_two_models_of_one_framework_are_the_same() -> None:
    module, model, shape = made(Plain(), plain_keras())
    again, other, _ = made(Plain(), plain_keras(inside=True))
    assert compare(module, again, example=shape).verdict == "same"
    assert compare(model, other).verdict == "same"


def test_the_other_pairs_are_among_them() -> None:
    assert their_other_pairs.a_class_of_its_own in PAIRS.values()
    assert their_decoders.a_decoder in PAIRS.values()
    assert len(PAIRS) >= 40


@pytest.mark.parametrize("name", ["outputs_in_a_dict", "by_functions"])
def test_one_side_in_float64_is_the_same(name: str) -> None:
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        module, model, shape = PAIRS[name]()
        report = compare(module, model, example=shape)
    finally:
        keras.config.set_floatx(before)
    assert report.verdict == "same", str(report)
