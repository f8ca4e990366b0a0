"""A batch does not read again what the file system says is as it was; whatever it says otherwise is hashed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_batch_earlier import SETTINGS, again, results, states

from diptych.conversion import earlier
from diptych.conversion.batch import MANIFEST, convert_all, files
from diptych.conversion.report import digest


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return results(tmp_path)


CHANGED: dict[str, Callable[[Path], Any]] = {
    "its time": lambda path: os.utime(path, ns=(1, 1)),
    "its bytes, with the old time": lambda path: kept_time(path),
    "another file in its place": lambda path: moved_over(path),
}


def kept_time(path: Path) -> None:
    """Turn the bytes of a file round, and set its time of writing to what it was."""
    before = path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(before, before))


def moved_over(path: Path) -> None:
    """Put a copy with the same time in the place of a file."""
    shutil.copy2(path, path.with_name("copy"))
    path.with_name("copy").rename(path)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are hashed from here on to see what an earlier run did."""
    found = list[str]()

    def noted(path: Path) -> str:
        found.append(path.name)
        return digest(path)

    monkeypatch.setattr(earlier, "digest", noted)
    return found


def test_what_the_file_system_knows_unchanged_is_not_read(out: Path, hashed: list[str]) -> None:
    assert states(again(out)) == ["kept", "kept"]
    assert hashed == []
    done = convert_all(files(out.with_name("in")), out, ".npz", 1, SETTINGS, anew=True)
    assert states(done) == ["kept", "kept"]
    assert hashed == ["a.safetensors", "a.npz", "b.safetensors", "b.npz"]


@pytest.mark.parametrize("change", CHANGED)
@pytest.mark.parametrize("side", ["in/a.safetensors", "out/a.npz"])
def test_what_the_file_system_says_otherwise_is_hashed_once(
    change: str, side: str, out: Path, hashed: list[str]
) -> None:
    path = out.parent / side
    before = digest(path)
    CHANGED[change](path)
    same = digest(path) == before
    assert same == (change != "its bytes, with the old time")
    found = states(again(out))
    assert Path(side).name in hashed
    assert found[1] == "kept"
    assert (found[0] == "kept") == same
    if same:
        hashed.clear()
        assert states(again(out)) == ["kept", "kept"]
        assert hashed == []


def test_a_manifest_without_states_gets_them(out: Path, hashed: list[str]) -> None:
    said = json.loads((out / MANIFEST).read_text())
    for item in said["conversions"]:
        del item["source_state"], item["result_state"]
    (out / MANIFEST).write_text(json.dumps(said))
    assert states(again(out)) == ["kept", "kept"]
    assert len(hashed) == 4
    assert states(again(out)) == ["kept", "kept"]
    assert len(hashed) == 4
