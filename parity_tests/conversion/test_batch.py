"""Many conversions at once: each by itself, resumed where a run broke off, and errors that stop no other."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from refusal import refused
from stored import tensors
from typer.testing import CliRunner, Result

from diptych.commands.cli import app
from diptych.common.errors import FileError
from diptych.common.registry import spec
from diptych.common.spec import Net
from diptych.common.weights import scrambled
from diptych.conversion.batch import MANIFEST, convert_all, files, several
from diptych.conversion.convert import convert
from diptych.conversion.report import digest
from diptych.files import write

MODERN, OLD = spec("lenet5_modern"), spec("lenet5_1998")
QUICK = ("--no-check", "--suffix", ".safetensors")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def made(path: Path, net: Net = MODERN) -> Path:
    write(path, net, scrambled(net), {})
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files of weights, and one that is none."""
    place = tmp_path / "in"
    place.mkdir()
    made(place / "a.pth")
    made(place / "b.npz")
    made(place / "c.weights.h5", spec("lenet5_modern", num_classes=7))
    (place / "notes.txt").write_text("none of them")
    return place


def times(place: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in place.iterdir() if path.name != MANIFEST}


def entries(place: Path) -> dict[str, dict[str, Any]]:
    data = json.loads((place / MANIFEST).read_text("utf-8"))
    return {Path(item["destination"]).name: item for item in data["conversions"]}


def test_a_folder_becomes_a_folder_of_proven_results(folder: Path) -> None:
    out = folder.with_name("out")
    done = run("convert", folder, out, "--suffix", "safetensors")
    assert done.exit_code == 0, done.output
    names = ["a.safetensors", "b.safetensors", "c.safetensors"]
    assert sorted(times(out)) == sorted(names + [f"{name}.report.json" for name in names])
    found = entries(out)
    assert list(found) == names
    for name, item in found.items():
        assert item["network"] == "lenet5_modern"
        assert item["matched"] == len(MODERN.weights)
        assert item["difference"] < 1e-10
        assert (item["sha256"], item["error"], item["skipped"]) == (digest(Path(item["source"])), "", False)
        options = json.loads((out / f"{name}.report.json").read_text("utf-8"))["result"]["options"]
        assert options == ({"num_classes": 7} if name == "c.safetensors" else {})
    lines = done.stdout.splitlines()
    assert lines[-1] == "3 converted, 0 kept from an earlier run, 0 with errors"
    assert len(lines) == 5
    assert len(tensors(out / "a.safetensors").arrays) == len(MODERN.weights)


def test_what_was_done_is_not_done_again(folder: Path) -> None:
    out = folder.with_name("out")
    run("convert", folder, out, *QUICK)
    before, said = times(out), (out / MANIFEST).read_bytes()
    again = run("convert", folder, out, *QUICK)
    assert again.exit_code == 0
    assert again.stdout.endswith("0 converted, 3 kept from an earlier run, 0 with errors\n")
    assert times(out) == before
    assert (out / MANIFEST).read_bytes() == said


@pytest.mark.parametrize("change", ["source", "result", "settings", "new"])
def test_only_what_changed_is_done_again(folder: Path, change: str) -> None:
    out = folder.with_name("out")
    run("convert", folder, out, *QUICK)
    before = times(out)
    if change == "source":
        made(folder / "a.pth", spec("lenet5_modern", num_classes=3))
    elif change == "result":
        (out / "a.safetensors").unlink()  # its report stays
    elif change == "new":
        made(folder / "d.pth")
    more = ("--network", "lenet5_modern") if change == "settings" else ()
    done = run("convert", folder, out, *QUICK, *more)
    assert done.exit_code == 0, done.output
    changed = {name for name, time in times(out).items() if before.get(name) != time and name.endswith("safetensors")}
    each = {"source": {"a"}, "result": {"a"}, "settings": {"a", "b", "c"}, "new": {"d"}}
    assert changed == {f"{name}.safetensors" for name in each[change]}
    assert f"{len(changed)} converted, {len(times(out)) // 2 - len(changed)} kept" in done.stdout


def test_a_pattern_takes_what_fits_it(folder: Path) -> None:
    out = folder.with_name("out")
    done = run("convert", folder / "[ab].*", out, *QUICK)
    assert done.exit_code == 0, done.output
    assert list(entries(out)) == ["a.safetensors", "b.safetensors"]
    rest = run("convert", folder, out, *QUICK)
    assert "1 converted, 2 kept" in rest.stdout
    assert len(entries(out)) == 3


def test_a_bad_file_stops_no_other(folder: Path) -> None:
    out = folder.with_name("out")
    (folder / "a.pth").write_bytes(b"\x80 no file of weights")
    (folder / "b0.npz").touch()
    done = run("convert", folder, out, *QUICK)
    assert done.exit_code == 2
    assert "2 converted, 0 kept from an earlier run, 2 with errors" in done.stdout
    errors = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert [name for line in errors for name in ("a.pth", "b0.npz") if name in line] == ["a.pth", "b0.npz"]
    assert "Traceback" not in done.output
    assert sorted(path.name for path in out.glob("*.safetensors")) == ["b.safetensors", "c.safetensors"]
    before = times(out)
    made(folder / "a.pth")
    again = run("convert", folder, out, *QUICK)
    assert again.exit_code == 2
    assert "1 converted, 2 kept from an earlier run, 1 with errors" in again.stdout
    assert before.items() <= times(out).items()
    assert {name for name, item in entries(out).items() if item["error"]} == {"b0.safetensors"}


def test_a_run_that_broke_off_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of three conversions ends the process; the first is in the manifest by then."""
    from diptych.conversion import batch

    out, real = folder.with_name("out"), convert

    def broken(source: Path, *rest: Any, **more: Any) -> Any:
        if source.name == "b.npz":
            raise KeyboardInterrupt
        return real(source, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(batch, "convert", broken)
        assert run("convert", folder, out, *QUICK).exit_code != 0
    assert list(entries(out)) == ["a.safetensors"]
    before = times(out)
    assert "2 converted, 1 kept" in run("convert", folder, out, *QUICK).stdout
    assert before.items() <= times(out).items()


def test_a_file_that_no_batch_wrote_is_kept(folder: Path) -> None:
    out = folder.with_name("out")
    out.mkdir()
    made(out / "a.safetensors", OLD)
    before = times(out)
    done = run("convert", folder, out, *QUICK)
    assert done.exit_code == 2
    assert "a.safetensors exists already; write over it with --force" in done.stdout
    assert before.items() <= times(out).items()
    again = run("convert", folder, out, *QUICK)
    assert again.exit_code == 2
    assert before.items() <= times(out).items()
    assert run("convert", folder, out, *QUICK, "--force").exit_code == 0


def test_two_processes_do_the_same(folder: Path) -> None:
    one, two = folder.with_name("one"), folder.with_name("two")
    (folder / "bad.npz").write_bytes(b"PK no file of weights")
    settings = {"network": None, "to": "diptych", "form": None, "force": False, "check": None}
    alone = convert_all(files(folder), one, ".npz", 1, settings)
    shared = convert_all(files(folder), two, ".npz", 2, settings)
    assert [(item.source, item.network, bool(item.error)) for item in alone] == [
        (item.source, item.network, bool(item.error)) for item in shared
    ]
    assert [bool(item.error) for item in shared] == [False, False, True, False]
    assert sorted(times(one)) == sorted(times(two))
    for path in one.glob("*.npz"):
        first, second = tensors(path).arrays, tensors(two / path.name).arrays
        assert {name: array.tobytes() for name, array in first.items()} == {
            name: array.tobytes() for name, array in second.items()
        }


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_terminal_sees_the_bar_move(folder: Path, jobs: int) -> None:
    """Each conversion keeps back what native code writes to stderr, and must not take the bar with it."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "diptych", "convert", str(folder), str(folder.with_name("out")), *QUICK]
    with subprocess.Popen([*command, "--jobs", str(jobs)], stdout=subprocess.PIPE, stderr=theirs) as running:
        os.close(theirs)
        shown = b"".join(iter(lambda: some(ours), b"")).decode()
        assert running.stdout is not None
        assert b"3 converted" in running.stdout.read()
    os.close(ours)
    steps = re.findall(r"\d+%", shown)
    assert list(dict.fromkeys(steps)) == ["0%", "33%", "67%", "100%"], shown


def some(terminal: int) -> bytes:
    """What there is to read; nothing once the other end is closed, which Linux calls an error."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def test_a_pipe_gets_no_bar(folder: Path) -> None:
    command = [sys.executable, "-m", "diptych", "convert", str(folder), str(folder.with_name("out")), *QUICK]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "%" not in done.stdout


def test_two_sources_with_one_target_are_refused(folder: Path) -> None:
    made(folder / "a.npz")
    error = refused(folder.parent, "convert", folder, folder.with_name("out"), *QUICK)
    assert "two of the files would become" in error
    assert "a.safetensors" in error


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["convert", "{in}", "{out}"], "say with --suffix which format"),
        (["convert", "{in}", "{out}", "--suffix", ".onnx"], "reads .onnx but does not write it"),
        (["convert", "{in}", "{out}", "--suffix", ".txt"], "no known suffix"),
        (["convert", "{in}", "{in}/a.pth", "--suffix", ".npz"], "is a file; several results need a folder"),
        (["convert", "{in}", "{out}", "--suffix", ".npz", "--html", "x.html"], "--html takes one conversion"),
        (["convert", "{in}", "{out}", "--suffix", ".npz", "--to", "foo"], "there is no library 'foo'; the names are"),
        (["convert", "{in}/*.txx", "{out}", "--suffix", ".npz"], "fits no file"),
        (
            ["convert", "{in}/a.pth", "{out}.npz", "--suffix", ".npz"],
            "--suffix, --jobs, --ray and --hash-again are for several files",
        ),
        (
            ["convert", "{in}/a.pth", "{out}.npz", "--jobs", "2"],
            "--suffix, --jobs, --ray and --hash-again are for several files",
        ),
    ],
)
def test_a_wrong_call_is_named(folder: Path, words: list[str], complaint: str) -> None:
    places = {"in": folder, "out": folder.with_name("out")}
    error = refused(folder.parent, *(word.format_map(places) for word in words))
    assert complaint in error
    assert not places["out"].exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"conversions": [1]}', '{"conversions": [{"x": 1}]}', '{"conversions": 7}']
)
def test_a_broken_manifest_is_named(folder: Path, text: str) -> None:
    out = folder.with_name("out")
    out.mkdir()
    (out / MANIFEST).write_text(text, "utf-8")
    assert "is no manifest of conversions" in refused(folder.parent, "convert", folder, out, *QUICK)


def test_which_paths_are_several(folder: Path) -> None:
    model = folder / "saved"
    model.mkdir()
    (model / "saved_model.pb").touch()
    odd = made(folder / "w[1].pth")
    assert [several(path) for path in (folder, folder / "*.pth", model, odd, folder / "a.pth")] == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert [path.name for path in files(folder)] == ["a.pth", "b.npz", "c.weights.h5", "w[1].pth"]
    empty = folder / "empty"
    empty.mkdir()
    with pytest.raises(FileError, match="is a folder, expected a file of weights or a folder of such files"):
        files(empty)


def test_files_of_two_networks_are_told_apart(tmp_path: Path) -> None:
    made(tmp_path / "a.pth")
    made(tmp_path / "b.pth", OLD)
    done = run("convert", tmp_path / "*.pth", tmp_path / "out", *QUICK)
    assert done.exit_code == 0, done.output
    assert [item["network"] for item in entries(tmp_path / "out").values()] == ["lenet5_modern", "lenet5_1998"]
