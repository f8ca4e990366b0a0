"""Mutated JSON of ten networks gives a SpecError or a net that can be written and built; never another error."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from net_texts import NETS, around, data_of, outcome, places, text_of

MARKER = Path("/tmp/diptych_net_ran_code")  # noqa: S108 - it must not come to be
CODE = f"open('{MARKER}', 'w')"
ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 7, 64, 10_000, 1 << 31, 1 << 62, -(1 << 62), 0.0, 1.0, 1.5, -0.5, 1e300,
    "", "x", "é", "\ud800", "a.b", "a.10000000", "a\nb", '"""', '"', "\\", "'", "{0}", "#", "input", "self", "class",
    "block", "stack", "same", "list", "tuple", "__class__", "a" * 10_001, f'"""\n{CODE}\n"""', f"({CODE})", CODE,
    [], {}, [[]], [0], [1, 1], [-1], [0, 0], [None], ["x", None], [1, 2, 3, 4], [10**6] * 3, {"int": 3},
    {"int": 8, "poly": [[1, ["width"]]]}, {"int": 3, "poly": [[1, [CODE]]]}, {"int": 3, "poly": [[3, []]]},
    {"int": 3, "poly": [[1, ["in_channels"]]]}, {"int": 0, "poly": [[1, ["x // 0"]]]},
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """The data of a network with one to three things deleted, doubled, swapped, renamed or replaced."""
    name = draw(st.sampled_from(sorted(NETS)))
    data, found = data_of(name), places(name)
    for _ in range(draw(st.integers(1, 3))):
        place = found[draw(st.integers(0, len(found) - 1))]
        try:
            holder = around(data, place)
            value = holder[place[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier mutation took it away
        if not isinstance(holder, dict | list):  # a text stands there by now
            continue
        _mutate(draw, holder, place[-1], value)
    return data


def _mutate(draw: st.DrawFn, holder: Any, key: Any, value: Any) -> None:
    how = draw(st.sampled_from(("replace", "replace", "replace", "near", "delete", "double", "rename", "swap")))
    if how == "delete":
        del holder[key]
    elif how == "double" and isinstance(holder, list):
        holder.insert(key, value)
    elif how == "rename" and isinstance(holder, dict):
        holder[draw(st.sampled_from(("x", "", "kind", "int", "poly", "__init__")))] = holder.pop(key)
    elif how == "swap":
        other = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        holder[key], holder[other] = holder[other], value
    elif how == "near" and isinstance(value, int):
        holder[key] = value + draw(st.sampled_from((-1, 1, 2, 0.0)))
    else:
        holder[key] = draw(st.sampled_from(ODD))


@pytest.mark.parametrize("examples", [300, pytest.param(6000, marks=pytest.mark.slow)])
def test_mutated_json_is_refused_or_a_net(examples: int) -> None:
    seen = dict.fromkeys(("refused", "net"), 0)

    @settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
    )
    @given(mutated())
    def check(data: Any) -> None:
        seen[outcome(data, MARKER)] += 1

    check()
    assert seen["refused"] > examples / 2
    assert seen["net"]


@pytest.mark.parametrize("name", ["own", pytest.param("heads", marks=pytest.mark.slow)])
def test_an_odd_value_at_any_place_is_refused_or_a_net(name: str) -> None:
    for number, place in enumerate(places(name)[:: 1 if name == "heads" else 7]):
        data = data_of(name)
        around(data, place)[place[-1]] = ODD[number % len(ODD)]
        outcome(data, MARKER)


@pytest.mark.parametrize("name", NETS)
def test_the_ten_networks_themselves_are_nets(name: str) -> None:
    assert outcome(text_of(name), MARKER) == "net"


CUT = {
    "empty": "", "null": "null", "a list": "[]", "a number": "7", "deep": "[" * 200_000 + "]" * 200_000,
    "deep objects": '{"a":' * 100_000 + "1" + "}" * 100_000, "long number": "9" * 10_000, "minus": "-" + "9" * 5000,
    "NaN": '{"diptych": NaN}', "infinite": '{"diptych": 1e999}', "twice": '{"diptych": 2, "diptych": 2}',
    "version": '{"diptych": 1}', "text of a version": '{"diptych": "2\\u0000"}', "byte order mark": "\ufeff{}",
    "many keys": json.dumps({str(i): 0 for i in range(100_000)}),
}  # fmt: skip


@pytest.mark.parametrize("kind", CUT)
def test_what_is_no_net_at_all_is_refused(kind: str) -> None:
    assert outcome(CUT[kind], MARKER) == "refused"


def test_a_text_cut_anywhere_is_refused() -> None:
    text = text_of("lists")
    assert {outcome(text[:end], MARKER) for end in range(0, len(text), 97)} == {"refused"}


def test_bounds_come_before_work() -> None:
    before = sys.getrecursionlimit()
    assert outcome("x" * (40 << 20), MARKER) == "refused"
    data = data_of("lenet5_1998")
    data["nodes"] += data["nodes"][1:2] * 10_000
    assert outcome(data, MARKER) == "refused"
    assert sys.getrecursionlimit() == before
