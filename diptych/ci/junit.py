"""Reports as the XML of JUnit, which GitLab, Jenkins and GitHub's actions read: a test for each gate.

A gate that differs is a failure, one that cannot tell an error, one that is open is skipped. With a baseline a known
difference is skipped, too, and whatever is not as in the baseline is a failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from ..checking.report import Report
from ..common.text import printable
from .baseline import Change
from .states import Judged, states

Found = Mapping[str, Report | str]
"""Reports by the names of what was compared, or why there is none."""
TAGS = {"different": "failure", "cannot tell": "error", "open": "skipped"}
LONGEST = 4000


@dataclass(frozen=True)
class Case:
    """A test: its name, the element that says how it ended ("" for a pass), in a line, and in full."""

    name: str
    tag: str = ""
    said: str = ""
    text: str = ""


def junit(command: str, found: Found, changes: Mapping[str, Sequence[Change]] | None = None) -> str:
    """The XML of what a command found; `changes` are what is not as in the baseline, where there is one."""
    root = ET.Element("testsuites", name=f"diptych {command}")
    for name, report in found.items():
        known = None if changes is None else changes.get(name, ())
        _suite(root, f"diptych.{command}", name, report, list(_cases(name, report, known)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, home: str, name: str, report: Report | str, cases: Sequence[Case]) -> None:
    counts = {f"{kind}s": sum(case.tag == kind for case in cases) for kind in ("failure", "error")}
    counts |= {"tests": len(cases), "skipped": sum(case.tag == "skipped" for case in cases)}
    seconds = f"{report.seconds:.3f}" if isinstance(report, Report) else "0.000"
    suite = ET.SubElement(root, "testsuite", name=printable(name), time=seconds)
    suite.attrib |= {key: str(number) for key, number in counts.items()}
    for case in cases:
        test = ET.SubElement(suite, "testcase", classname=home, name=printable(f"{name}-{case.name}"))
        if case.tag:
            end = ET.SubElement(test, case.tag, message=printable(case.said))
            end.text = "\n".join(printable(line, LONGEST) for line in case.text.splitlines()) or None


def _cases(name: str, report: Report | str, known: Sequence[Change] | None) -> Iterator[Case]:
    if isinstance(report, str):
        yield Case("gates", "error", f"cannot tell: {report}")
        return
    changed = {change.gate: change.said for change in known or ()}
    judged = states(report)
    for item in judged:
        yield _case(item, str(report), changed.pop(item.gate, None), known is not None)
    for gate, said in changed.items():
        yield Case(gate, "failure", f"not as in the baseline: {said}", str(report))


def _case(item: Judged, text: str, changed: str | None, held: bool) -> Case:
    """A gate as a test; `changed` says how it is not as in the baseline, to which it is `held`."""
    if changed is not None and item.state != "cannot tell":
        return Case(item.gate, "failure", f"not as in the baseline: {changed}", text)
    if held and item.state == "different":
        return Case(item.gate, "skipped", f"a known difference, as in the baseline: {item.said}")
    if item.state == "same":
        return Case(item.gate)
    return Case(item.gate, TAGS[item.state], f"{item.state}: {item.said}", "" if item.state == "open" else text)
