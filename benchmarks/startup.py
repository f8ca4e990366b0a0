"""How long the commands that need no framework take to answer, beside Python starting up with NumPy alone.

Run `python -m benchmarks.startup`; it prints medians and their ratio, from runs that take turns.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python, import numpy": ["-c", "import numpy"],
    "diptych list": ["-m", "diptych", "list"],
    "diptych table resnet50": ["-m", "diptych", "table", "resnet50"],
}


def seconds(arguments: list[str]) -> float:
    """The time one run of Python takes from start to end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main(runs: int = 11) -> None:
    """Print the median of each command and its ratio to the first."""
    timed: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs + 1):
        for name, arguments in COMMANDS.items():
            timed[name].append(seconds(arguments))
    medians = {name: statistics.median(values[1:]) for name, values in timed.items()}
    base = next(iter(medians.values()))
    for name, median in medians.items():
        print(f"{name:<24} {median:.2f} s  {median / base:.1f} times")


if __name__ == "__main__":
    main()
