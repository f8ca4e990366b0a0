"""Read other people's networks, and hold what follows from them to the original: exact, or refused, and for what.

    python -m benchmarks.importing                          # timm's 170 architectures: one variant of each kind
    python -m benchmarks.importing --keras --shard 0/4      # a quarter of them, with their Keras models
    python -m benchmarks.importing resnet50 convnext_tiny --from torchvision

Each is read in float64 with scrambled weights, at two sizes, and compared at both. A line says "exact",
"refused" with the reason, or "WRONG". The last line counts them. `timm_architectures.tsv` has the names and sizes.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import diptych

sys.path.insert(0, "parity_tests")  # what the tests hold models with

LIST = Path(__file__).with_name("timm_architectures.tsv")
TOLERANCE = 1e-10
Row = tuple[str, int, int]


def rows() -> list[Row]:
    """(name, height, width) of the architectures."""
    with LIST.open(encoding="utf-8", newline="") as file:
        return [(name, int(height), int(width)) for name, height, width in list(csv.reader(file, delimiter="\t"))[1:]]


def made(library: str, name: str) -> Any:
    """A model of a library with random weights."""
    from references.libraries import torchvision_models

    models = torchvision_models()
    if library == "timm":
        return importlib.import_module("timm").create_model(name, pretrained=False)
    return getattr(models, name)(weights=None)


def measured(model: Any, size: tuple[int, int], keras: bool) -> tuple[str, float]:
    """(what was found, seconds to read it) for a model, at a size and at a larger one."""
    import reading
    import torch

    model = model.double().eval()
    reading.scramble(model)
    worst, seconds = 0.0, 0.0
    for height, width in (size, _other(model, size)):
        begin = time.perf_counter()
        try:
            result = diptych.read(model, torch.zeros(1, 3, height, width))
        except diptych.DiptychError as error:
            return f"refused {error}", time.perf_counter() - begin
        seconds = max(seconds, time.perf_counter() - begin)
        images = reading.images_of(result.net)
        wanted = reading.outputs(model, images)
        for framework in ("torch", "tf") if keras else ("torch",):
            worst = max(worst, reading.difference(reading.built(result, framework, images), wanted))
        diptych.source(result.net, "torch")
    notes = f" ({'; '.join(result.notes)})" if result.notes else ""
    return f"{'exact' if worst < TOLERANCE else 'WRONG'} {worst:.1e} {len(result.net.nodes)} nodes{notes}", seconds


def _other(model: Any, size: tuple[int, int]) -> tuple[int, int]:
    """Another size that the model takes: odd, or where it takes multiples of 32 alone such a one."""
    import torch

    odd = (size[0] + 65, size[1] + 1)
    try:
        with torch.no_grad():
            model(torch.zeros(1, 3, *odd, dtype=torch.float64))
    except Exception:  # noqa: BLE001 - whatever the code of the model throws
        return size[0] + 32, size[1] + 64
    return odd


def main() -> None:
    """Print a line for each network, and how many are exact."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--from", dest="library", choices=("timm", "torchvision"), default="timm")
    parser.add_argument("--keras", action="store_true", help="the Keras models too")
    parser.add_argument("--shard", default="0/1", help="every n-th, from the m-th on: m/n")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    first, apart = map(int, options.shard.split("/"))
    wanted = [(name, 64, 96) for name in options.names] or rows()[first::apart]
    found = Counter[str]()
    for name, height, width in wanted:
        try:
            said, seconds = measured(made(options.library, name), (height, width), options.keras)
        except Exception as error:  # noqa: BLE001 - one fault is a line, and the others are measured
            said, seconds = f"FAILED {type(error).__name__}: {error}", 0.0
        found[said.partition(" ")[0]] += 1
        print(f"{name:28} {said[:400]}, read in {seconds:.1f} s", flush=True)
    print(", ".join(f"{count} {word}" for word, count in found.most_common()))


if __name__ == "__main__":
    main()
