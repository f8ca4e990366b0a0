"""Blocks that have no meaning, or that no framework could say: each is an error on its own line, with the path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from test_blocks import head, pyramid, traced

from diptych.common.errors import SpecError
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.parameter import parameter
from diptych.common.ops.relu import relu
from diptych.common.trace import Result, Value, block, per_call, sequence, shared, stack


def shared_with(*others: Callable[[Value], Value]) -> Callable[[Value], Result]:
    """A network that calls one head on its input, and then on what these make of it."""

    def network(x: Value) -> Result:
        apply = shared(head, name="head")
        return [apply(x, 4), *(apply(other(x), 4) for other in others)]

    return network


def twice(x: Value) -> Result:
    y = conv(x, 2, 1, name="y")
    return [y, y]


def repeated_name(x: Value) -> Result:
    return [("p3", conv(x, 2, 1)), ("p3", conv(x, 2, 1))]


@block
def nothing(x: Value) -> None:
    """A block that forgets to return."""
    relu(x)


@block
def mapping(x: Value) -> Any:
    """A block that answers with a dict."""
    return {"x": relu(x)}


@sequence
def chained(x: Value, y: Value) -> Value:
    """A chain over two values."""
    return relu(x)


@block
def reads_outside(x: Value, grab: list[Callable[[], Value]]) -> Value:
    """A block that reads what did not come in."""
    return x + grab[0]()


@block
def mixed(xs: list[Any]) -> Value:
    """A block given a list of values and other things."""
    return relu(xs[0])


def outside(x: Value) -> Value:
    y = conv(x, 4, 1, name="y")
    return reads_outside(x, [lambda: y])


def other_width(x: Value) -> Result:
    apply = shared(head, name="head")
    return [apply(x, 4), apply(x, 5)]


def elsewhere(x: Value) -> Value:
    apply = shared(head, name="head")

    @block
    def inner(x: Value) -> Value:
        return apply(x, 4)

    return inner(apply(x, 4))


def in_a_chain(x: Value) -> Value:
    apply = shared(head, name="head")
    with stack("layers"):
        return apply(x, 4)


@block
def chain_head(x: Value) -> Value:
    """Parts for each call inside a chain, which cannot hand the number on."""
    with stack("layers"), per_call():
        return batch_norm(x)


@block
def nested_head(x: Value) -> Value:
    """The same one level further down."""
    with stack("layers"):
        return head(x, 4)


def shared_in_two(part: Callable[[Value], Value]) -> Callable[[Value], Result]:
    def network(x: Value) -> Result:
        apply = shared(part)
        return [apply(x), apply(x)]

    return network


def dead(x: Value) -> Value:
    conv(x, 4, 1, name="dead")
    return conv(x, 4, 1, name="live")


def dead_call(x: Value) -> Value:
    """A call that nothing reads: in PyTorch alone it would change the running statistics of the part of its own."""
    apply = shared(head, name="head")
    first = apply(x, 4)
    apply(x, 4)
    return first


@block
def starred(*xs: Value) -> Value:
    """A block of any number of values."""
    return relu(xs[0])


@block
def trained(x: Value, training: Value) -> Value:
    """A value with the name of what Keras tells its layers."""
    return x + training


@block
def tied_per_call(x: Value) -> Value:
    """A tie that is made for each call."""
    with per_call():
        return conv(x, 4, 1, name="c", owner="t")


@block
def own_per_call(x: Value) -> Value:
    """A convolution for each call."""
    with per_call():
        return conv(x, 4, 1, name="c")


def ties_each_call(x: Value) -> Value:
    apply = shared(tied_per_call, name="f")
    return apply(apply(conv(x, 4, 1, name="t")))


def tied_to_a_call(x: Value) -> Value:
    apply = shared(own_per_call, name="f")
    return conv(apply(apply(x)), 4, 1, name="t", owner="f.c.1")


def tied_in_a_chain(x: Value) -> Value:
    with stack("s"):
        return conv(conv(x, 4, 1), 4, 1, owner="s.0")


REFUSED: dict[str, tuple[Callable[[Value], Any], str]] = {
    "no layer at all": (lambda x: x, "^the network net has no layer; it returns its image"),
    "a list for a value": (lambda x: relu([x, x]), r"^relu \(relu\): expected a value, got a list of 2"),  # type: ignore[arg-type]
    "something else for a value": (lambda x: relu(3), r"^relu \(relu\): expected a value of the trace, got a int"),  # type: ignore[arg-type]
    "a block returns nothing": (nothing, "^nothing: the block nothing returns nothing"),
    "a block returns a dict": (mapping, "^mapping: the block mapping returns a dict; expected a value, or a list"),
    "a network returns nothing": (lambda x: None, "^the network net returns nothing"),
    "an empty list goes out": (lambda x: [], "^the network net returns an empty list"),
    "a list in a list goes out": (lambda x: [[relu(x)]], "^the network net returns a list of list"),
    "two outputs of one name": (repeated_name, "^the network net: two outputs are named 'p3'"),
    "an output that is no word": (lambda x: {"a b": relu(x)}, "^the network net: an output is named 'a b'"),
    "an output named as another layer": (
        lambda x: {"r": relu(x, name="s"), "s": relu(x, name="r")},
        "^the network net: its output 'r' has the name of another layer",
    ),
    "one value twice": (twice, "^the network net returns one value twice"),
    "only some outputs named": (lambda x: [("a", relu(x)), relu(x)], "^the network net returns outputs of which some"),
    "a chain over two": (
        lambda x: chained(x, relu(x)),
        r"^chained: a sequence is a chain and takes one value, not x, y",
    ),
    "a value from outside": (outside, "^reads_outside.add: it reads the value of y, which is outside reads_outside"),
    "values and numbers in one list": (lambda x: mixed([x, 3]), "^mixed: xs mixes values with other things"),
    "no value at all": (lambda x: pyramid([], 3), "^pyramid: a block takes at least one value"),
    "a shared head on other channels": (
        shared_with(lambda x: conv(x, 7, 1, name="wide")),
        "^head_1: it is a call of head, which is shared, but its inputs have 7 channels where the first call had 4",
    ),
    "a shared head with other arguments": (other_width, "^head_1: .* its width is 5 where the first call had 4"),
    "a shared head in another block": (elsewhere, "^inner: the shared block head was called in another block"),
    "a shared head in a chain": (in_a_chain, "^layers: the shared block head cannot be part of a chain"),
    "parts for each call in a chain": (shared_in_two(chain_head), "^chain_head.layers: a part for each call"),
    "parts for each call below a chain": (
        shared_in_two(nested_head),
        r"^nested_head.layers.0: it has parts for each call",
    ),
    "weights that nothing reads": (dead, r"^dead \(conv\): no output of net depends on it"),
    "a call that nothing reads": (dead_call, r"^head.bn.1 \(batch_norm\): no output of net depends on it"),
    "an output that is the same for every image": (
        lambda x: {"g": parameter((4, 1, 1), name="g"), "y": relu(x)},
        "^the network net: its output 'g' does not depend on the image",
    ),
    "any number of values": (lambda x: starred(x, x), r"^starred: a block has a name for each parameter, and no \*xs"),
    "a value called training": (lambda x: trained(x, x), "^trained: a value cannot be called training"),
    "an argument too many": (lambda x: head(x, 4, 5), "^head: the block head is called wrongly: too many"),
    "a tie for each call": (ties_each_call, "^f.c.0: a layer made for each call cannot have the weights of 't'"),
    "a tie to a part of one call": (tied_to_a_call, "^t: it cannot use the weights of 'f.c.1', which is made for each"),
    "a tie in a chain": (tied_in_a_chain, "^s.1: a layer of a chain cannot have the weights of 's.0'"),
    "sharing what is no block": (lambda x: shared(relu)(x), "^shared takes a function made with @block or @sequence"),
    "a name with a slash": (lambda x: relu(x, name="a/b"), "^the network: 'a/b' names no child"),
    "an owner without weights": (lambda x: conv(relu(x, name="r"), 4, 1, owner="r"), "there is no earlier layer 'r'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_meaning_is_an_error_on_its_own_line(case: str) -> None:
    function, message = REFUSED[case]
    with pytest.raises(SpecError, match=message):
        traced(function)


@pytest.mark.parametrize("evaluated", [0, 3, ("b",), ()])
def test_evaluated_outputs_that_are_not_there_are_refused(evaluated: Any) -> None:
    with pytest.raises(SpecError, match=r"^the network net: "):
        traced(lambda x: {"a": relu(x), "c": relu(x)}, evaluated=evaluated)
