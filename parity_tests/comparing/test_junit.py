"""Reports as JUnit's XML: a test per gate, and nothing that a reader of XML stumbles over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from handmade import COUNT, INFINITE, OPEN, SAME, WRONG, comparison

from diptych.checking.report import Gate, Report
from diptych.ci.baseline import Change
from diptych.ci.junit import junit
from diptych.ci.states import states

ALLOWED = {
    "testsuites": {"name"},
    "testsuite": {"name", "time", "tests", "failures", "errors", "skipped"},
    "testcase": {"classname", "name"},
    "failure": {"message"},
    "error": {"message"},
    "skipped": {"message"},
}
"""What the readers of Jenkins and GitLab both know; another attribute makes Jenkins's refuse the file."""
HOSTILE = "a<b>&\"'\x1b[31m\x00\ufffe]]>\ud800é\nsecond"


def read(found: Mapping[str, Any], changes: Any = None) -> ET.Element:
    """The XML of reports, with the form of every element held, and the counts of every suite."""
    root = ET.fromstring(junit("compare", found, changes).encode())  # noqa: S314 - what was just written
    for element in root.iter():
        assert set(element.attrib) <= ALLOWED[element.tag]
    for suite in root:
        for counted, tag in (
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ):
            assert int(suite.attrib[counted]) == len(list(suite.iter(tag)))
    return root


def ends(root: ET.Element) -> dict[str, str]:
    """How each test ended, by its name; "" for a pass."""
    return {case.attrib["name"]: case[0].tag if len(case) else "" for case in root.iter("testcase")}


def test_a_gate_is_a_test_and_the_report_the_text_of_one_that_fails() -> None:
    report = comparison(SAME, WRONG, COUNT, OPEN)
    root = read({"resnet50": report})
    assert ends(root) == {
        "resnet50-outputs": "",
        "resnet50-nodes": "failure",
        "resnet50-parameters": "",
        "resnet50-training": "skipped",
    }
    (failure,) = root.iter("failure")
    assert failure.text == str(report)
    assert "at norm, 2 compared: eps, 0.001 in PyTorch" in failure.attrib["message"]


@pytest.mark.parametrize("gates", [(SAME, OPEN), (SAME,), (OPEN,), ()])
def test_what_cannot_tell_is_an_error_in_one_test_at_least(gates: tuple[Gate, ...]) -> None:
    report = comparison(*gates, unsure=("the outputs are NaN in both",))
    found = list(ends(read({"net": report})).values())
    assert "error" in found
    assert "skipped" not in found
    assert "the outputs are NaN in both" in str(next(item for item in states(report) if item.state == "cannot tell"))


def test_a_check_that_ended_early_skips_the_rest() -> None:
    report = Report("net", (Gate("structure", True, 0.0, 0.0), Gate("transfer", False, 1.0, 0.0), Gate("x")), ("case",))
    root = read({"net": report, "other": "it cannot be read"})
    assert list(ends(root).values()) == ["", "failure", "skipped", "error"]
    (skipped,) = root.iter("skipped")
    assert skipped.attrib["message"] == "open: not reached, for transfer differs"
    (error,) = root.iter("error")
    assert error.attrib["message"] == "cannot tell: it cannot be read"


def test_what_no_xml_may_hold_is_written_out() -> None:
    gate = Gate("nodes", False, 1.0, 1e-10, HOSTILE, HOSTILE, 1)
    root = read({HOSTILE: comparison(gate), "other": HOSTILE})
    (failure,) = root.iter("failure")
    assert r"""a<b>&"'\x1b[31m\x00\ufffe]]>\ud800é\nsecond""" in failure.attrib["message"]
    assert failure.text is not None
    assert r"""a<b>&"'\x1b[31m\x00\ufffe]]>\ud800é""" in failure.text


def test_with_a_baseline_the_known_is_skipped_and_a_change_fails() -> None:
    report = comparison(SAME, WRONG, INFINITE)
    found = read(
        {"net": report}, {"net": [Change("outputs", "different in the baseline, same now"), Change("gone", "x")]}
    )
    assert ends(found) == {
        "net-outputs": "failure",
        "net-nodes": "skipped",
        "net-gradients": "skipped",
        "net-gone": "failure",
    }
    assert "different in the baseline, same now" in next(found.iter("failure")).attrib["message"]
    unsure = comparison(OPEN, unsure=("no images",))
    assert list(ends(read({"net": unsure}, {"net": []})).values()) == ["error"], "a baseline makes it no pass"
