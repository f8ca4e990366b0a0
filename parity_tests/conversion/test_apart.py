"""A proof in a process of its own: the same answers, nothing left of a failed or interrupted one, and no process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import process

import diptych
from diptych.conversion import apart
from diptych.files import write

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="copies are made on Linux alone")

BESIDE = """
import os, signal, sys, time
from diptych.common.errors import DiptychError, FileError
from diptych.conversion.apart import Beside
def refuse(): raise FileError("no\\nsuch")
def fail(): raise KeyError("odd")
def odd():
    class Odd(Exception): pass
    raise Odd("cannot be sent")
def die(): os.kill(os.getpid(), signal.SIGSEGV)
def leave(): os._exit(7)
def say(): print("said"); sys.stderr.write("heard\\n"); return "done"
held = list(range(5))
for work in (lambda: sum(held), say, refuse, fail, odd, die, leave):
    with Beside(work) as beside:
        try:
            print(beside.result())
        except Exception as error:
            print(type(error).__name__, str(error).partition(",")[0], *(len(note) > 9 for note in error.__notes__)
                  if hasattr(error, "__notes__") else ())
start = time.monotonic()
with Beside(lambda: time.sleep(600)):
    pass
try:
    with Beside(lambda: time.sleep(600)): raise KeyboardInterrupt
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - start < 60)
try:
    os.waitpid(-1, os.WNOHANG)
    print("left")
except ChildProcessError:
    print("none left")
"""

CONVERT = """
import sys
import diptych.conversion.proving as proving
from diptych.commands.plain import main
{patch}
sys.argv = ["diptych", "convert", *sys.argv[1:]]
try:
    main()
finally:
    print("frameworks:", *({{"torch", "tensorflow"}} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("apart") / "in.pth"
    write(path, diptych.spec("lenet5_modern"), diptych.init("lenet5_modern"), {})
    return path


def test_work_beside_gives_or_raises_what_it_does_and_ends() -> None:
    found = process(code=BESIDE)
    assert found.stderr == "heard\n"
    assert found.stdout.splitlines() == [
        *("10", "done", r"FileError no\nsuch", "KeyError 'odd' True", "RuntimeError Odd: cannot be sent"),
        "DiptychError the process of the check ended with signal 11",
        "DiptychError the process of the check ended with code 7",
        *("interrupted True", "none left"),
    ]


@pytest.mark.slow
def test_a_conversion_is_proven_without_a_framework_in_its_own_process(source: Path, tmp_path: Path) -> None:
    found = process(source, tmp_path / "out.keras", code=CONVERT.format(patch=""))
    assert found.returncode == 0, found.stderr
    assert found.stdout.endswith("frameworks:\n")
    assert "PyTorch against TensorFlow in float64" in found.stdout
    report = json.loads((tmp_path / "out.keras.report.json").read_text())
    assert report["readers"]["source"].startswith("torch.load of torch")
    assert report["readers"]["result"]
    here = diptych.convert(source, tmp_path / "here.keras")
    assert (tmp_path / "here.keras").read_bytes() == (tmp_path / "out.keras").read_bytes()
    assert here.proof is not None
    assert here.proof.difference == report["proof"]["difference"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("raise DiptychError('the converted network is another function')", "error: the converted network is another"),
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            "error: the process of the check ended with signal 9, as where memory",
        ),
        ("raise TypeError('of a fault')", "internal error: TypeError: of a fault"),
    ],
)
def test_nothing_is_left_of_a_proof_that_fails(fault: str, said: str, source: Path, tmp_path: Path) -> None:
    patch = f"import os, signal\nfrom diptych.common.errors import DiptychError\ndef prove(*a, **b): {fault}\n"
    found = process(source, tmp_path / "out.keras", code=CONVERT.format(patch=f"{patch}proving.prove = prove"))
    assert found.stderr.startswith(said)
    assert found.stderr.count("\n") == 1
    assert found.stdout == "frameworks:\n"
    assert found.returncode == (3 if "internal" in said else 2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_proof_ends_with_the_process_that_waits_for_it(number: int, source: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    patch = (
        "import os, time\nfrom pathlib import Path\n"
        f"def prove(*a, **b): Path({str(mark)!r}).write_text(str(os.getpid())); time.sleep(600)\nproving.prove = prove"
    )
    command = [sys.executable, "-c", CONVERT.format(patch=patch), str(source), str(tmp_path / "out.keras")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        until(lambda: mark.exists() and mark.read_text() and list(tmp_path.glob(".*")))
        running.send_signal(number)
        _, said = running.communicate(timeout=120)
    assert running.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    assert said == ""
    until(lambda: not is_alive(int(mark.read_text())))
    if number == signal.SIGINT:
        assert [path.name for path in tmp_path.iterdir()] == ["mark"]


def until(what: Any) -> None:
    """Wait until something is so, two minutes at most."""
    end = time.monotonic() + 120
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_where_it_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in apart.HEAVY:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr("threading.enumerate", lambda: [__import__("threading").current_thread()])
    monkeypatch.setattr(apart, "available", lambda: apart.ROOM + 10 * apart.TIMES)
    assert not apart.is_possible(10)
    with apart.apart():
        assert apart.is_possible(10)
        assert not apart.is_possible(11)
        monkeypatch.setitem(sys.modules, "torch", os)
        assert not apart.is_possible(10)
