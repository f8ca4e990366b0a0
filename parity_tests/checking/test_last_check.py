"""The last check of a network: remembered for this network and this version only, read from a file, and shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shown import Page, page, report, run

import diptych
from diptych.checking import last_check
from diptych.checking.last_check import recall, remember
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
