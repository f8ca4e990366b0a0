"""Single cases that take long beside others of the same check: `make test` leaves them to `make test-slow`, or to all.

They stand in `later.txt`, one case a line after its target. The check that a case belongs to keeps quicker ones where
it was, which test_selection.py holds. With DIPTYCH_TEST_TIMES=FILE a run notes the seconds of processor time of each
of its cases, and `PYTHONPATH=parity_tests .venv/bin/python -m later FILE` adds to the list what took long in it.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

LIST = Path(__file__).with_name("later.txt")
LIMITS = {"test": 1.0, "slow": 15.0}
"""The seconds from which a case with a quicker one beside it is left to the next target."""
NEXT = {"test": "slow", "slow": "full"}
KEPT = ("checking/test_parity.py::test_all_gates_pass", "training/test_data_parallel.py")
"""Checks whose cases are there for what they have, not for their time."""
MARKS = {"slow": pytest.mark.slow, "full": pytest.mark.full}


def entries() -> dict[str, str]:
    """The target of each listed case."""
    lines = (line.partition(" ") for line in LIST.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {case: target for target, _, case in lines}


TARGETS = entries()


def case_of(item: pytest.Item) -> str:
    """The file, function and values of a case; pytest-xdist puts the name of a group behind them."""
    group = item.get_closest_marker("xdist_group")
    return item.nodeid.removeprefix("parity_tests/").removesuffix(f"@{group.args[0]}" if group else "")


def mark(item: pytest.Item) -> str:
    """Mark a case that stands here, and return it; "" for any other."""
    case = case_of(item)
    if case not in TARGETS:
        return ""
    item.add_marker(MARKS[TARGETS[case]])
    return case


@contextmanager
def timed(item: pytest.Item, target: str) -> Iterator[None]:
    """Note the processor time of a case, with that of the processes that it started and waited for."""
    path = os.environ.get("DIPTYCH_TEST_TIMES")
    before = sum(os.times()[:4])
    yield
    if path:
        line = [target.removeprefix("test-"), case_of(item), sum(os.times()[:4]) - before]
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def long(times: Iterable[tuple[str, str, float]]) -> dict[str, str]:
    """The cases of a run, as (target, case, seconds), that go to the next target; one stays of each check."""
    checks: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    for target, case, seconds in times:
        if target in NEXT and not case.startswith(KEPT):
            checks[target, case.partition("[")[0]].append((seconds, case))
    return {
        case: NEXT[target]
        for (target, _), cases in checks.items()
        for seconds, case in sorted(cases)[1:]
        if seconds >= LIMITS[target]
    }


def main(files: list[str]) -> None:
    times = [json.loads(line) for name in files for line in Path(name).read_text("utf-8").splitlines()]
    found = entries() | long(times)
    kept = [line for line in LIST.read_text("utf-8").splitlines() if line.startswith("#")]
    LIST.write_text("\n".join([*kept, *(f"{found[case]} {case}" for case in sorted(found))]) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
