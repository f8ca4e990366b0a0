"""Tables on terminals of any width: no name and no number is broken; columns go instead, and a line says which."""

from __future__ import annotations

import io
import os
import re
import sys

import pytest
from command_line import run

from diptych.commands import grids
from diptych.commands.cli import app


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, width: int, *words: str) -> str:
    """What a command prints on a terminal of a width."""
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys, "stdout", terminal)
    app(list(words), standalone_mode=False)
    monkeypatch.undo()
    return terminal.getvalue()


LINES = (
    "list",
    "table densenet121",
    "table lenet5_modern --compare vgg16 resnet50 mobilenet_v2.keras xception",
    "traps padding",
    "traps lenet5_modern",
)
"""Lines that print tables."""


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("width", [60, 80, 400])
def test_no_name_and_no_number_is_broken(monkeypatch: pytest.MonkeyPatch, line: str, width: int) -> None:
    piped, text = run(*line.split()).stdout, shown(monkeypatch, width, *line.split())
    assert max(map(len, text.splitlines())) < width
    assert "…" not in text
    assert set(text.replace("no room for", "").split()) - set(piped.split()) <= set(_said(text)), "words that were cut"
    if width == 400:
        assert "no room for" not in text


def _said(text: str) -> list[str]:
    """The words of the lines that say which columns have no room."""
    return re.findall(r"\S+", " ".join(re.findall(r"no room for (.*?in a\s+pipe)", text, re.DOTALL)))


def test_the_columns_that_go_are_named_and_the_others_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, 80, "list", "resnet18")
    assert text.splitlines()[0].split() == ["name", "family", "form", "of", "year", "parameters", "MACs"]
    assert "no room for aliases, title: they stand in a wider terminal, and in a pipe" in " ".join(text.split())


def test_networks_that_have_no_room_beside_each_other_stand_under_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, 60, "table", "--compare", "resnet50", "vgg16", "densenet121")
    assert [line.split() for line in text.splitlines() if "resnet50" in line or "densenet121" in line] == [
        ["resnet50", "vgg16_d"],
        ["densenet121"],
    ]


def test_words_are_folded_before_columns_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "50")
    grids.grid(("id", "text", "n"), [("a_name", "some words " * 6, "1.5"), ("b", "", "2")], 2, ("n",), "text")
    monkeypatch.undo()
    lines = terminal.getvalue().splitlines()
    assert lines[0].split() == ["id", "text", "n"]
    assert [line.split()[0] for line in lines if line[0] != " "] == ["id", "a_name", "b"]
    assert sum(line.count("some words") for line in lines) == 6


def test_a_pipe_has_every_column_whatever_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    assert run("list", "resnet18").stdout.splitlines()[0].split()[:3] == ["name", "aliases", "family"]


@pytest.mark.parametrize("command", ["", *(command.name or "list" for command in app.registered_commands)])
def test_every_help_is_whole_at_80_columns(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "COLUMNS", "80")
    done = run(*filter(None, [command]), "--help")
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert not re.search(r"…|\w\.\.\.$", done.stdout, re.MULTILINE)
