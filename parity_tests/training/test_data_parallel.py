"""Two processes of one machine, each with half of every batch, reach what one process does, where they must."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from worker import in_keras, in_torch

HERE = Path(__file__).parent
ALONE = {"torch": in_torch, "tf": in_keras}


@pytest.fixture(autouse=True)
def _policy() -> Iterator[None]:
    """What a process alone sets in this one is put back."""
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


def together(framework: str, folder: Path, norm: str) -> list[dict[str, Any]]:
    """The weights of both processes at the end."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    running = [
        subprocess.Popen([sys.executable, str(HERE / "worker.py"), framework, str(rank), str(folder), norm],
                         env=environment, stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]  # fmt: skip
    try:
        said = [process.communicate(timeout=300)[1] for process in running]
    finally:
        for process in running:
            process.kill()
    assert [process.returncode for process in running] == [0, 0], said
    return [dict(np.load(folder / f"{rank}.npz")) for rank in range(2)]


def gap(one: dict[str, Any], other: dict[str, Any]) -> float:
    return max(float(np.abs(one[name] - other[name]).max() / np.abs(other[name]).max()) for name in other)


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["torch", "tf"])
@pytest.mark.parametrize("norm", ["plain", "sync"])
def test_two_processes_are_as_one_without_local_statistics(framework: str, norm: str, tmp_path: Path) -> None:
    both = together(framework, tmp_path, norm)
    assert gap(both[0], both[1]) == 0
    assert gap(both[0], ALONE[framework](0, tmp_path, norm, alone=True)) < 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["torch", "tf"])
def test_local_statistics_make_a_difference_that_both_frameworks_have(framework: str, tmp_path: Path) -> None:
    """Each process normalises by its half of the batch: synchronised normalisation alone is as one process."""
    both = together(framework, tmp_path, "norm")
    assert gap(both[0], both[1]) == 0
    assert 1e-6 < gap(both[0], ALONE[framework](0, tmp_path, "norm", alone=True)) < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["plain", "norm"])
def test_two_processes_of_pytorch_and_of_keras_train_the_same(norm: str, tmp_path: Path) -> None:
    found = []
    for framework in ALONE:
        folder = tmp_path / framework
        folder.mkdir()
        found.append(together(framework, folder, norm)[0])
    assert gap(*found) < 1e-8
