"""Baselines: what is known passes, every change is told in both directions, and no file makes a traceback."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from handmade import COUNT, INFINITE, OPEN, SAME, WRONG, comparison

from diptych.checking.report import Gate
from diptych.ci.baseline import changes, entry, written

CODE = """
import torch
from torch import nn

class Net(nn.Sequential):
    def __init__(self, slope=0.0, seed=0):
        torch.manual_seed(seed)
        head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)
        super().__init__(nn.Conv2d(3, 4, 3), nn.LeakyReLU(slope), *head)

def off():
    return Net(0.1)

def further():
    return Net(0.1, 1)

def nothing():
    model = Net()
    nn.init.constant_(model[4].weight, float("nan"))
    return model
"""
ASK = ("--example", "1x3x9x8", "--fast")


def caused(words: str) -> Gate:
    return replace(WRONG, cause=words)


MORE = replace(COUNT, passed=False, measured=1.0)


def moved(gate: Gate, by: float) -> Gate:
    return replace(gate, measured=(gate.measured or 0.0) * by)


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (SAME, SAME, ""),
        (SAME, moved(SAME, 0.0), ""),  # rounding that is gone
        (replace(SAME, measured=0.0), moved(SAME, 5.0), ""),
        (SAME, moved(SAME, 1e4), "the difference was 1.0e-15, and is 1.0e-11 now"),
        (WRONG, WRONG, ""),
        (WRONG, moved(WRONG, 50.0), ""),
        (WRONG, moved(WRONG, 0.02), ""),
        (WRONG, moved(WRONG, 200.0), "the difference was 4.9e-04, and is 9.8e-02 now"),
        (WRONG, moved(WRONG, 0.005), "the difference was 4.9e-04, and is 2.4e-06 now"),
        (WRONG, replace(WRONG, where="conv"), "the first that differs was norm, and is conv now"),
        (WRONG, caused("slope, 0.0 in A and 0.3 in B"), "the cause was slope, 0.0 in A and 0.1 in B, and is slope"),
        (WRONG, caused(""), "the cause was slope, 0.0 in A and 0.1 in B, and is not known now"),
        (caused("first in norm, by 4.9e-04"), caused("first in norm, by 5.1e-04"), ""),
        (caused("weights: other weights (weight by 0.5)"), caused("weights: other weights (weight by 0.6)"), ""),
        (WRONG, replace(WRONG, measured=float("inf")), "the difference was 4.9e-04, and is without measure now"),
        (WRONG, replace(WRONG, passed=True, measured=1e-15), "different at norm in the baseline, same now"),
        (replace(WRONG, passed=True, measured=1e-15), WRONG, "same in the baseline, different at norm now"),
        (COUNT, replace(COUNT, passed=False, measured=1.0), "same in the baseline, different now"),
        (MORE, MORE, ""),
        (MORE, moved(MORE, 2.0), "the difference was 1.0e+00, and is 2.0e+00 now"),
        (INFINITE, INFINITE, ""),
        (OPEN, OPEN, ""),
        (OPEN, replace(OPEN, passed=True), "open in the baseline, same now"),
    ],
)  # fmt: skip
def test_a_change_is_told_in_both_directions(before: Gate, now: Gate, said: str) -> None:
    found = changes(entry(comparison(SAME, before)), entry(comparison(SAME, now)))
    assert [change.said.startswith(said) for change in found] == ([True] if said else []), found


def test_other_gates_and_other_verdicts_are_changes() -> None:
    known = entry(comparison(SAME, WRONG))
    assert [str(item) for item in changes(known, entry(comparison(SAME)))] == [
        "nodes: different in the baseline, and not asked now"
    ]
    assert [str(item) for item in changes(entry(comparison(SAME)), known)] == [
        "nodes: different now, and not asked in the baseline"
    ]
    assert changes(entry(comparison(SAME)), entry(comparison(SAME, unsure=("no images",))))[0].gate == "outputs"
    assert str(changes(entry("it cannot be read"), {"verdict": "same", "gates": {}})[0]).startswith("verdict: ")


def test_the_file_is_the_same_for_the_same_report_and_has_no_time() -> None:
    report = comparison(SAME, WRONG, INFINITE, OPEN)
    text = written({"b": entry(report), "a": entry(replace(report, seconds=9.0))})
    assert text == written({"a": entry(report), "b": entry(report)})
    found = json.loads(text, parse_constant=pytest.fail)["reports"]["a"]
    assert found["gates"]["nodes"] == {
        "state": "different",
        "where": "norm",
        "cause": "slope, 0.0 in A and 0.1 in B",
        "measured": 4.9e-4,
        "tolerance": 1e-10,
    }
    assert found["gates"]["outputs"]["where"] == "", "where rounding is largest is chance"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compared(other: str, *words: str) -> Any:
    return run("compare", "mine.py:Net", f"mine.py:{other}", *ASK, "--baseline", "b.json", *words)


def test_a_known_difference_passes_and_one_that_changes_fails(here: Path) -> None:
    done = compared("off", "--update")
    assert done.exit_code == 0, done.output
    assert "mine.py:Net and mine.py:off: kept in the baseline b.json: different" in done.output
    assert compared("off", "--json", "r.json").exit_code == 0
    assert json.loads((here / "r.json").read_text())["baseline"] == {
        "file": "b.json",
        "changes": {"mine.py:Net and mine.py:off": []},
    }
    (here / "mine.py").write_text(CODE.replace("return Net(0.1)", "return Net()"))
    gone = compared("off", "--junit", "-")
    assert gone.exit_code == 1, gone.output
    assert "  nodes: different at part_1 in the baseline, same now" in gone.stderr
    assert gone.stdout.startswith("<?xml")
    (here / "mine.py").write_text(CODE.replace("return Net(0.1)", "return Net(0.1, 1)"))
    other = compared("off")
    assert other.exit_code == 1, other.output
    assert "  nodes: the first that differs was part_1, and is part_0 now" in other.output


def test_what_cannot_be_told_is_no_pass_however_well_known(here: Path) -> None:
    (here / "mine.py").write_text(
        CODE.replace("class Net(", "class Whole(").replace("Net()", "Whole()") + "\nNet = nothing\n"
    )
    assert compared("nothing", "--update").exit_code == 2
    done = compared("nothing")
    assert done.exit_code == 2, done.output
    assert "as in the baseline b.json: cannot tell" in done.output


def test_a_name_that_is_not_there_is_told_before_the_work(here: Path) -> None:
    (here / "b.json").write_text(written({"one and two": entry(comparison(SAME))}))
    done = compared("nowhere")
    assert done.exit_code == 2
    assert done.output == (
        "error: the baseline b.json has nothing of mine.py:Net and mine.py:nowhere (it has one and two); add it with "
        "--update\n"
    )
    assert compared("off", "--update").exit_code == 0
    assert list(json.loads((here / "b.json").read_text())["reports"]) == ["mine.py:Net and mine.py:off", "one and two"]


def kept(state: str, measured: str) -> str:
    """The text of a baseline of one gate."""
    gate = f'{{"state": "{state}", "where": "", "cause": "", "measured": {measured}, "tolerance": 0}}'
    return f'{{"baseline": 1, "reports": {{"a": {{"verdict": "same", "gates": {{"n": {gate}}}}}}}}}'


HOSTILE = {
    "missing": None,
    "empty": "",
    "not JSON": "{",
    "deep": "[" * 100_000,
    "list": "[]",
    "other version": '{"baseline": 2, "reports": {}}',
    "true for 1": '{"baseline": true, "reports": {}}',
    "no gates": '{"baseline": 1, "reports": {"a": {"verdict": "same"}}}',
    "a state": kept("fine", "0"),
    "NaN": kept("same", "NaN"),
    "huge": kept("same", "9" * 400),
    "twice": '{"baseline": 1, "baseline": 1, "reports": {}}',
    "a report": '{"schema": 1, "models": [], "gates": []}',
}


def test_a_whole_baseline_is_read(here: Path) -> None:
    """As the damaged ones below are, but for what is damaged in each."""
    (here / "b.json").write_text(kept("same", "1e-15"))
    assert "has nothing of mine.py:Net and mine.py:off (it has a)" in compared("off").output


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_another_file_is_one_error_and_is_never_written_over(here: Path, text: str | None) -> None:
    if text is not None:
        (here / "b.json").write_text(text)
    done = compared("off")
    assert done.exit_code == 2
    assert done.output.startswith("error: b.json is no baseline" if text is not None else "error: there is no baseline")
    assert len(done.output.splitlines()) == 1
    if text is not None:
        assert compared("off", "--update").exit_code == 2
        assert (here / "b.json").read_text() == text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--update",), "--update writes a baseline; say which with --baseline FILE"),
        (("--baseline", "-"), "a baseline is a file, not standard output"),
        (("--baseline", "r.json", "--json", "r.json", "--update"), "is to be written twice"),
        (("--baseline", "no/b.json", "--update"), "no does not exist"),
    ],
)
def test_options_that_make_no_sense_are_one_error(here: Path, words: tuple[str, ...], said: str) -> None:
    done = run("compare", "mine.py:Net", "mine.py:off", *ASK, *words)
    assert done.exit_code == 2
    assert said in done.output
