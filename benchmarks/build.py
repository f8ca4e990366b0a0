"""How long the largest networks take to build, beside the constructors of the libraries that have them.

Run `python -m benchmarks.build`; it prints the best of three runs that take turns, and the ratio. Both sides end with
a model of initial weights in float32; ours are the seeded ones that both frameworks share.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, "parity_tests")  # the references of the tests

import diptych

TORCH = ("vgg19_e", "senet154", "hrnet_w64_cls", "densenet201", "efficientnet_b7", "resnet50")
KERAS = ("efficientnet_b7.keras", "inception_resnet_v2.keras", "resnet152.keras", "densenet201.keras", "resnet50.keras")
TURNS = 3


def pairs() -> dict[str, tuple[Callable[[], Any], Callable[[], Any], str]]:
    """Name -> what builds ours, what builds theirs, and whose that is."""
    from references import references
    from references.libraries import made

    found = {}
    for item in references("torchvision", "timm"):
        if item.network in TORCH and not item.options:
            ours = partial(diptych.build, item.network, "torch")
            found[item.network] = (ours, partial(made, item), f"{item.library}:{item.name}")
    for item in references("keras.applications"):
        if item.network in KERAS and not item.options:
            theirs = getattr(importlib.import_module("keras").applications, item.name)
            ours = partial(diptych.build, item.network, "tf")
            found[item.network] = (ours, partial(theirs, weights=None, **item.arguments), f"{item.library}:{item.name}")
    return found


def seconds(make: Callable[[], Any]) -> float:
    """The time to make a model, which is let go."""
    gc.collect()
    start = time.perf_counter()
    make()
    return time.perf_counter() - start


def main() -> None:
    """Print a line per network."""
    print(f"{'network':28}{'ours':>9}{'theirs':>9}{'ratio':>8}")
    for name, (ours, theirs, whose) in pairs().items():
        times = [(seconds(ours), seconds(theirs)) for _ in range(TURNS)]
        mine, other = (min(column) for column in zip(*times, strict=True))
        print(f"{name:28}{mine:8.2f}s{other:8.2f}s{mine / other:8.2f}  {whose}", flush=True)


if __name__ == "__main__":
    main()
