"""The last check of a network: remembered for this network and this version only, read from a file, and shown."""

from __future__ import annotations

import json
import math
import os
import pwd
from pathlib import Path
from typing import Any, NoReturn

import pytest
from shown import Page, page, report, run

import diptych
from diptych.checking import last_check
from diptych.checking.last_check import recall, remember
from diptych.checking.report import Report
from diptych.common.errors import FileError
from diptych.common.registry import spec


def test_the_differences_of_a_file_stand_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps({"reports": [report("resnet18").to_dict()]}))
    assert run("show", "resnet18", "--check", tmp_path / "r.json", "--html", tmp_path / "p.html").exit_code == 0
    words = " ".join(Page((tmp_path / "p.html").read_text("utf-8")).words)
    assert "the same function" in words
    assert "1.5e-15" in words
    assert "as the file r.json has it" in words


def test_a_check_is_remembered_for_this_network_and_this_version_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    net = spec("vgg11_a_lrn")
    assert recall(net) is None
    assert "No check of this network" in page(net)
    remember(report("vgg11_a_lrn"))
    kept = recall(net)
    assert kept is not None
    assert kept.report == report("vgg11_a_lrn")
    assert kept.versions["diptych"] == diptych.__version__
    assert kept.when.endswith("+00:00")
    assert "1.5e-15" in page(net, kept)
    assert recall(spec("vgg11_a_lrn", num_classes=10)) is None
    assert recall(spec("vgg11_a")) is None
    monkeypatch.setattr(last_check, "versions_of", lambda packages: {"diptych": "9.9"})
    assert recall(net) is None


def test_the_command_check_leaves_its_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diptych, "check", lambda name, **rest: report(name))
    assert run("check", "vgg13_b").exit_code == 0
    kept = recall(spec("vgg13_b"))
    assert kept is not None
    assert kept.report.network == "vgg13_b"


def test_a_cache_that_cannot_be_used_is_no_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    remember(report("resnet18"))
    assert recall(spec("resnet18")) is None
    folder = tmp_path / "diptych" / "checks"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for text in ("", "[]", "{}", '{"report": {}, "when": "", "versions": {}, "digest": ""}', "[" * 100_000):
        (folder / "resnet18.json").write_text(text)
        assert recall(spec("resnet18")) is None


def test_a_user_without_a_home_has_no_last_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """No HOME, and a user that the system does not know, as in a container with a number for a user."""

    def unknown(number: int) -> NoReturn:
        raise KeyError(number)

    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    remember(report("resnet18"))
    assert recall(spec("resnet18")) is None


def test_a_cache_of_another_kind_is_no_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "diptych" / "checks"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "resnet18.json")
    assert recall(spec("resnet18")) is None
    (folder / "resnet34.json").symlink_to("/dev/zero")
    assert recall(spec("resnet34")) is None


GOOD: dict[str, Any] = {"reports": [report("resnet18").to_dict()]}
BROKEN: dict[str, Any] = {
    "a list": [],
    "nothing": None,
    "a report that is a text": {"reports": ["x"]},
    "another field": GOOD | {"more": 1},
    "an endless size": {"reports": [GOOD["reports"][0] | {"seconds": math.inf}]},
    "a size that is none": {"reports": [GOOD["reports"][0] | {"noise": {"torch": math.nan}}]},
    "a long name": {"reports": [GOOD["reports"][0] | {"network": "x" * 10**6}]},
    "gates without fields": {"reports": [GOOD["reports"][0] | {"gates": [{}]}]},
    "many gates": {"reports": [GOOD["reports"][0] | {"gates": GOOD["reports"][0]["gates"] * 100}]},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_holds_no_checks_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "r.json").write_text(json.dumps(BROKEN[name]))
    done = run("show", "resnet18", "--check", tmp_path / "r.json", "--html", tmp_path / "p.html")
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1), done.output
    assert "r.json holds no reports of a check" in done.stderr
    assert len(done.stderr) < 2100


@pytest.mark.parametrize("text", ["", "[" * 10**5, "9" * 10**4, '{"reports": [], "reports": []}'])
def test_a_text_that_is_no_json_of_ours_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(FileError, match="holds no reports of a check"):
        last_check.read_check(tmp_path / "r.json", spec("resnet18"))


def test_a_check_that_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(last_check.MOST + 1)
    for name in ("fifo.json", "zero.json", "large.json", "gone.json", "."):
        with pytest.raises(FileError):
            last_check.read_check(tmp_path / name, spec("resnet18"))


def test_a_check_that_failed_without_a_size_is_shown(tmp_path: Path) -> None:
    """Where shapes differ, the difference has no size; and what a file says steers no terminal."""
    gate = GOOD["reports"][0]["gates"][0] | {"measured": math.inf, "passed": False, "where": "\x1b[31mc1"}
    (tmp_path / "r.json").write_text(json.dumps({"reports": [GOOD["reports"][0] | {"gates": [gate]}]}))
    found: Report = last_check.read_check(tmp_path / "r.json", spec("resnet18")).report
    assert (found.gates[0].measured, found.gates[0].where) == (math.inf, r"\x1b[31mc1")
    done = run("show", "resnet18", "--check", tmp_path / "r.json", "--html", tmp_path / "p.html")
    assert done.exit_code == 0, done.output
