"""Where may be written: never the source, never through a link, and nothing that is no file; asked before any work."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diptych.common.errors import FileError
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.conversion.convert import convert
from diptych.files import write
from diptych.files.destinations import check_destination, check_several

NET = spec("lenet5_modern")


def fifo(path: Path) -> None:
    os.mkfifo(path)


def bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


@pytest.mark.parametrize(
    ("make", "kind"), [(fifo, "a FIFO"), (bound, "a socket"), (Path.mkdir, "a folder; name a file in it")]
)
@pytest.mark.parametrize("force", [True, False])
def test_what_is_no_file_is_never_replaced(
    make: Callable[[Path], Any], kind: str, force: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    make(Path("out.npz"))
    with pytest.raises(FileError, match=f"it is {kind}"):
        check_destination(Path("out.npz"), force=force)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/full.npz", "/proc/self/out.npz", "/sys/out.npz", "/dev/stdout"])
def test_nothing_is_written_among_the_files_of_the_system(path: str) -> None:
    with pytest.raises(FileError, match="is a folder of the system"):
        check_destination(Path(path), force=True)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a\0.npz", "a NUL"),
        ("a\udc80.npz", "not UTF-8"),
        ("\udcff/a.npz", "not UTF-8"),
        ("a" * 260 + ".npz", "shorten it"),
        ("\u00e4" * 130 + ".npz", "264 bytes"),
        ("no/a.npz", "does not exist"),
        ("in.npz/a.npz", "is not a folder"),
        ("x/" * 3000 + "a.npz", "File name too long"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "in.npz").touch()
    with pytest.raises(FileError, match=why):
        check_destination(tmp_path / name)


def test_the_report_must_have_room_for_its_name_too(tmp_path: Path) -> None:
    source = made(tmp_path / "in.npz")
    with pytest.raises(FileError, match="its name has 266 bytes, and may have 255 here"):
        convert(source, tmp_path / ("a" * 250 + ".pth"), check=None)
    assert os.listdir(tmp_path) == ["in.npz"]


def made(path: Path) -> Path:
    write(path, NET, scrambled(NET), {})
    return path


def same(folder: Path) -> Path:
    return folder / "in.npz"


def by_link_of_folder(folder: Path) -> Path:
    (folder / "link").symlink_to(folder)
    return folder / "link" / "in.npz"


def by_dots(folder: Path) -> Path:
    (folder / "sub").mkdir()
    return folder / "sub" / ".." / "in.npz"


@pytest.mark.parametrize("way", [same, by_link_of_folder, by_dots])
def test_the_source_is_never_written_over(way: Callable[[Path], Path], tmp_path: Path) -> None:
    source = made(tmp_path / "in.npz")
    link = tmp_path / "also.npz"
    link.symlink_to(source)
    for given in (source, link):
        with pytest.raises(FileError, match="is the source itself"):
            convert(given, way(tmp_path), check=None, force=True)
        (tmp_path / "link").unlink(missing_ok=True)
        (tmp_path / "sub").rmdir() if (tmp_path / "sub").exists() else None
    with pytest.raises(FileError, match="is the source itself"):
        convert(link, link, check=None, force=True)


@pytest.mark.parametrize("kind", ["symbolic", "hard", "elsewhere", "dangling"])
def test_a_link_is_replaced_itself(kind: str, tmp_path: Path) -> None:
    """Also one to the source, whose bytes stay; without force it is there already."""
    source, path = made(tmp_path / "in.npz"), tmp_path / "out.npz"
    precious = tmp_path / "precious.npz"
    precious.write_text("precious")
    if kind == "hard":
        path.hardlink_to(source)
    else:
        path.symlink_to({"symbolic": source, "elsewhere": precious, "dangling": tmp_path / "none"}[kind])
    before = source.read_bytes()
    with pytest.raises(FileError, match="exists already"):
        convert(source, path, check=None)
    convert(source, path, check=None, force=True)
    assert not path.is_symlink()
    assert not path.samefile(source)
    assert (source.read_bytes(), precious.read_text()) == (before, "precious")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("page", ["out.npz", "out.npz.report.json", "sub/../out.npz", "in.npz", "link/out.npz"])
@pytest.mark.parametrize("force", [True, False])
def test_result_report_and_page_are_three_files(page: str, force: bool, tmp_path: Path) -> None:
    source = made(tmp_path / "in.npz")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    before = source.read_bytes()
    with pytest.raises(FileError, match=r"is to be written twice|is the source itself"):
        convert(source, tmp_path / "out.npz", check=None, html=tmp_path / page, force=force)
    assert sorted(os.listdir(tmp_path)) == ["in.npz", "link", "sub"]
    assert source.read_bytes() == before


def test_nothing_is_written_into_a_source_that_is_several_files(tmp_path: Path) -> None:
    model = tmp_path / "saved"
    (model / "variables").mkdir(parents=True)
    for name in ("ckpt.index", "ckpt.data-00000-of-00001", "m.onnx", "m.onnx.data"):
        (tmp_path / name).touch()
    with pytest.raises(FileError, match="is inside the source"):
        check_destination(model / "variables" / "out.npz", model, force=True)
    with pytest.raises(FileError, match="is the source itself"):
        check_destination(tmp_path / "ckpt.index", tmp_path / "ckpt", force=True)
    with pytest.raises(FileError, match="is the source itself"):
        check_several([tmp_path / "m.onnx.data"], tmp_path / "m.onnx", force=True)
    check_destination(tmp_path / "saved.npz", model)


def test_a_folder_that_takes_no_files_is_said_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write anywhere, so the system's answer is planted."""
    monkeypatch.setattr(os, "access", lambda *given: False)
    with pytest.raises(FileError, match="takes no files from this user"):
        check_destination(tmp_path / "out.npz")
