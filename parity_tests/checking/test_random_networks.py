"""Random small networks of every new part of the spec: built in both frameworks, emitted in both, and all the same."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from random_networks import Choices, choices, random_net

import diptych
from diptych import Net
from diptych.emission import twins

FEW = settings(
    max_examples=3, deadline=None, derandomize=True, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)
)
MANY = settings(FEW, max_examples=30)


def hold(made: Choices) -> None:
    net = random_net(made)
    assert Net.from_json(net.to_json()) == net
    ours, theirs = twins(net)
    assert len(ours.text.splitlines()) == len(theirs.text.splitlines())
    assert ours.instances == theirs.instances
    report = diptych.check(net, batches=(2,))
    assert report.passed, f"{made}\n{report}"


@given(choices())
@FEW
def test_random_networks_are_the_same_function_in_both_frameworks(made: Choices) -> None:
    hold(made)


@pytest.mark.slow
@given(choices())
@MANY
def test_many_random_networks_are_the_same_function_in_both_frameworks(made: Choices) -> None:
    hold(made)
