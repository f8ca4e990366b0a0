"""`python -m writers [NAME...]` in parity_tests: write the files of these names, or all."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from writers import Written, write

EVERY = (
    "models",
    "imported",
    "golden",
    "signatures",
    "onnx_page",
    "checks",
    "readme",
    "reliability",
    "detection",
    "augmentation",
    "zoo",
    "names",
    "answers",
    "met",
    "front",
    "failing",
    "locale",
    "traps",
    "dissected",
)


def written(name: str) -> Written:
    """What the files of a writer should hold."""
    found: Written = import_module(f"writers.{name}").written()
    return found


def main(names: Sequence[str]) -> int:
    """Write, with a line for each file that changed and one for each writer; 2 for an unknown name."""
    unknown = [name for name in names if name not in EVERY]
    if unknown:
        sys.stderr.write(f"error: there is no writer {unknown[0]!r}; there are {', '.join(EVERY)}\n")
        return 2
    for name in names or EVERY:
        found = written(name)
        lines = list(write(found))
        sys.stdout.writelines(f"{name}: {line}\n" for line in lines)
        sys.stdout.write(f"{name}: {len(found.texts)} in all, {len(lines) or 'none'} changed\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
