"""Batches that are broken off, at every step and at random: the next call goes on, and ends with the same bits."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from selection import some

from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.conversion.batch import MANIFEST, convert_all, files
from diptych.conversion.report import digest
from diptych.files import write

NET = spec("lenet5_modern")
TESTS = Path(__file__).parents[1]
SETTINGS: dict[str, Any] = {"to": "diptych", "force": False, "check": None}
INTERRUPTED = 130


def sources(folder: Path, count: int) -> Path:
    """Small files of weights, each with numbers of its own."""
    folder.mkdir()
    weights = scrambled(NET)
    for number in range(count):
        arrays = {name: array + array.dtype.type(number / 8) for name, array in weights.items()}
        write(folder / f"m{number}.safetensors", NET, arrays, {})
    return folder


def results(folder: Path) -> dict[str, str]:
    """Name -> digest of each result, after checking that all that is there belongs together and nothing else is."""
    names = sorted(os.listdir(folder))
    found = {name: digest(folder / name) for name in names if name.endswith((".npz", ".pth", ".keras"))}
    assert names == sorted([*found, *(f"{name}.report.json" for name in found), MANIFEST])
    said = json.loads((folder / MANIFEST).read_text("utf-8"))["conversions"]
    assert {Path(item["destination"]).name: item["result"] for item in said} == found
    assert [item["error"] for item in said] == [""] * len(found)
    for name, value in found.items():
        assert json.loads((folder / f"{name}.report.json").read_text("utf-8"))["result"]["sha256"] == value
    return found


def unbroken(source: Path, out: Path, suffix: str = ".npz") -> dict[str, str]:
    convert_all(files(source), out, suffix, 1, SETTINGS)
    return results(out)


EVERY_STEP = """
import shutil, sys
from pathlib import Path
from broken_off import broken_off
from conversion.test_batch_broken import SETTINGS, convert_all, files, results, unbroken

source, start, stride = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
wanted, out = unbroken(source, source.with_name("one")), source.with_name("out")
run = lambda: convert_all(files(source), out, ".npz", 1, SETTINGS)
step = start
while True:
    shutil.rmtree(out, ignore_errors=True)
    went_on = broken_off(run, step)
    if step % 2:  # what goes on is broken off, too
        broken_off(run, step * 7 % 50)
    done = run()
    assert not any(item.error for item in done), (step, done)
    assert results(out) == wanted, step
    if not went_on:
        break
    step += stride
print(step)
"""


@pytest.mark.parametrize("stride", [17, pytest.param(1, marks=pytest.mark.full)])
def test_a_batch_goes_on_from_every_step(stride: int, tmp_path: Path) -> None:
    """`step` counts the calls to the system that change files; each time the run ends before the next of them."""
    source = sources(tmp_path / "in", 2)
    command = [sys.executable, "-c", EVERY_STEP, str(source), "0", str(stride)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) > 100


def started(source: Path, out: Path, *more: str, jobs: int = 2) -> subprocess.Popen[str]:
    """The command in a process group of its own."""
    words = ["convert", str(source), str(out), "--suffix", ".npz", "--no-check", "--jobs", str(jobs), *more]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "diptych", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True,
    )  # fmt: skip


def alive(group: int) -> list[int]:
    """The processes of a group that have not ended."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, owner = place.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(owner) == group and state not in "ZX":
            found.append(int(place.parent.name))
    return found


def wait_until(true: Any, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not true():
        time.sleep(0.02)
    return bool(true())


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], float]:
    """(sources, digests of the results of an unbroken run, seconds that it took)."""
    place = tmp_path_factory.mktemp("eight")
    source = sources(place / "in", 8)
    start = time.monotonic()
    with started(source, place / "one") as process:
        assert process.wait() == 0
    return source, results(place / "one"), time.monotonic() - start


@pytest.mark.parametrize("seed", some(range(12), 0) + [pytest.param(n, marks=pytest.mark.full) for n in range(12, 60)])
def test_a_batch_goes_on_from_a_random_kill(
    seed: int, eight: tuple[Path, dict[str, str], float], tmp_path: Path
) -> None:
    source, wanted, seconds = eight
    chance = random.Random(seed)  # noqa: S311 (a place to stop, no secret)
    number = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT][seed % 3]
    whole = chance.random() < 0.5
    out = tmp_path / "out"
    with started(source, out) as process:
        time.sleep(chance.random() * seconds)
        (os.killpg if whole else os.kill)(process.pid, number)
        process.communicate(timeout=10)
        assert wait_until(lambda: not alive(process.pid), 5), (number, whole)
    with started(source, out) as process:
        said, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert said.rstrip().endswith("0 with errors")
    assert results(out) == wanted


@pytest.mark.parametrize("whole", [True, False])
def test_a_ctrl_c_ends_a_batch_at_once_with_what_is_done(
    whole: bool, eight: tuple[Path, dict[str, str], float], tmp_path: Path
) -> None:
    source, _, _ = eight
    out = tmp_path / "out"
    with started(source, out) as process:
        assert wait_until(lambda: len(list(out.glob("*.npz"))) > 1, 60)
        (os.killpg if whole else os.kill)(process.pid, signal.SIGINT)
        start = time.monotonic()
        _, errors = process.communicate(timeout=20)
        assert time.monotonic() - start < 5
    assert process.returncode == INTERRUPTED
    assert wait_until(lambda: not alive(process.pid), 5)
    assert "Traceback" not in errors
    assert 2 <= len(results(out)) <= 8


NATIVE = """
import hashlib, sys
from pathlib import Path
from diptych.conversion import batch

real = batch.convert

def slow(source, *rest, **more):
    if source.name == "m1.safetensors":
        print("native", flush=True)
        hashlib.pbkdf2_hmac("sha256", b"a", b"b", (1 << 31) - 1)
    return real(source, *rest, **more)

batch.convert = slow
batch.convert_all(batch.files(Path(sys.argv[1])), Path(sys.argv[2]), ".npz", 1, {"check": None})
"""


def test_a_ctrl_c_ends_a_batch_of_one_process_in_the_midst_of_native_code(tmp_path: Path) -> None:
    """An hour's work that does not look for signals; pressing the keys again does not make it longer."""
    source, out = sources(tmp_path / "in", 3), tmp_path / "out"
    command = [sys.executable, "-c", NATIVE, str(source), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "native\n"
        time.sleep(0.5)
        start = time.monotonic()
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.7)
        _, errors = process.communicate(timeout=20)
        assert time.monotonic() - start < 5, errors
    assert process.returncode == INTERRUPTED, errors
    assert list(results(out)) == ["m0.npz"]


def test_two_batches_at_once_on_one_folder_stay_right(
    eight: tuple[Path, dict[str, str], float], tmp_path: Path
) -> None:
    """Of the same files and of others: neither loses what the other says."""
    source, wanted, _ = eight
    out, more = tmp_path / "out", tmp_path / "more"
    more.mkdir()
    (more / "other.safetensors").write_bytes((source / "m0.safetensors").read_bytes())
    with started(source, out) as one, started(source, out) as two, started(more, out, jobs=1) as three:
        ended = [process.communicate() for process in (one, two, three)]
    assert [process.returncode for process in (one, two, three)] == [0, 0, 0], ended
    found = results(out)
    assert found.pop("other.npz") == wanted["m0.npz"]
    assert found == wanted
