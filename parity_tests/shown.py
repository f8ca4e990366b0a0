"""What the tests of `diptych show` share: a page as read, the sources of a network, the command, and a report."""

from __future__ import annotations

import dataclasses
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from diptych.checking.last_check import Recorded
from diptych.checking.report import Gate, Report
from diptych.commands.cli import app
from diptych.common.emission.source import Source
from diptych.common.registry import spec
from diptych.common.spec import Net
from diptych.emission import emitted
from diptych.page.render import study_page

VOID = {"wbr", "meta", "link", "img", "br", "hr", "input"}
OPTIONAL = {"li", "th", "td", "tr", "p", "dt", "dd", "thead", "tbody"}


class Page(HTMLParser):
    """A page as read: ids, lines of code by id, what it would load, and whether its tags fit together."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.code: dict[str, str] = {}
        self.loads: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.line = ""
        self.script: dict[str, str] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "li":
            self.line = str(values["id"])
            self.code[self.line] = ""
        loaded = values.get("src") or (values.get("href") if tag == "link" else None)
        if loaded or tag in ("iframe", "object", "embed"):
            self.loads.append(f"{tag} {loaded}")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in OPTIONAL:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")
        if tag in ("li", "ol"):
            self.line = ""

    def handle_data(self, data: str) -> None:
        if self.line:
            self.code[self.line] += data
        if self.open and self.open[-1] in ("script", "style"):
            self.script[self.open[-1]] = self.script.get(self.open[-1], "") + data
        elif data.strip():
            self.words.append(data.strip())

    def lines(self, prefix: str) -> dict[int, str]:
        return {int(key[1:]): text for key, text in self.code.items() if key[0] == prefix}


@cache
def sources(name: str) -> tuple[Source, Source]:
    return emitted(spec(name), "torch"), emitted(spec(name), "tf")


def page(net: Net, recorded: Recorded | None = None) -> str:
    return study_page(net, *sources(net.name), recorded)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def report(name: str, **changes: Any) -> Report:
    gates = (Gate("structure", True, 0.0, 0.0, compared=7), Gate("forward_float64", True, 1.5e-15, 1e-10, "fc", "", 9))
    return dataclasses.replace(Report(name, gates, ("64x48, batch 2",), {"torch": 2e-7}, 3.2), **changes)
