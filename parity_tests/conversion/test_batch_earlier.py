"""What a batch makes of what is there: results are believed by their digest, manifests are held to a schema."""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diptych.common.errors import FileError
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.conversion import batch
from diptych.conversion.batch import MANIFEST, Done, convert_all, files
from diptych.conversion.convert import convert
from diptych.conversion.manifest import Manifest
from diptych.conversion.report import digest
from diptych.files import read, write

NET = spec("lenet5_modern")
WEIGHTS = scrambled(NET)
SETTINGS: dict[str, Any] = {"to": "diptych", "force": False, "check": None}


def results(folder: Path) -> Path:
    """The results of two files, a and b."""
    (folder / "in").mkdir()
    for name in "ab":
        write(folder / "in" / f"{name}.safetensors", NET, WEIGHTS, {})
    again(folder / "out")
    return folder / "out"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return results(tmp_path)


def again(out: Path, **settings: Any) -> list[Done]:
    return convert_all(files(out.with_name("in")), out, ".npz", 1, SETTINGS | settings)


def states(done: list[Done]) -> list[str]:
    return [item.error or ("kept" if item.skipped else "done") for item in done]


def forget(out: Path, *names: str) -> None:
    """Take entries out of the manifest."""
    said = json.loads((out / MANIFEST).read_text())
    said["conversions"] = [item for item in said["conversions"] if Path(item["destination"]).name not in names]
    (out / MANIFEST).write_text(json.dumps(said))


def other(path: Path) -> None:
    """Put other weights there, whole, that say that they come from the same source."""
    said = read(path).stated
    write(path, NET, {name: array + 1 for name, array in WEIGHTS.items()}, {}, record=said.record)


TORN: dict[str, Callable[[Path], Any]] = {
    "garbage": lambda path: path.write_bytes(b"garbage"),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1000]),
    "empty": lambda path: path.write_bytes(b""),
    "a bit": lambda path: path.write_bytes(path.read_bytes()[:5000] + b"\x55" + path.read_bytes()[5001:]),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("fault", TORN)
@pytest.mark.parametrize("known", ["manifest", "report", "both"])
def test_what_is_no_whole_result_is_done_again(fault: str, known: str, out: Path) -> None:
    before = digest(out / "a.npz")
    TORN[fault](out / "a.npz")
    if known == "manifest":
        (out / "a.npz.report.json").unlink()
    if known == "report":
        forget(out, "a.npz")
    assert states(again(out)) == ["done", "kept"]
    assert digest(out / "a.npz") == before
    assert states(again(out)) == ["kept", "kept"]


@pytest.mark.parametrize("known", ["manifest", "report", "both", "neither"])
def test_what_someone_changed_is_kept_unless_it_is_forced(known: str, out: Path) -> None:
    """Also in the next run, and the one after it; without any record it must say itself whose conversion it is."""
    other(out / "a.npz") if known != "neither" else write(out / "a.npz", NET, WEIGHTS, {})
    theirs = (out / "a.npz").read_bytes()
    if known in ("manifest", "neither"):
        (out / "a.npz.report.json").unlink()
    if known in ("report", "neither"):
        forget(out, "a.npz")
    for _ in range(3):
        done = again(out)
        assert "a.npz exists already; write over it with --force" in done[0].error
        assert states(done)[1] == "kept"
        assert (out / "a.npz").read_bytes() == theirs
    assert states(again(out, force=True)) == ["done", "done"]
    assert (out / "a.npz").read_bytes() != theirs


def test_a_result_that_nothing_speaks_of_is_ours_where_it_says_so_itself(out: Path) -> None:
    """What a version that did not write result and report together left; of another source it is someone's."""
    for name in "ab":
        (out / f"{name}.npz.report.json").unlink()
    forget(out, "a.npz", "b.npz")
    write(out.with_name("in") / "b.safetensors", NET, {name: array * 2 for name, array in WEIGHTS.items()}, {})
    found = states(again(out))
    assert found[0] == "done"
    assert "exists already" in found[1]


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_what_is_no_file_is_not_read_as_a_result(kind: str, out: Path) -> None:
    path = out / "a.npz"
    path.rename(out / "away")
    make: dict[str, Callable[[], Any]] = {
        "link": lambda: path.symlink_to(out / "away"),
        "fifo": lambda: os.mkfifo(path),
        "folder": path.mkdir,
    }
    make[kind]()
    found = states(again(out))
    assert "exists already" in found[0] if kind == "link" else "cannot write" in found[0]
    assert found[1] == "kept"


def test_a_manifest_of_an_older_version_is_believed_by_the_reports(out: Path) -> None:
    """It has no digests of results."""
    said = json.loads((out / MANIFEST).read_text())
    for item in said["conversions"]:
        del item["result"]
    (out / MANIFEST).write_text(json.dumps(said))
    other(out / "b.npz")
    found = states(again(out))
    assert found[0] == "kept"
    assert "exists already" in found[1]


WRONG: dict[str, list[Any]] = {
    "source": [5, None, []],
    "destination": [["a"], {"a": 1}, 5, "", "/", None],
    "network": [{"a": 1}, 1, None],
    "matched": [-1, 1.5, True, "1", None],
    "difference": [-1.0, "x", True, math.nan, math.inf, []],
    "seconds": ["x", None, -1, math.nan, True],
    "sha256": [[1], "x", "A" * 64, 5],
    "result": [[1], "0" * 63, None],
    "source_state": [5, None, []],
    "result_state": [5, None, {}],
    "settings": [[1], {}, None],
    "error": [5, None],
    "skipped": [0, "no", None],
    "evil": [1],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_a_field_of_another_kind_is_refused(field: str, value: Any, tmp_path: Path) -> None:
    entry = {"source": "in/a.pth", "destination": "out/a.npz", field: value}
    (tmp_path / MANIFEST).write_text(json.dumps({"conversions": [entry]}))
    with pytest.raises(FileError, match=r"is no manifest of conversions .*; move it away"):
        Manifest(tmp_path)


TEXTS = [
    b"", b"x", b"[]", b"null", b"\xff\xfe\x00", b"[" * 200_000, b'{"conversions":' * 100_000, b'{"conversions": null}',
    b'{"conversions": [1]}', b'{"conversions": [{}]}', b'{"conversions": [], "more": 1}', b'{"conversions": 1e999}',
    b'{"conversions":' + b"9" * 10_000 + b"}", b'{"conversions": [{"source": "a"}]}', b'{"conversions": [NaN]}',
    b'{"conversions": [{"source": "a", "destination": "b", "seconds": 1e999}]}',
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_is_no_manifest_is_refused(text: bytes, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes(text)
    with pytest.raises(FileError, match="is no manifest of conversions") as error:
        Manifest(tmp_path)
    assert len(str(error.value)) < 500
    assert (tmp_path / MANIFEST).read_bytes() == text


@pytest.mark.parametrize("kind", ["folder", "loop", "fifo", "link", "large"])
def test_what_is_no_short_file_is_not_opened_as_a_manifest(kind: str, tmp_path: Path) -> None:
    path = tmp_path / MANIFEST
    (tmp_path / "elsewhere").write_text('{"conversions": []}')
    make: dict[str, Callable[[], Any]] = {
        "folder": path.mkdir,
        "loop": lambda: path.symlink_to(path),
        "fifo": lambda: os.mkfifo(path),
        "link": lambda: path.symlink_to(tmp_path / "elsewhere"),
        "large": path.touch,
    }
    make[kind]()
    if kind == "large":
        os.truncate(path, 1 << 40)
    with pytest.raises(FileError, match=r"is no manifest of conversions|more than a manifest needs"):
        Manifest(tmp_path)
    assert (tmp_path / "elsewhere").read_text() == '{"conversions": []}'


class PanicException(BaseException):
    """What a panic in Rust becomes in Python, by its name."""


@pytest.mark.parametrize(
    "error",
    [struct.error("x"), RecursionError("deep"), MemoryError(), AssertionError(), PanicException("\x1b[31m" * 999)],
)
def test_whatever_one_file_throws_is_its_own_error(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = convert

    def thrown(source: Path, *rest: Any, **more: Any) -> Any:
        if source.name.startswith("a"):
            raise error
        return real(source, *rest, **more)

    for name in "ab":
        (tmp_path / "in").mkdir(exist_ok=True)
        write(tmp_path / "in" / f"{name}.safetensors", NET, WEIGHTS, {})
    monkeypatch.setattr(batch, "convert", thrown)
    done = again(tmp_path / "out")
    assert f"a.safetensors: an error in diptych itself ({type(error).__name__}" in done[0].error
    assert done[0].error.isprintable()
    assert states(done)[1] == "done"
    assert sorted(os.listdir(tmp_path / "out")) == ["b.npz", "b.npz.report.json", MANIFEST]


@pytest.mark.parametrize("suffix", [".npz", ".pth", ".safetensors", ".keras", ".weights.h5"])
def test_the_same_weights_are_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / f"out{suffix}", NET, WEIGHTS, {})
    assert digest(tmp_path / "one" / f"out{suffix}") == digest(tmp_path / "two" / f"out{suffix}")


def test_what_is_no_file_but_has_the_name_of_one_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder / "good.safetensors", NET, WEIGHTS, {})
    (folder / "gone.pth").symlink_to("nowhere")
    (folder / "loop.npz").symlink_to("loop.npz")
    os.mkfifo(folder / "pipe.pt")
    (folder / "folder.pth").mkdir()
    done = convert_all(files(folder), tmp_path / "out", ".npz", 1, SETTINGS)
    said = {Path(item.source).name: item.error for item in done}
    assert said.keys() == {"good.safetensors", "gone.pth", "loop.npz", "pipe.pt"}
    assert not said["good.safetensors"]
    assert "does not exist" in said["gone.pth"]
    assert "is a FIFO" in said["pipe.pt"]
    assert "loop.npz" in said["loop.npz"]
