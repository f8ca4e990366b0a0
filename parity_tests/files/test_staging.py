"""Files that belong together come together, wherever their writer is stopped; what dead runs left is put right."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diptych.common.errors import FileError
from diptych.files import staging
from diptych.files.atomic import recover, transaction
from diptych.files.staging import COMMIT, LOCK, NEW, Stage

NAMES = ("out.npz", "out.npz.report.json")


def write(folder: Path, text: str, names: tuple[str, ...] = NAMES) -> None:
    with transaction([folder / name for name in names], force=True) as staged:
        for path, temporary in staged.items():
            temporary.write_text(f"{text} {path.name}")


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def whole(text: str) -> dict[str, str]:
    return {name: f"{text} {name}" for name in NAMES}


EVERY_STEP = """
import os, sys
from pathlib import Path
from broken_off import broken_off
from files.test_staging import NAMES, recover, texts, whole, write

folder = Path(sys.argv[1])
for old in ({}, whole("old")):
    step = came = 0
    while True:
        for name in os.listdir(folder):
            os.unlink(folder / name)
        for name, text in old.items():
            (folder / name).write_text(text)
        went_on = broken_off(lambda: write(folder, "new"), step)
        for again in range(step % 3):  # what goes on may be broken off, too
            broken_off(lambda: recover(folder), again)
        recover(folder)
        assert texts(folder) in (old, whole("new")), (step, texts(folder))
        came += texts(folder) == whole("new")
        if not went_on:
            break
        step += 1
    assert texts(folder) == whole("new")
    assert 1 < came < step, (came, step)
    print(step)
"""


def test_a_writer_stopped_at_any_step_leaves_all_or_nothing(tmp_path: Path) -> None:
    tests = Path(__file__).parents[1]
    command = [sys.executable, "-c", EVERY_STEP, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent)])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert all(int(steps) > 30 for steps in done.stdout.split())


@pytest.mark.parametrize("at", range(2))
@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_a_rename_that_fails_is_undone(
    at: int, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two new files and of two old ones, in one folder and in two."""
    real, count = os.replace, 0

    def replace(one: Any, two: Any) -> None:
        nonlocal count
        count += 1
        if count == at + 1:
            raise error
        real(one, two)

    (tmp_path / "elsewhere").mkdir()
    for names in (NAMES, ("out.npz", "elsewhere/page.html")):
        for text in (None, "old"):
            for name in names:
                (tmp_path / name).write_text(text) if text else (tmp_path / name).unlink(missing_ok=True)
            count = 0
            with monkeypatch.context() as patch:
                patch.setattr(os, "replace", replace)
                with pytest.raises(FileError if isinstance(error, OSError) else KeyboardInterrupt):
                    write(tmp_path, "new", names)
            assert [(tmp_path / name).read_text() if text else (tmp_path / name).exists() for name in names] == (
                [text or False] * 2
            )
            assert not list(tmp_path.rglob(".diptych-*"))


def test_nothing_is_renamed_before_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a loss of power can undo is only what has no name yet."""
    done: list[tuple[str, Any]] = []
    sync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        sync(descriptor)
        done.append(("sync", os.fstat(descriptor).st_ino))

    def replaced(one: Path, two: Path) -> None:
        assert ("sync", one.stat().st_ino) in done
        assert ("sync", (one.parents[1] / COMMIT).stat().st_ino) in done
        replace(one, two)
        done.append(("rename", two.name))

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    write(tmp_path, "new")
    assert [what for what in done if what[0] == "rename"] == [("rename", name) for name in NAMES]
    assert done[-1] == ("sync", tmp_path.stat().st_ino)


def dead(folder: Path, names: tuple[str, ...] = NAMES, committed: bool = True) -> Path:
    """The stage of a run that is dead: before its first rename, or before it knew what to rename."""
    stage = Stage(folder)
    for name in names:
        (stage.new / name).write_text(f"new {name}")
    if committed:
        staging._write_commit(stage.path, {name: staging._state(folder / name) for name in names})
    assert stage.lock is not None
    os.close(stage.lock)
    return stage.path


@pytest.mark.parametrize("committed", [True, False])
def test_what_a_dead_run_left_is_finished_or_removed_by_the_next(tmp_path: Path, committed: bool) -> None:
    dead(tmp_path, committed=committed)
    write(tmp_path, "other", ("other.npz",))
    assert texts(tmp_path) == (whole("new") if committed else {}) | {"other.npz": "other other.npz"}


def test_what_a_living_run_has_is_left_alone(tmp_path: Path) -> None:
    with transaction([tmp_path / "a"]) as staged:
        staged[tmp_path / "a"].write_text("a")
        recover(tmp_path)
        write(tmp_path, "other", ("other.npz",))
    assert texts(tmp_path) == {"a": "a", "other.npz": "other other.npz"}


def test_a_folder_without_a_lock_is_left_for_a_while(tmp_path: Path) -> None:
    """Another version may be at work in it; an empty one is nobody's work."""
    older = tmp_path / ".diptych-abcdefgh"
    older.mkdir()
    (older / "out.npz").write_text("half")
    (tmp_path / ".diptych-abcdefg_").mkdir()
    (tmp_path / ".diptych-mine").mkdir()
    recover(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".diptych-abcdefgh", ".diptych-mine"]
    long_ago = time.time() - 2 * staging.AGE
    os.utime(older, (long_ago, long_ago))
    recover(tmp_path)
    assert os.listdir(tmp_path) == [".diptych-mine"]


def commit(stage: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    said = json.loads((stage / COMMIT).read_text())
    change(said)
    (stage / COMMIT).write_text(json.dumps(said))


@pytest.mark.parametrize(
    "name", ["../out.npz", "sub/out.npz", "/out.npz", "..", ".", "", "a\0b", ".diptych-abcdefgh", "sub"]
)
def test_a_strangers_commit_moves_nothing_elsewhere(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    stage = dead(folder, NAMES[:1])
    commit(stage, lambda said: said.update(files={name: None}))
    (stage / "out.npz").write_text("stranger")
    recover(folder)
    assert os.listdir(folder) == ["sub"]
    assert os.listdir(folder / "sub") == []
    assert os.listdir(tmp_path) == ["in"]


def plant_link(stage: Path) -> None:
    (stage / NEW / NAMES[0]).unlink()
    (stage / NEW / NAMES[0]).symlink_to("/etc/passwd")


def plant_folder_link(stage: Path) -> None:
    (stage / NEW).rename(stage / "away")
    (stage / NEW).symlink_to(stage / "away")


def plant_fifo(stage: Path) -> None:
    (stage / COMMIT).unlink()
    os.mkfifo(stage / COMMIT)


STRANGE: list[Callable[[Path], Any]] = [
    plant_link,
    plant_folder_link,
    lambda stage: commit(stage, lambda said: said.update(folder=said["folder"] + 1)),
    lambda stage: (stage.parent / NAMES[0]).write_text("mine"),
    lambda stage: (stage / COMMIT).write_text('{"folder": 1, "fil'),
    lambda stage: (stage / COMMIT).write_text("[" * 60_000),
    lambda stage: (stage / COMMIT).write_text("{}"),
    lambda stage: commit(stage, lambda said: said.update(files=[1])),
    plant_fifo,
]


@pytest.mark.parametrize("change", STRANGE)
def test_a_commit_is_believed_only_as_it_was_written(tmp_path: Path, change: Callable[[Path], Any]) -> None:
    """A link, another folder, a file that has come since, a torn or a strange text: the stage goes, nothing comes."""
    stage = dead(tmp_path, NAMES[:1])
    change(stage)
    recover(tmp_path)
    assert texts(tmp_path) in ({}, {NAMES[0]: "mine"})


def test_a_lock_that_is_no_file_is_not_opened(tmp_path: Path) -> None:
    stage = dead(tmp_path)
    (stage / LOCK).unlink()
    os.mkfifo(stage / LOCK)
    recover(tmp_path)
    assert stage.exists()


def test_modes_are_those_of_the_user_and_of_old_files(tmp_path: Path) -> None:
    for mask, mode in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
        before = os.umask(mask)
        try:
            write(tmp_path, "new")
        finally:
            os.umask(before)
        assert {(tmp_path / name).stat().st_mode & 0o777 for name in NAMES} == {mode}
        for name in NAMES:
            (tmp_path / name).unlink()
    (tmp_path / NAMES[0]).write_text("old")
    (tmp_path / NAMES[0]).chmod(0o640)
    write(tmp_path, "new")
    assert (tmp_path / NAMES[0]).stat().st_mode & 0o777 == 0o640


def test_two_writers_of_the_same_files_do_not_mix(tmp_path: Path) -> None:
    """Whoever comes last has both; a second one that may not replace is told so."""
    paths = [tmp_path / name for name in NAMES]

    def overtaken() -> None:
        with transaction(paths) as one:
            for path in paths:
                one[path].write_text("one")
            write(tmp_path, "two")

    with pytest.raises(FileError, match="exists already"):
        overtaken()
    assert texts(tmp_path) == whole("two")


def test_a_fault_in_a_staged_file_is_said_of_its_place(tmp_path: Path) -> None:
    with pytest.raises(FileError) as error, transaction([tmp_path / "a"]) as staged:
        raise FileError(f"{staged[tmp_path / 'a']} is no good")
    assert str(error.value) == f"{tmp_path / 'a'} is no good"
