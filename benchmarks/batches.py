"""How fast a batch converts, beside a plain copy: files of one network, over numbers of processes and of files.

Run `python -m benchmarks.batches [--network NAME] [--jobs 1 2 4] [--files 10 100]`. A row is a whole command,
`python -m diptych convert FOLDER OUT --suffix .keras --jobs N --no-check`: MB of source per second of the clock, the
seconds of processors per file, and the largest memory of a process. `copy` is `cp` of the same folder, synced as ours
is; `again` is the same command once more, which has nothing left to do but to read its manifest.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import diptych
from diptych.files import write

ROOT = Path(__file__).parents[1]


class Run(NamedTuple):
    """Seconds of the clock and of processors, and GB of the largest process so far."""

    clock: float
    processor: float
    memory: float


def run(command: list[str]) -> Run:
    """Run a command and all processes that it starts."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(ROOT)}
    environment.setdefault("PYTHONPYCACHEPREFIX", str(Path(tempfile.gettempdir()) / "diptych-benchmark-bytecode"))
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(time.perf_counter() - start, used, after.ru_maxrss / 1e6)


def sources(folder: Path, name: str, count: int) -> float:
    """Make files of a network in a folder, which are copies of one; their MB."""
    folder.mkdir()
    net = diptych.spec(name)
    write(folder / "0.pth", net, diptych.init(net), {})
    for number in range(1, count):
        shutil.copy(folder / "0.pth", folder / f"{number}.pth")
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def rows(name: str, count: int, jobs: list[int]) -> None:
    """Print a line for each number of processes."""
    with tempfile.TemporaryDirectory() as home:
        folder, out = Path(home, "in"), Path(home, "out")
        size = sources(folder, name, count)
        copied = run(["sh", "-c", f"cp -r {folder} {home}/copy && sync {home}/copy/*"])
        shutil.rmtree(Path(home, "copy"))
        for number in jobs:
            words = ["convert", str(folder), str(out), "--suffix", ".keras", "--jobs", str(number), "--no-check"]
            first, again = (run([sys.executable, "-m", "diptych", *words]) for _ in range(2))
            speed = f"{size / first.clock:8.1f}{size / copied.clock:10.1f}"
            cost = f"{first.processor / count:10.3f}{first.memory:7.2f}{again.clock:9.2f}{again.processor:8.2f}"
            print(f"{name:22}{count:6}{number:6}{speed}{cost}", flush=True)
            shutil.rmtree(out)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="squeezenet1_1")
    parser.add_argument("--jobs", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--files", type=int, nargs="*", default=[10, 100])
    asked = parser.parse_args()
    head = f"{'files':>6}{'jobs':>6}{'MB/s':>8}{'copy MB/s':>10}{'cpu/file':>10}{'GB':>7}{'again s':>9}{'cpu s':>8}"
    print(f"{'':22}{head}")
    for count in asked.files:
        rows(asked.network, count, asked.jobs)


if __name__ == "__main__":
    main()
