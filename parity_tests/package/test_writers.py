"""`make write`: it writes what differs, removes what is left over, says so, and leaves the rest alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import writers
from writers import Written, __main__, changes, checks, readme, write

from diptych import networks


def test_what_differs_is_written_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "ROOT", tmp_path)
    same, old, gone, new = (tmp_path / name for name in ("same", "old", "gone", "new"))
    for path in (same, old, gone):
        path.write_text("a\n")
    before = same.stat().st_mtime_ns
    wanted = Written({same: "a\n", old: "b\n", new: "c\n"}, (same, old, gone))
    assert changes(wanted) == {gone: "removed", old: "changed", new: "new"}
    assert list(write(wanted)) == ["removed  gone", "new      new", "changed  old"]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"same": "a\n", "old": "b\n", "new": "c\n"}
    assert same.stat().st_mtime_ns == before
    assert list(write(Written(wanted.texts, (same, old, new)))) == []


def test_an_unknown_writer_is_an_error_that_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["model"]) == 2
    assert capsys.readouterr().err.endswith(f"there are {', '.join(__main__.EVERY)}\n")


def test_every_file_of_the_folder_is_a_writer() -> None:
    folder = Path(writers.__file__).parent
    assert {path.stem for path in folder.glob("[a-z]*.py")} == {*__main__.EVERY}


@pytest.mark.parametrize("name", ["onnx_page", "checks", "readme", "detection", "locale", "zoo", "names", "traps"])
def test_what_is_committed_is_what_would_be_written(name: str) -> None:
    """Models, golden texts and signatures have tests of their own."""
    assert changes(__main__.written(name)) == {}


def test_a_new_family_has_a_row_and_one_that_is_gone_has_none() -> None:
    text = readme.PATH.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines(keepends=True) if line.startswith("| `darknet` |"))
    other = line.replace("darknet", "marknet")
    made = readme.table(text.replace(line, other))
    assert "marknet" not in made
    assert "| `darknet` | Darknet-53 (timm) | 3 | official, timm | Redmon & Farhadi 2018 |" in made
    assert len(made.splitlines()) == len(text.splitlines())
    assert readme.table(text.replace("| 8 | torchvision, keras", "| 9 | torchvision, keras")) == text


@pytest.mark.parametrize(
    ("reports", "said"),
    [({}, "holds no reports"), ({"resnet18": {"passed": False}}, "the check of resnet18 failed")],
)
def test_without_checks_that_passed_no_table_is_written(
    reports: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(checks.FOLDER, str(tmp_path))
    for name, report in reports.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(report))
    with pytest.raises(SystemExit, match=said):
        checks.written()


def test_a_row_of_the_checks_stays_until_its_network_is_measured_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = checks.standing()
    gates = [{"name": gate, "measured": 1.5e-14, "compared": 3} for gate in checks.GATES]
    (tmp_path / "resnet18.json").write_text(json.dumps({"passed": True, "gates": gates}))
    monkeypatch.setenv(checks.FOLDER, str(tmp_path))
    (text,) = map(str, checks.written().texts.values())
    after = {line.split("`")[1]: f"{line}\n" for line in text.splitlines() if line.startswith("| `")}
    assert {name for name in before if before[name] != after[name]} == {"resnet18"}
    assert after["resnet18"] == checks.row("resnet18", {"gates": gates})


def test_a_network_without_a_row_is_named_as_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = checks.standing()
    monkeypatch.setattr(checks, "standing", lambda: {name: rows[name] for name in rows if name != "resnet18"})
    (text,) = map(str, checks.written().texts.values())
    assert f"{len(rows) - 1} of {len(networks())} networks were measured and\npass; not measured yet: " in text
    missing = re.search("not measured yet: (.*)\\.\n", text)
    assert missing is not None
    assert set(re.findall(r"`(\S+)`", missing[1])) == set(networks()) - set(rows) | {"resnet18"}
