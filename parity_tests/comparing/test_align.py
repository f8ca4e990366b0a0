"""Two Nets held to each other: the order of steps, which belong together, where they part, and why."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diptych import DiptychError
from diptych.common.comparing.align import aligned
from diptych.common.comparing.causes import causes
from diptych.common.comparing.flow import flow
from diptych.common.comparing.parting import Parting, Partings
from diptych.common.comparing.rounding import rounding
from diptych.common.ops.add import add
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.concat import concat
from diptych.common.ops.conv import conv
from diptych.common.ops.dropout import dropout
from diptych.common.ops.global_avg_pool import global_avg_pool
from diptych.common.ops.leaky_relu import leaky_relu
from diptych.common.ops.linear import linear
from diptych.common.ops.max_pool import max_pool
from diptych.common.ops.pad import pad
from diptych.common.ops.relu import relu
from diptych.common.ops.relu6 import relu6
from diptych.common.ops.rescale import rescale
from diptych.common.spec import Net
from diptych.common.trace import trace
from diptych.common.weights import scrambled

Made = Callable[[Any], Any]


def net(make: Made) -> Net:
    return trace(make, "net", (3, 8, 6))


def chain(eps: float = 1e-5, act: Made = relu, more: Made = lambda x: x, rate: float = 0.2) -> Net:
    """A convolution, a normalisation, an activation and a head."""

    def make(x: Any) -> Any:
        x = more(act(batch_norm(conv(x, 4, 3, pad=1, name="conv"), eps=eps, name="bn")))
        return linear(dropout(global_avg_pool(x, name="gap"), rate, name="drop"), 3, name="fc")

    return net(make)


def first(one: Net, other: Net, **change: Any) -> tuple[Parting, Partings]:
    """The first parting with the same weights, but for those of the second that are changed."""
    weights = scrambled(one), {**scrambled(one), **change}
    found = Partings(aligned(one, other), weights)
    return next(found.find(30 * np.random.default_rng(0).standard_normal((2, 3, 8, 6)))), found


def why(one: Net, other: Net, **change: Any) -> list[str]:
    return [str(cause) for cause in causes(*first(one, other, **change))]


def test_a_flow_leaves_out_what_does_nothing() -> None:
    assert [step.node.kind for step in flow(chain()).steps] == [
        "input", "conv", "batch_norm", "relu", "global_avg_pool", "linear",
    ]  # fmt: skip


def test_a_flow_does_not_depend_on_the_order_of_branches() -> None:
    def make(swapped: bool) -> Made:
        def build(x: Any) -> Any:
            if swapped:
                short, long = conv(x, 4, 1), relu(conv(x, 4, 3, pad=1))
            else:
                long, short = relu(conv(x, 4, 3, pad=1)), conv(x, 4, 1)
            return add(short, long)

        return build

    found = [[step.node.kind for step in flow(net(make(swapped))).steps] for swapped in (False, True)]
    assert found[0] == found[1] == ["input", "conv", "relu", "conv", "add"]


def test_steps_go_together_by_what_they_are() -> None:
    one, other = chain(), chain(more=lambda x: max_pool(relu(x), 2, 2, name="pool"))
    steps = [(a, b) for a, b in aligned(one, other).pairs]
    paths = [aligned(one, other).other.steps[b].path for a, b in steps if a is None and b is not None]
    assert "pool" in paths
    assert len(paths) == 2


def test_names_decide_where_they_are_given() -> None:
    twice = net(lambda x: conv(conv(x, 3, 3, pad=1, name="a"), 3, 3, pad=1, name="b"))
    other = net(lambda x: conv(conv(conv(x, 3, 3, pad=1, name="x"), 3, 3, pad=1, name="y"), 3, 3, pad=1, name="z"))
    found = aligned(twice, other, {"a": "y", "b": "z"})
    assert {found.one.steps[a].path: found.other.steps[b].path for a, b in found.partners.items()}["a"] == "y"
    with pytest.raises(DiptychError, match="no layer 'q'"):
        aligned(twice, other, {"q": "x"})


def test_weights_decide_where_a_choice_is_left() -> None:
    one = net(lambda x: concat([conv(x, 4, 1, name="a"), conv(x, 4, 1, name="b")]))
    other = net(lambda x: concat([conv(x, 4, 1, name="c"), conv(x, 4, 1, name="d"), conv(x, 4, 1, name="e")]))
    mine, theirs = scrambled(one, 0), scrambled(other, 1)
    theirs |= {"d.weight": mine["a.weight"], "d.bias": mine["a.bias"]}
    theirs |= {"e.weight": mine["b.weight"], "e.bias": mine["b.bias"]}
    found = aligned(one, other, weights=(mine, theirs))
    pairs = {found.one.steps[a].path: found.other.steps[b].path for a, b in found.partners.items()}
    assert (pairs["a"], pairs["b"]) == ("d", "e")


def test_nets_that_are_one_do_not_part() -> None:
    def padded(x: Any) -> Any:
        x = batch_norm(conv(pad(x, 1), 4, 3, name="conv"), name="bn")
        return linear(global_avg_pool(relu(relu(x)), name="gap"), 3, name="fc")

    one, other = chain(), net(padded)
    weights = scrambled(one)
    found = Partings(aligned(one, other), (weights, weights))
    assert list(found.find(np.random.default_rng(0).standard_normal((2, 3, 8, 6)))) == []
    assert found.seen == ["conv", "bn", "relu", "gap", "fc"]


@pytest.mark.parametrize(
    ("other", "path", "words"),
    [
        (chain(eps=1e-3), "bn", "eps: 1e-05 against 0.001"),
        (chain(act=relu6), "relu", "another function: relu against relu6"),
        (chain(act=lambda x: x), "gap", "missing: relu (relu) against nothing"),
        (chain(more=lambda x: rescale(x, 2.0)), "gap", "additional: nothing against rescale(factor=2.0) (rescale)"),
    ],
)
def test_a_parting_has_its_place_and_cause(other: Net, path: str, words: str) -> None:
    part, found = first(chain(), other)
    assert found.one.steps[part.one].path == path
    assert words in [str(cause) for cause in causes(part, found)]


def test_weights_that_were_changed_are_told() -> None:
    one, weights = chain(), scrambled(chain())
    turned = {"conv.weight": weights["conv.weight"].transpose(0, 1, 3, 2)}
    assert "height and width exchanged" in why(one, one, **turned)[0]
    assert "input channels reversed" in why(one, one, **{"conv.weight": weights["conv.weight"][:, ::-1]})[0]
    exchanged = {"bn.running_mean": weights["bn.running_var"], "bn.running_var": weights["bn.running_mean"]}
    assert "mean and variance exchanged" in why(one, one, **exchanged)[0]
    assert "multiplied by a number" in why(one, one, **{"fc.weight": 3 * weights["fc.weight"]})[0]
    one_number = weights["conv.weight"] * np.where(np.arange(108).reshape(4, 3, 3, 3) == 5, 1.01, 1)
    assert "1 of 108 numbers" in why(one, one, **{"conv.weight": one_number})[0]


def test_a_fault_does_not_hide_the_next() -> None:
    one, other = chain(), chain(eps=1e-3)
    weights = scrambled(one)
    found = Partings(aligned(one, other), (weights, {**weights, "fc.bias": weights["fc.bias"] + 1}))
    parts = list(found.find(np.random.default_rng(0).standard_normal((2, 3, 8, 6))))
    assert [found.one.steps[part.one].path for part in parts] == ["bn", "fc"]


def test_constants_of_float32_are_the_same_constants() -> None:
    slopes = 0.2, float(np.float32(0.2)), 0.2001
    one, rounded, other = (chain(act=functools.partial(leaky_relu, slope=slope)) for slope in slopes)
    assert rounding(aligned(one, rounded)) > 0
    assert rounding(aligned(one, one)) == rounding(aligned(one, other)) == 0
    weights = scrambled(one)
    found = Partings(aligned(one, rounded), (weights, weights), rounding=rounding(aligned(one, rounded)))
    assert list(found.find(np.random.default_rng(0).standard_normal((2, 3, 8, 6)))) == []
