"""The gate `training_steps` of a check, a comparison and a test of pytest."""

from __future__ import annotations

import pytest
from pairs_in_training import SHAPE, in_keras, in_torch
from torch import nn

import diptych
from diptych.checking.asked import asked_gates
from diptych.ci.states import states
from diptych.ci.verdicts import reported
from diptych.common.errors import DiptychError

ALONE = {"example": SHAPE, "weights": "transfer", "gates": ["training_steps"], "fast": True, "steps": 2}


def test_a_pair_has_it_last_and_what_differs_there_alone_fails_it() -> None:
    pair = in_torch(), in_keras()
    same = reported(pair, ALONE)
    assert [(gate.name, gate.passed) for gate in same.gates] == [("outputs", True), ("training_steps", True)]
    assert "2 of 2 steps, batches of 4" in same.cases
    differs = reported(pair, ALONE | {"optimizer": ("sgd", "adam")})
    assert differs.verdict == "different"
    assert [item.state for item in states(differs)] == ["same", "different"]
    assert differs.gate("training_steps").where.startswith("parameter of ")


def test_it_is_not_reached_where_the_outputs_differ() -> None:
    report = reported((in_torch(), nn.Sequential(in_torch(), nn.Softmax(1))), ALONE | {"weights": "as-is"})
    assert str(states(report)[-1]) == "training_steps: open, not reached, for outputs differs"


def test_two_models_that_are_held_to_a_network_are_trained_too() -> None:
    net = diptych.spec("lenet5_modern", input_size=(28, 28))
    pair = tuple(diptych.build(net, side, weights=diptych.init(net)) for side in ("torch", "tf"))
    report = diptych.check(net, pair, gates=["training_steps"], fast=True, steps=1, batches=(2,))
    assert [(gate.name, gate.passed) for gate in report.gates] == [("outputs", True), ("training_steps", True)]


def test_what_cannot_be_trained_is_no_pass() -> None:
    net = diptych.spec("lenet5_modern", num_classes=1)
    report = diptych.check(net, gates=["training_steps"], steps=1)
    assert report.verdict == "cannot tell"
    assert not report.passed
    assert "cannot tell: training_steps: cannot be trained: the network has one class" in str(report)
    (gate,) = states(report)
    assert gate.state == "cannot tell"
    assert "one class" in gate.said


def test_steps_ask_for_it_and_a_name_does() -> None:
    known = ("structure", "gradients")
    assert asked_gates(known, None, False) == known
    assert asked_gates(known, None, True, steps=5) == ("structure", "training_steps")
    assert asked_gates(known, ["training_steps"], False) == ("training_steps",)
    with pytest.raises(DiptychError, match="steps is a number from 1 on, got 0"):
        asked_gates(known, None, False, steps=0)
    with pytest.raises(DiptychError, match="there is no optimiser 'sdg'"):
        diptych.check("lenet5_modern", gates=["training_steps"], optimizer="sdg")
