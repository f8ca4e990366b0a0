"""Faults planted in imported models of timm, torchvision and keras.applications: what a comparison says of each.

    python -m benchmarks.planted                  # all, on two cores some minutes
    python -m benchmarks.planted torch_eps bgr    # those whose names have one of these texts
    python -m benchmarks.planted -v keras_half    # with the reports

A line says whether the fault was found, whether the report names the right node, and whether it tells the cause.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
import warnings
from typing import Any

sys.path[:0] = ["parity_tests", "parity_tests/comparing"]  # what the tests hold models with


def main() -> None:
    """Print a line for each fault, and totals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("-v", action="store_true", help="print every report")
    parser.add_argument("--short", action="store_true", help="print the reports of what falls short")
    parser.add_argument("--sizes", action="store_true", help="compare images of other sizes, too")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    from planted import FAULTS

    for catalogue in ("planted_in_torch", "planted_in_keras", "planted_in_training"):
        importlib.import_module(catalogue)
    chosen = {
        n: f
        for n, f in FAULTS.items()
        if not options.names or n in options.names or any(text in n for text in options.names if text not in FAULTS)
    }
    counts = [0, 0, 0]
    for name, fault in chosen.items():
        marks, report, seconds = _judged(fault, not options.sizes)
        counts = [count + mark for count, mark in zip(counts, marks, strict=True)]
        told = " ".join(word if mark else "-" * len(word) for word, mark in
                        zip(("found", "node", "cause"), marks, strict=True))  # fmt: skip
        print(f"{name:<32} {fault.kind:<28} {fault.pair:<22} {told} {seconds:5.1f} s", flush=True)
        if options.v or (options.short and not all(marks)):
            print(report, flush=True)
    total = len(chosen)
    words = zip(("found", "node", "cause"), counts, strict=True)
    print(f"{total} faults: " + ", ".join(f"{word} {count} ({count / total:.1%})" for word, count in words))


def _judged(fault: Any, alone: bool) -> tuple[tuple[bool, bool, bool], str, float]:
    from planted import judged

    start = time.monotonic()
    try:
        done = judged(fault, alone)
        marks, said = (done.found, done.place, done.cause), str(done.report)
    except Exception:  # noqa: BLE001 - a fault that cannot be planted, or a comparison that fails, is a line, too
        marks, said = (False, False, False), traceback.format_exc()
    return marks, said, time.monotonic() - start


if __name__ == "__main__":
    main()
