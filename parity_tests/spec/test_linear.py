"""Tracing, reading and emitting take work that grows with the nodes, not with their square: it is counted."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from diptych.common.child_names import Names
from diptych.common.ops.add import add
from diptych.common.ops.conv import conv
from diptych.common.ops.relu import relu
from diptych.common.spec import Net
from diptych.common.trace import Value, block, trace
from diptych.emission import twins

Shape = Callable[[Value, int], Value]

FEW = 8
"""Units of a network, of two nodes or more; twice and four times as many are counted beside."""
BOUND = 2.02
"""From 2 FEW to 4 FEW units it grows by twice as much as from FEW to 2 FEW, and by four times where it is a square."""


@block
def unit(x: Value, width: int) -> Value:
    """A convolution beside its input."""
    return add(x, relu(conv(x, width, 1, name="conv")))


@block
def deep(x: Value, width: int, depth: int) -> Value:
    """Units inside of each other."""
    x = unit(x, width, name="unit")
    return add(x, deep(x, width, depth - 1, name="inner")) if depth else x


def unnamed(x: Value, units: int) -> Value:
    """A chain of ops in one block, half of them without names of their own."""
    for number in range(units):
        x = relu(conv(x, 4, 1, name=f"conv{number}"))
    return x


def branches(x: Value, units: int) -> Value:
    """As many branches as there may be, joined at the end two by two."""
    left = [conv(x, 4, 1, name=f"branch{number}") for number in range(units)]
    while len(left) > 1:
        pairs = list(zip(left[::2], left[1::2], strict=False))
        left = [*(add(*pair) for pair in pairs), *left[2 * len(pairs) :]]
    return left[0]


def nested(x: Value, units: int) -> Value:
    """Blocks in blocks, three deep."""
    for number in range(units // 4):
        x = deep(x, 4, 3, name=f"deep{number}")
    return x


def steps(work: Callable[[], Any]) -> int:
    """The instructions of Python that some work takes."""
    count = 0

    def seen(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return seen

    before = sys.gettrace()
    sys.settrace(seen)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def traced(function: Shape, units: int) -> Net:
    return trace(function, "net", (4, 8, 8), units=units)


def all_of_it(function: Shape, units: int) -> None:
    """Trace a network, read it back, count its weights, and emit both of its files."""
    net = traced(function, units)
    assert Net.from_json(net.to_json()).params == net.params
    twins(net)


def growth(function: Shape, work: Callable[[Shape, int], object] = all_of_it) -> float:
    """The work that 2 FEW more units make, over that of FEW more."""
    work(function, FEW)  # what is read or made once
    one, two, four = (steps(lambda n=n: work(function, n)) for n in (FEW, 2 * FEW, 4 * FEW))  # type: ignore[misc]
    return (four - two) / (two - one)


@pytest.mark.parametrize("function", [unnamed, branches, nested])
def test_work_grows_with_the_nodes(function: Shape) -> None:
    assert growth(function) < BOUND


def test_a_search_among_all_names_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def free(names: Names, name: str) -> str:
        numbered = (name if n == 0 else f"{name}_{n}" for n in itertools.count())
        return next(each for each in numbered if each not in names)

    monkeypatch.setattr(Names, "free", free)
    assert growth(unnamed, traced) > BOUND
