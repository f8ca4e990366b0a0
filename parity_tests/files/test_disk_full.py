"""A disk that is full at any write: one error, the old file as it was, nothing beside it, and no process that dies."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from diptych.commands.cli import app
from diptych.common.errors import FileError
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.files import write
from diptych.files.atomic import replacing
from diptych.files.guarded import KEPT, Guarded

NET = spec("lenet5_modern")
WEIGHTS = scrambled(NET)
GUARDED = (".npz", ".safetensors", ".pth", ".weights.h5", ".keras")
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Disk:
    """Room for so many writes, and none for those after them."""

    def __init__(self, room: float) -> None:
        self.room, self.count, self.real = room, 0, os.pwrite

    def __call__(self, *given: Any) -> int:
        self.count += 1
        if self.count > self.room:
            raise FULL
        return self.real(*given)


@contextmanager
def disk(room: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    found = Disk(room)
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", found)
        yield found


def written(path: Path) -> None:
    with replacing(path, force=True) as temporary:
        write(temporary, NET, WEIGHTS, {})


def writes(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many writes a format takes."""
    with disk(float("inf"), monkeypatch) as counted:
        written(path)
    return counted.count


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("suffix", GUARDED)
def test_no_write_that_fails_leaves_anything(
    suffix: str, every: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"out{suffix}"
    count = writes(path, monkeypatch)
    assert count > 2
    path.write_text("old")
    rooms = range(count) if every else sorted({0, 1, count // 2, count - 2, count - 1})
    for room in rooms:
        with disk(room, monkeypatch), pytest.raises(FileError, match=r"cannot write .*out.*: No space left on device$"):
            written(path)
        assert path.read_text() == "old"
        assert os.listdir(tmp_path) == [path.name]
    written(path)
    assert path.stat().st_size > 1000


def test_the_command_says_it_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "in.npz", NET, WEIGHTS, {})
    with disk(3, monkeypatch):
        done = CliRunner().invoke(app, ["convert", str(tmp_path / "in.npz"), str(tmp_path / "out.pth"), "--no-check"])
    assert done.exit_code == 2
    assert done.stderr == f"error: cannot write {tmp_path / 'out.pth'}: No space left on device\n"
    assert os.listdir(tmp_path) == ["in.npz"]


SMALL = """
import os, resource, sys
from pathlib import Path
from diptych.common.errors import FileError
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.deployment.deploy import deploy
from diptych.files import write
from diptych.files.atomic import replacing

net = spec("lenet5_modern")
weights = scrambled(net)
folder, limit, names = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
for name in names:
    path = folder / name
    try:
        if name.startswith("deployed"):
            deploy(net, weights, path)
        else:
            path.write_text("old")
            with replacing(path, force=True) as temporary:
                write(temporary, net, weights, {})
        print(name, "was written")
    except FileError as error:
        print(error)
    print(sorted(os.listdir(folder)), path.read_text() if path.exists() else "")
    path.unlink(missing_ok=True)
"""
FILES = ("out.npz", "out.pth", "out.safetensors", "out.keras", "out.weights.h5")
PROGRAMS = ("deployed.onnx", "deployed.npz", "deployed.pt2", "deployed.tflite", "deployed")


def in_a_process(folder: Path, limit: int, names: tuple[str, ...], reason: str) -> None:
    """Write files where there is too little room, in a process that has to come to its end."""
    command = [sys.executable, "-c", SMALL, str(folder), str(limit), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2 * len(names)
    for name, said, left in zip(names, lines[::2], lines[1::2], strict=True):
        assert said.startswith(f"cannot write {folder / name}: "), said
        assert reason in said
        assert left == (f"['{name}'] old" if name.startswith("out") else "[] ")


@pytest.mark.parametrize("limit", [100_000, *(pytest.param(n, marks=pytest.mark.slow) for n in (1000, 240_000))])
def test_a_limit_of_size_ends_in_an_error(limit: int, tmp_path: Path) -> None:
    in_a_process(tmp_path, limit, FILES + (PROGRAMS[:2] if limit > 1000 else ()), "File too large")


@pytest.mark.slow
def test_a_limit_of_size_ends_programs_in_an_error(tmp_path: Path) -> None:
    in_a_process(tmp_path, 100_000, PROGRAMS, "File too large")


def mounted(command: str, *words: str) -> bool:
    """Whether a command about file systems is there, and does what it should."""
    found = shutil.which(command)
    return found is not None and subprocess.run([found, *words], capture_output=True).returncode == 0


@pytest.mark.parametrize("size", ["8k", *(pytest.param(size, marks=pytest.mark.slow) for size in ("180k", "240k"))])
def test_a_full_disk_ends_in_an_error(size: str, tmp_path: Path) -> None:
    """On a disk of memory, which takes root to make; without, a limit of size stands for it."""
    names = FILES + (PROGRAMS if size == "180k" else ())
    if not mounted("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(tmp_path)):
        in_a_process(tmp_path, 180_000, FILES, "File too large")
        return
    try:
        in_a_process(tmp_path, 0, names, "No space left on device")
    finally:
        assert mounted("umount", str(tmp_path))


def test_a_file_that_lost_its_disk_reads_as_if_it_had_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library may read its own tables back before it closes a file."""
    with Guarded(tmp_path / "x") as file:
        file.write(b"0123456789")
        with disk(0, monkeypatch):
            file.write(b"abc")
            file.seek(4)
            file.write(b"XY")
            file.seek(2)
            assert file.read(20) == b"23XY6789abc"
            file.seek(20)
            file.write(bytes(KEPT + 1))
            assert file.tell() == 20 + KEPT + 1
            file.seek(12)
            assert file.read(3) == b"c\0\0"
            assert file.truncate(12) == 12
            assert file.seek(0, os.SEEK_END) == 12
        assert file.error is FULL
    assert (tmp_path / "x").read_bytes() == b"0123456789"
