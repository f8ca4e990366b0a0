"""A node may use the weights of another: they exist once, in both frameworks, and their gradients add up."""

from __future__ import annotations

import pytest

from diptych import Net, build, check, weights
from diptych.common.errors import SpecError
from diptych.common.ops.conv import conv
from diptych.common.ops.flatten import flatten
from diptych.common.ops.linear import linear
from diptych.common.ops.relu import relu
from diptych.common.trace import Value, block, trace
from diptych.common.weights import scrambled


@block
def head(x: Value) -> Value:
    """Two convolutions with one kernel."""
    x = relu(conv(x, x.channels, 3, pad=1, name="shared"))
    return relu(conv(x, x.channels, 3, pad=1, name="again", owner="shared"))


def network(x: Value) -> Value:
    return linear(flatten(head(x, name="head")), 4, name="fc")


def test_shared_weights_exist_once_and_check() -> None:
    net = trace(network, "shared", (3, 6, 7))
    assert list(net.weights) == ["head.shared.weight", "head.shared.bias", "fc.weight", "fc.bias"]
    assert Net.from_json(net.to_json()) == net
    models = build(net, "torch", weights=scrambled(net)), build(net, "tf", weights=scrambled(net))
    assert all(list(weights(model, net)) == list(net.weights) for model in models)
    assert len(list(models[0].parameters())) == len(models[1].trainable_weights) == 4
    assert check(net, models=models).passed
    report = check(net)
    assert report.passed, str(report)
    assert not report.gate("forward_float64").detail, "every node is observed, the shared ones too"


@pytest.mark.parametrize("owner", ["absent", "other"])
def test_an_owner_that_does_not_fit_is_an_error(owner: str) -> None:
    def wrong(x: Value) -> Value:
        return conv(conv(x, 3, 1, name="other"), 3, 3, name="c", owner=owner)

    with pytest.raises(SpecError, match=r"^c: .*(there is no earlier layer|differ in op or shape)"):
        trace(wrong, "wrong", (3, 6, 7))
