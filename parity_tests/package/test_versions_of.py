"""The versions of what is installed: those that importlib.metadata says, by the names of folders."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

from diptych.common import versions
from diptych.common.versions import versions_of

NAMES = ("diptych", "numpy", "torch", "tensorflow", "keras", "safetensors", "h5py")


@pytest.fixture(autouse=True)
def _anew() -> None:
    for function in (versions._version, versions._known):
        function.cache_clear()


def test_they_are_those_of_the_metadata() -> None:
    assert versions_of((*NAMES, "no_such_package")) == {name: metadata.version(name) for name in NAMES}


def test_a_plain_folder_needs_no_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("some_package-1.2.3+cpu.dist-info", "other-0.1.dist-info"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "nothing"), str(tmp_path)])
    monkeypatch.setattr(versions, "_asked", lambda name: pytest.fail(f"asked for {name}"))
    assert versions_of(("some-package", "other", "none")) == {"some-package": "1.2.3+cpu", "other": "0.1"}


@pytest.mark.parametrize("folders", [("x-1.dist-info", "x-2.dist-info"), ("x-1_2.dist-info",), ("x-1.egg-info",)])
def test_what_a_folder_does_not_say_is_asked_for(
    folders: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(versions, "_asked", lambda name: f"asked for {name}")
    assert versions_of(("x",)) == {"x": "asked for x"}
