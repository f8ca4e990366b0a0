"""Drives inputs through a worker process, and begins a new one where it died; `python -m hostile.drive` prints a table.

What killed the worker, or let it hang in native code, is an outcome like any other.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from hostile import WANTED, Outcome
from hostile.inputs import KINDS

WORKER = Path(__file__).with_name("worker.py")
PATIENCE = 60
"""Seconds without an outcome after which the worker is killed: it is deaf to its own alarm in native code."""
START = 300
"""Seconds for the first outcome of a worker, which imports the frameworks before."""


def drive(
    kinds: Sequence[str] = KINDS, each: int = 1, folder: Path | None = None, plant: Path | None = None
) -> list[Outcome]:
    """The outcome of every input of these kinds, or of every `each`-th; `plant` is a program that plants faults."""
    with tempfile.TemporaryDirectory() as name:
        outcomes = (folder or Path(name)) / "outcomes.jsonl"
        selection = json.dumps({"kinds": list(kinds), "each": each, "plant": str(plant or "")})
        while (ended := _run(selection, outcomes)) != 0:
            _note_death(outcomes, ended)
        return _read(outcomes)


def _read(outcomes: Path) -> list[Outcome]:
    lines = outcomes.read_text().splitlines() if outcomes.exists() else []
    return [Outcome(**json.loads(line)) for line in lines]


def _run(selection: str, outcomes: Path) -> int:
    """How the worker ended; it is killed where nothing comes from it."""
    path = os.pathsep.join(filter(None, (str(WORKER.parent.parent.parent), os.environ.get("PYTHONPATH"))))
    with outcomes.with_suffix(".stderr").open("a") as stderr:
        command = [sys.executable, str(WORKER), selection, str(outcomes)]
        process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stdout=stderr, stderr=stderr)
        begun = last = _size(outcomes)
        since = time.monotonic()
        while process.poll() is None:
            time.sleep(0.1)
            if (size := _size(outcomes)) != last:
                last, since = size, time.monotonic()
            if time.monotonic() - since > (START if last == begun else PATIENCE):
                process.kill()
    return process.returncode


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _note_death(outcomes: Path, ended: int) -> None:
    """Write down which input the worker died of; raises RuntimeError where it was none."""
    current = outcomes.with_suffix(".current")
    done = {outcome.name for outcome in _read(outcomes)}
    kind, name = json.loads(current.read_text()) if current.exists() else ("", "")
    if not name or name in done:
        raise RuntimeError(f"the worker ended with {ended}: {outcomes.with_suffix('.stderr').read_text()[-3000:]}")
    what = "hung" if ended == -9 else f"died with {ended}"
    with outcomes.open("a") as file:
        file.write(json.dumps({"kind": kind, "name": name, "what": what}) + "\n")


class Counts(NamedTuple):
    """How many inputs there were, and what became of them."""

    inputs: int
    refused: int
    accepted: int
    faults: int


def counts(outcomes: Iterable[Outcome]) -> Mapping[str, Counts]:
    """The counts of each kind."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.kind, []).append(outcome.what)
    return {kind: _counted(ends) for kind, ends in found.items()}


def _counted(ends: Sequence[str]) -> Counts:
    refused, accepted = (ends.count(what) for what in WANTED)
    return Counts(len(ends), refused, accepted, len(ends) - refused - accepted)


def main() -> None:
    """Print the table, and every fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--each", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    outcomes = drive(given.kinds, given.each, given.folder)
    rows = counts(outcomes)
    for kind, row in rows.items():
        sys.stdout.write(f"{kind:12}" + "".join(f"{number:8}" for number in row) + "\n")
    sys.stdout.write(f"{'all':12}" + "".join(f"{sum(column):8}" for column in zip(*rows.values(), strict=True)) + "\n")
    for outcome in outcomes:
        if outcome.what not in WANTED:
            sys.stdout.write(f"{outcome.name}: {outcome.what}: {outcome.message}\n")


if __name__ == "__main__":
    main()
