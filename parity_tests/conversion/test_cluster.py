"""Batches on a Ray cluster: the same bits, a lost process or machine costs no file, and what is wrong is one error.

Slow, and skipped where Ray is not installed (`pip install -c constraints.txt ray`); `.ci/run` makes an environment
with it.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from refusal import refused
from test_batch_broken import results, sources, unbroken

from diptych.conversion.batch import MANIFEST
from diptych.conversion.cluster import TRIES

TESTS = Path(__file__).parents[1]
pytestmark = [  # Ray leaves files and processes for the collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
with_ray = pytest.mark.skipif(find_spec("ray") is None, reason="no Ray (pip install -c constraints.txt ray)")
MACHINE = {"num_cpus": 1, "object_store_memory": 80_000_000}
SPREAD = """
import json, sys
from pathlib import Path
from worker_tasks import work
from diptych.conversion.cluster import spread
address, folder, *tasks = sys.argv[1:]
found = []
spread(address, (work.__module__, work.__name__), tasks, None, Path(folder), found.append, "{} {}".format)
print(json.dumps(found))
"""


class Machines:
    """A Ray cluster of two machines on this one, each with a processor; `ray` is its Python's."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self.cluster = Cluster(initialize_head=True, head_node_args=MACHINE)
        self.address: str = self.cluster.address
        self.add()

    def add(self) -> None:
        self.second = self.cluster.add_node(**MACHINE)

    def lose(self) -> None:
        """The second machine is gone, with all of its processes."""
        self.cluster.remove_node(self.second, allow_graceful=False)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    patch = pytest.MonkeyPatch()
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    patch.setenv("RAY_worker_niceness", "0")  # else whatever runs beside the tests goes first
    patch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS.parent)]))
    found = Machines()
    yield found
    found.cluster.shutdown()
    patch.undo()


def command(source: Path, out: Path, address: str, *more: str) -> subprocess.Popen[str]:
    words = ["convert", str(source), str(out), "--suffix", ".npz", "--no-check", "--ray", address, *more]
    return subprocess.Popen(
        [sys.executable, "-m", "diptych", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def begun(source: Path, out: Path, address: str) -> subprocess.Popen[str]:
    """A run on the cluster that has written the first lines of its manifest."""
    process = command(source, out, address)
    while not (out / MANIFEST).exists():
        assert process.poll() is None
        time.sleep(0.01)
    return process


def ended(process: subprocess.Popen[str], code: int) -> str:
    said, errors = process.communicate(timeout=120)
    assert process.returncode == code, (said, errors)
    return errors if code else said


@with_ray
@pytest.mark.slow
def test_a_cluster_gives_the_same_bits_and_goes_on_where_another_run_was(machines: Machines, tmp_path: Path) -> None:
    source = sources(tmp_path / "in", 4)
    wanted = unbroken(source, tmp_path / "one")
    out = tmp_path / "out"
    assert "4 converted" in ended(command(source, out, machines.address), 0)
    assert results(out) == wanted
    (out / "m1.npz").unlink()
    assert "1 converted, 3 kept" in ended(command(source, out, machines.address), 0)
    assert results(out) == wanted


@with_ray
@pytest.mark.slow
def test_paths_are_those_of_the_command(machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = sources(tmp_path / "in", 2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(TESTS.parent))
    wanted = unbroken(source, tmp_path / "one")
    ended(command(Path("in"), Path("out"), machines.address), 0)
    assert results(tmp_path / "out") == wanted


@with_ray
@pytest.mark.slow
def test_a_lost_process_is_replaced_and_one_that_is_lost_each_time_is_named(machines: Machines, tmp_path: Path) -> None:
    once, always = f"once {tmp_path / 'killed'}", f"kill {int(signal.SIGKILL)}"
    words = [sys.executable, "-c", SPREAD, machines.address, str(tmp_path), "a", once, always, "b"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found = done.stdout
    assert (tmp_path / "killed").exists()
    assert f"{once} by " in found
    assert f"{always} its process was lost {TRIES} times" in found
    assert all(f'"{task} by ' in found for task in "ab")
    assert os.listdir(tmp_path) == ["killed"]


@with_ray
@pytest.mark.slow
def test_a_lost_machine_costs_no_file(machines: Machines, tmp_path: Path) -> None:
    source = sources(tmp_path / "in", 40)
    wanted, out = unbroken(source, tmp_path / "one"), tmp_path / "out"
    process = begun(source, out, machines.address)
    machines.lose()
    try:
        assert process.poll() is None  # it had not ended before
        assert "40 converted" in ended(process, 0)
    finally:
        machines.add()
    assert results(out) == wanted


@with_ray
@pytest.mark.slow
def test_a_ctrl_c_keeps_what_is_done(machines: Machines, tmp_path: Path) -> None:
    source = sources(tmp_path / "in", 40)
    wanted, out = unbroken(source, tmp_path / "one"), tmp_path / "out"
    process = begun(source, out, machines.address)
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    ended(process, 130)
    assert time.monotonic() - start < 6
    assert (out / MANIFEST).stat().st_size > 0
    said = ended(command(source, out, machines.address), 0)
    assert not re.search(r"\b0 kept", said)
    assert results(out) == wanted


@with_ray
@pytest.mark.slow
@pytest.mark.parametrize("other", ["versions", "mark", "place"])
def test_a_machine_that_is_not_as_this_one_ends_the_run(machines: Machines, tmp_path: Path, other: str) -> None:
    change = {
        "versions": "real = cluster.Home; cluster.Home = lambda *rest: real(*rest, {'python': '3.99'})",
        "mark": "cluster.Stage = lambda f: __import__('types').SimpleNamespace(path=f / '.no', close=lambda: None)",
        "place": "real = cluster.Home; cluster.Home = lambda place, *rest: real('/no/such', *rest)",
    }[other]
    code = f"from diptych.conversion import cluster, batch\n{change}\nfrom diptych.commands.plain import main\nmain()"
    source, out = sources(tmp_path / "in", 2), tmp_path / "out"
    words = ["convert", str(source), str(out), "--suffix", ".npz", "--no-check", "--ray", machines.address]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    said = {"versions": "python 3.99", "mark": f"does not see the folder {out}", "place": "the folder /no/such"}[other]
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert os.listdir(out) == []


@with_ray
@pytest.mark.slow
def test_no_cluster_is_one_error(tmp_path: Path) -> None:
    source = sources(tmp_path / "in", 1)
    quick = ("convert", str(source), str(tmp_path / "out"), "--suffix", ".npz", "--ray")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert f"there is no Ray cluster at 127.0.0.1:{port} (Connection refused)" in refused(
        tmp_path, *quick, f"127.0.0.1:{port}"
    )
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        talks = threading.Thread(target=lambda: other.accept()[0].sendall(b"SSH-2.0-OpenSSH\r\n"))
        talks.start()
        assert "what answers is no Ray" in refused(tmp_path, *quick, address)
        talks.join()


@with_ray
@pytest.mark.slow
@pytest.mark.parametrize("address", ["", "here", "ray://127.0.0.1:10001", "127.0.0.1:0", "127.0.0.1:70000", "local"])
def test_a_wrong_address_is_named(tmp_path: Path, address: str) -> None:
    source = sources(tmp_path / "in", 1)
    said = refused(tmp_path, "convert", source, tmp_path / "out", "--suffix", ".npz", "--ray", address)
    assert f"HOST:PORT as `ray start` prints it, or auto, not {address!r}" in said


def test_without_ray_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    source = sources(tmp_path / "in", 1)
    said = refused(tmp_path, "convert", source, tmp_path / "out", "--suffix", ".npz", "--ray", "auto")
    assert "pip install 'diptych[ray]'" in said
    assert not (tmp_path / "out").exists()


def test_one_file_goes_to_no_cluster(tmp_path: Path) -> None:
    source: Any = sources(tmp_path / "in", 1) / "m0.safetensors"
    said = refused(tmp_path, "convert", source, tmp_path / "out.npz", "--ray", "auto")
    assert "--suffix, --jobs, --ray and --hash-again are for several files" in said
