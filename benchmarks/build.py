"""How long building takes, beside the constructors of torchvision, timm and keras.applications.

Run `python -m benchmarks.build [NETWORK ...]`; it prints the medians of ten turns of each side, and the median of the
turns' ratios; `first` is what the first call took beside a later one: of ours tracing, emitting and compiling, which
are kept. Each side is first as often as second, because memory that was just given back is cheaper than memory that
never was there. Both end with a model of initial weights in float32; ours are the seeded ones of both frameworks.
"""

from __future__ import annotations

import gc
import importlib
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, "parity_tests")  # the references of the tests

import diptych

TORCH = (
    "vgg19_bn",  # the largest of them
    "vgg19_e",
    "hrnet_w64_cls",
    "senet154",
    "efficientnet_b7",
    "resnet152",
    "resnet50",
    "densenet201",
    "densenet121",
)
KERAS = (
    "efficientnet_b7.keras",
    "resnet152.keras",
    "inception_resnet_v2.keras",
    "resnet50.keras",
    "densenet201.keras",
    "densenet121.keras",
)
TURNS = 10
Maker = Callable[[], Any]


def pairs(wanted: Sequence[str]) -> Iterator[tuple[str, Maker, Maker, str]]:
    """(name, what builds ours, what builds theirs, whose that is)."""
    from references import references
    from references.libraries import made

    for name in wanted or (*TORCH, *KERAS):
        known = references("keras.applications") if name.endswith(".keras") else references("torchvision", "timm")
        for item in known:
            if item.network != name or item.options:
                continue
            theirs = partial(made, item)
            if name.endswith(".keras"):
                make = getattr(importlib.import_module("keras").applications, item.name)
                theirs = partial(make, weights=None, **item.arguments)
            ours = partial(diptych.build, name, "tf" if name.endswith(".keras") else "torch")
            yield name, ours, theirs, f"{item.library}:{item.name}"


def seconds(make: Maker) -> float:
    """The time to make a model, which is let go."""
    gc.collect()
    start = time.perf_counter()
    make()
    return time.perf_counter() - start


def turns(ours: Maker, theirs: Maker) -> tuple[list[float], list[float]]:
    """The seconds of each in every turn; the first one, which imports, is what comes before the others."""
    times: dict[Maker, list[float]] = {ours: [], theirs: []}
    for turn in range(TURNS + 1):
        for make in (ours, theirs) if turn % 2 else (theirs, ours):
            times[make].append(seconds(make))
    return times[ours], times[theirs]


def main() -> None:
    """Print a line per network and library."""
    print(f"{'network':28}{'ours':>9}{'theirs':>9}{'ratio':>8}{'first':>8}")
    for name, ours, theirs, whose in pairs(sys.argv[1:]):
        (first, *mine), (_, *other) = turns(ours, theirs)
        ratio = statistics.median(one / two for one, two in zip(mine, other, strict=True))
        one, two = statistics.median(mine), statistics.median(other)
        print(f"{name:28}{one:8.2f}s{two:8.2f}s{ratio:8.2f}{first - one:7.2f}s  {whose}", flush=True)


if __name__ == "__main__":
    main()
