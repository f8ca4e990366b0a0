"""What the commands that compute little cost beside Python starting up: seconds of the processor, and of the clock.

Run `python -m benchmarks.startup [FILE ...]`; files are identified. It prints medians of seven runs that take turns,
less those of Python that does nothing, and beside them what importing NumPy costs in the same run, since one machine
is twice as fast as another, or as itself an hour later. Bytecode is kept in a folder of its own, as an installation
has it.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence

BARE, NUMPY = "python -c pass", "python -c import numpy"
LINES = (
    *("list", "list resnet", "card resnet50", "traps", "traps --json", "traps kernel_axes", "--help", "nonsense"),
    *("table resnet50", "table densenet201", "source resnet50 --torch", "source resnet50 --tf", "show resnet50"),
)
TURNS = 7


def seconds(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """(of the processor, of the clock) that a process takes, whatever it answers."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=False, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, time.perf_counter() - start


def main(files: Sequence[str]) -> None:
    """Print a line for each command."""
    lines = [*LINES, *(f"identify {file}" for file in files)]
    commands = {BARE: [sys.executable, "-c", "pass"], NUMPY: [sys.executable, "-c", "import numpy"]}
    commands |= {f"diptych {line}": [sys.executable, "-m", "diptych", *line.split()] for line in lines}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment = kept | {"PYTHONPYCACHEPREFIX": folder}
        for turn in range(TURNS + 1):
            for name, command in commands.items():
                found = seconds(command, environment)
                times[name] += [found] if turn else []  # the first one compiles
    medians = {name: [statistics.median(each) for each in zip(*found, strict=True)] for name, found in times.items()}
    (processor, clock), (numpy, _) = medians[BARE], medians[NUMPY]
    print(f"{BARE}: {processor:.3f} s of the processor, {clock:.3f} s of the clock; beyond it:")
    for name, (used, passed) in medians.items():
        if name != BARE:
            beyond = used - processor
            print(f"{name:<48}{beyond:7.3f} s{passed - clock:8.3f} s{beyond / (numpy - processor):7.1f} times NumPy")


if __name__ == "__main__":
    main(sys.argv[1:])
