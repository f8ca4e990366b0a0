"""Verify among odd paths, kinds of files and forged records, without a source, and what it says was not compared."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from lies import NET, Sound, changed, converted, stating, verdict

import diptych
from diptych.common.errors import FileError
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.conversion.identify import Identified
from diptych.conversion.report import digest, report_path
from diptych.files import read, write


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """(out.npz, its report), converted and run in float32."""
    return converted(tmp_path_factory.mktemp("lies"))


@pytest.mark.parametrize("change", ["gone", "changed", "unreadable"])
def test_without_its_source_nothing_is_verified(tmp_path: Path, change: str) -> None:
    path, _ = converted(tmp_path)
    origin = path.with_name("in.pth")
    data = origin.read_bytes()
    origin.unlink()
    if change == "changed":
        origin.write_bytes(data + b"\0")
    if change == "unreadable":
        origin.mkdir()
    done = run("verify", path, "--fast")
    assert done.exit_code == 2, done.output
    assert "lenet5_modern: result intact, source not compared" in done.stdout
    assert str(origin) in done.stdout
    assert not re.search(r"\bverified", done.stdout)
    found = diptych.verify(path)
    assert (found.passed, found.unknown, found.status) == (False, True, "result intact, source not compared")


@pytest.mark.parametrize("there", [False, True])
def test_the_result_alone_is_run_where_that_is_asked_for(tmp_path: Path, there: bool) -> None:
    path, _ = converted(tmp_path)
    if not there:
        path.with_name("in.pth").unlink()
    done = run("verify", path, "--fast", "--result-only")
    assert done.exit_code == 0, done.output
    assert "lenet5_modern: result intact, source left out as asked" in done.stdout
    assert "PyTorch against TensorFlow in float32" in done.stdout
    assert not re.search(r"\bverified", done.stdout)
    found = diptych.verify(path, "float32", result_only=True)
    assert found.passed
    assert found.proof is not None


def test_the_result_alone_is_held_against_its_report(tmp_path: Path) -> None:
    path, _ = converted(tmp_path)
    path.write_bytes(path.read_bytes() + b"\0")
    done = run("verify", path, "--result-only")
    assert (done.exit_code, "the file was changed" in done.stdout) == (1, True)


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Paths at which no source is, by what is there."""
    os.mkfifo(tmp_path / "fifo.pth")
    (tmp_path / "zero.pth").symlink_to("/dev/zero")
    (tmp_path / "stat.pth").symlink_to("/proc/self/stat")
    (tmp_path / "loop.pth").symlink_to("loop.pth")
    (tmp_path / "folder.pth").mkdir()
    (tmp_path / "empty.pth").write_bytes(b"")
    (tmp_path / "red\x1b[31m\n.pth").write_bytes(b"x")
    names = ("fifo.pth", "zero.pth", "stat.pth", "loop.pth", "folder.pth", "empty.pth", "gone.pth", "red\x1b[31m\n.pth")
    system = ("/", "/dev/zero", "/dev/tty", "/dev/stdin", "/proc", "/proc/kmsg", "/proc/self/environ", "/sys/kernel")
    odd = ("/absent/\udc80.pth", "/" + "a" * 300 + ".pth", "//a/../../b.pth")
    return {name: str(tmp_path / name) for name in names} | {name: name for name in (*system, *odd)}


def test_a_path_that_is_no_source_is_never_verified(sound: Sound, places: dict[str, str]) -> None:
    path, report = sound
    for name, place in places.items():
        with stating(path, changed(report, "source.path", place)):
            found, text = verdict(path)
        assert found is None or found.unknown, (name, text)
        assert "\x1b" not in text


def test_another_file_is_not_taken_for_the_source(sound: Sound) -> None:
    """With its true digest, or without."""
    path, report = sound
    other = path.with_name("other.pth")
    moved = changed(report, "source.path", str(other))
    with stating(path, moved):
        found, text = verdict(path)
    assert found is not None
    assert (found.unknown, f"its source {other} has changed" in text) == (True, True)
    with stating(path, changed(moved, "source.sha256", digest(other))):
        found, text = verdict(path)
    assert found is not None
    assert (found.unknown, "its source.sha256 is" in text) == (False, True)


def test_a_copy_of_the_source_is_as_good(sound: Sound, tmp_path: Path) -> None:
    path, report = sound
    copied = shutil.copy(path.with_name("in.pth"), tmp_path / "copy.pth")
    with stating(path, changed(report, "source.path", str(copied))):
        found, text = verdict(path)
    assert found is not None
    assert found.passed, text


@pytest.fixture
def forged(sound: Sound, tmp_path: Path) -> Sound:
    """A copy whose record may be changed, with the report that has its digest."""
    path, report = sound
    copied = Path(shutil.copy(path, tmp_path / "out.npz"))
    shutil.copy(report_path(path), report_path(copied))
    return copied, report


RECORDS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"sha256": "0" * 64}, {"source.sha256": "0" * 64}, "has changed since the conversion"),
    ({"from": "timm"}, {"source.names": "timm"}, "has no names of timm"),
    ({"to": "torchvision"}, {"result.names": "torchvision"}, "no meaning"),
    ({"mapping": {"c1": "c3"}}, {}, "the mapping in its record is {'c1': 'c3'}"),
    ({"mapping": "in the report"}, {}, "the mapping in its record is 'in the report'"),
    ({"difference": 0.5}, {"proof.difference": 0.5}, "its proof.difference is 0.5, it has 'at most 0.0001'"),
    ({"difference": None}, {}, "its record has None"),
    ({"versions": 3}, {}, "its versions is"),
]


@pytest.mark.parametrize(("record", "report", "said"), RECORDS, ids=lambda item: str(item)[:30])
def test_a_file_whose_record_lies_is_found(
    forged: Sound, record: dict[str, Any], report: dict[str, Any], said: str
) -> None:
    path, data = forged
    found = read(path)
    write(path, NET, found.named(NET), {}, record={**found.stated.record, **record})
    for field, value in (report | {"result.sha256": digest(path)}).items():
        data = changed(data, field, value)
    with stating(path, data):
        answer, text = verdict(path)
    assert answer is not None
    assert not answer.passed
    assert said in text


def test_a_file_without_a_record_is_not_verified(forged: Sound) -> None:
    path, data = forged
    write(path, NET, read(path).named(NET), {})
    with stating(path, changed(data, "result.sha256", digest(path))):
        found, text = verdict(path)
    assert found is not None
    assert "holds no record of a conversion" in text


def test_a_weight_of_nothing_is_found_by_its_bits(forged: Sound) -> None:
    """-0.0 for 0.0, as no output would show."""
    path, data = forged
    found = read(path)
    weights = found.named(NET)
    weights["f6.bias"] = weights["f6.bias"].copy()
    weights["f6.bias"][0] *= 1 + 1e-7
    write(path, NET, weights, {}, record=found.stated.record)
    with stating(path, changed(data, "result.sha256", digest(path))):
        answer, text = verdict(path)
    assert answer is not None
    assert "f6.bias has other bits than in the source" in text


def test_a_result_of_another_kind_is_refused_before_it_is_hashed(
    sound: Sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diptych.conversion import verification

    monkeypatch.setattr(verification, "digest", lambda path: pytest.fail("it was hashed"))
    os.mkfifo(tmp_path / "fifo.npz")
    (tmp_path / "zero.npz").symlink_to("/dev/zero")
    (tmp_path / "text.npz").write_text("text" * 100)
    (tmp_path / "folder.npz").mkdir()
    for name in ("fifo.npz", "zero.npz", "folder.npz"):
        shutil.copy(report_path(sound[0]), report_path(tmp_path / name))
        with pytest.raises(FileError, match=name):
            diptych.verify(tmp_path / name)


def test_a_report_of_another_kind_is_refused(sound: Sound, tmp_path: Path) -> None:
    for name, make in (
        ("fifo.npz", os.mkfifo),
        ("folder.npz", os.mkdir),
        ("zero.npz", lambda path: os.symlink("/dev/zero", path)),
        ("proc.npz", lambda path: os.symlink("/proc/self/status", path)),
    ):
        shutil.copy(sound[0], tmp_path / name)
        make(str(report_path(tmp_path / name)))
        with pytest.raises(FileError, match=r"report\.json"):
            diptych.verify(tmp_path / name)


@pytest.mark.parametrize("path", ["", ".", "..", "/", "a\0b", "/" + "a" * 300, "\ud800.npz"])
def test_a_path_that_names_no_converted_file_is_refused(path: str) -> None:
    with pytest.raises(FileError):
        diptych.verify(path)


def test_a_framework_that_is_missing_is_no_difference(sound: Sound, monkeypatch: pytest.MonkeyPatch) -> None:
    from diptych import backends

    monkeypatch.setitem(backends.NAMES, "torch", "absent_impl")
    monkeypatch.setitem(backends.NEEDS, "torch", ("diptych",))
    done = run("verify", sound[0], "--fast")
    assert (done.exit_code, "is not installed" in done.stderr) == (2, True)


def test_what_is_not_compared_is_said_of_each_kind_of_source() -> None:
    from diptych.common.dialect import dialect
    from diptych.conversion.not_compared import not_compared
    from diptych.files.layers import Layers
    from diptych.files.tensors import Tensors

    net = spec("resnet50.keras")
    own, foreign = dialect("diptych", net.name), dialect("keras.applications", net.name)

    def said(checkpoint: Any, whose: Any) -> str:
        return " ".join(not_compared(Identified(net, checkpoint, whose), True))

    config = Layers(Path(), "keras", {}, config={})
    assert "activations and pooling" in said(config, foreign)
    assert said(config, own).startswith("the wires between the source's layers")
    assert "weights alone" in said(Layers(Path(), "weights.h5", {}), foreign)
    assert "graph" in said(Tensors(Path(), "onnx"), own)
    assert "graph" in said(Layers(Path(), "tensorflow", {}), foreign)
    assert "weights alone" in said(Tensors(Path(), "torch"), own)


@pytest.mark.parametrize(("suffix", "to"), [(".weights.h5", "emitted"), (".keras", "diptych"), (".pth", "diptych")])
def test_an_honest_report_is_believed(tmp_path: Path, suffix: str, to: str) -> None:
    """With other names in the result, and with a source that was named by a link."""
    write(tmp_path / "in.npz", NET, scrambled(NET), {})
    (tmp_path / "link.npz").symlink_to("in.npz")
    diptych.convert(tmp_path / "link.npz", tmp_path / f"out{suffix}", to=to, check="float32")
    found = diptych.verify(tmp_path / f"out{suffix}", "float32")
    assert (found.passed, found.status) == (True, "verified"), str(found)
    assert "not compared: the source's function" in str(found)
