"""The walk over an HDF5 file in a copy of the process: the same answers as in a new one, and never back into it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command_line import process

WALK = """
import os, signal, sys, time
from pathlib import Path
import h5py
from diptych.common.errors import FileError
from diptych.files import h5_checked, h5_forked, h5_guard
path = Path(sys.argv[1])
with h5py.File(path, "w") as file:
    file["layers/a/vars/0"] = [1.0, 2.0]
assert h5_forked.is_possible(), os.listdir("/proc/self/task")
h5_checked._run = None  # no new process
def crash(*numbers, **room): os.kill(os.getpid(), signal.SIGSEGV)
def swell(*numbers, **room): return h5_guard.SWOLLEN
def loop(*numbers, **room):
    while True: pass
def wait(*numbers, **room): time.sleep(600)
def fail(*numbers, **room): raise KeyError("no")
def say(*numbers, **room): print("said"); sys.stderr.write("said")
whole = h5_guard.main
for walk in (whole, fail, say, crash, swell, loop, wait):
    h5_guard.main = walk if walk is not loop else lambda *numbers, **room: (limited(), loop())
    h5_checked._survived.clear()
    h5_checked.SECONDS = 0 if walk is wait else 1
    def limited():
        import resource
        resource.setrlimit(resource.RLIMIT_CPU, (1, 2))
    try:
        h5_checked.check_survivable(path)
        print(walk.__name__, "ok")
    except FileError as error:
        print(walk.__name__, str(error).partition("(")[2].partition(")")[0])
try:
    os.waitpid(-1, os.WNOHANG)
    print("left")
except ChildProcessError:
    print("none left")
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="a copy is made on Linux alone")
def test_a_copy_walks_and_says_how_it_ended(tmp_path: Path) -> None:
    found = process(str(tmp_path / "x.h5"), code=WALK)
    assert found.stderr == ""
    assert found.stdout.splitlines() == [
        *("main ok", "fail ok", "say ok", "crash libhdf5 crashes over it, with signal 11"),
        "swell its names and attributes take too much memory",
        "loop libhdf5 does not end over it within 1 seconds",
        "wait libhdf5 does not end over it within 0 seconds",
        "none left",
    ]


def test_a_process_with_threads_or_a_framework_is_not_copied() -> None:
    code = (
        "import sys, threading, types\nfrom diptych.files import h5_forked\n"
        "end = threading.Event(); thread = threading.Thread(target=end.wait); thread.start()\n"
        "print(h5_forked.is_possible()); end.set(); thread.join()\n"
        "sys.modules['torch'] = types.ModuleType('torch'); print(h5_forked.is_possible())"
    )
    assert process(code=code).stdout == "False\nFalse\n"
