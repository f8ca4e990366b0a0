"""What a comparison of two given models takes, beside the models' own passes in float64 over the same images.

    python -m benchmarks.comparing resnet18 --size 64x48
    python -m benchmarks.comparing resnet50 --size 224x224 --check

The models are torchvision's module and the Keras build of the registered network, with the module's weights. Own passes
are a forward and a backward pass of both copies in float64 for each batch that was compared. Each runs in this process,
one after the other; memory is the peak of the process, of the passes alone first.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from typing import Any

import numpy as np

import diptych

sys.path.insert(0, "parity_tests")  # what the tests hold models with


def peak() -> float:
    """The most memory that this process has had, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def own_passes(models: tuple[Any, Any], shape: tuple[int, int, int]) -> float:
    """Seconds of a forward and a backward pass of both in float64, for each batch of a comparison."""
    from diptych.comparing.sides import images, side

    sides = [side(model, "", shape) for model in models]
    begin = time.perf_counter()
    for batch in images(shape, (1, 2, 3), None):
        for one in sides:
            if one.wide is None or (given := one.wide.at(*batch.shape[1:])) is None:
                continue
            seeds = [np.ones_like(value) for value in given.outputs(batch.values[:1]).values()]
            given.step(batch.values, [np.repeat(seed, len(batch.values), 0) for seed in seeds], training=False)
    return time.perf_counter() - begin


def held(net: Any, module: Any, port: Any, check: bool) -> Any:
    """The report of a comparison, or of a check, of both as they stand."""
    if check:
        return diptych.check(net, models=(module, port))
    return diptych.compare(module, port, example=(1, *net.input_shape), weights="transfer")


def main() -> None:
    """Print the seconds, their ratio, and the peaks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--size", default="64x48")
    parser.add_argument("--check", action="store_true", help="check(net, models=...) instead")
    options = parser.parse_args()
    from references.libraries import torchvision_models

    height, width = map(int, options.size.split("x"))
    module = getattr(torchvision_models(), options.name)(weights=None)
    net = diptych.spec(options.name, input_size=(height, width))
    port = diptych.build(net, "tf", weights=diptych.weights(module, net))
    taken = own_passes((module, port), (3, height, width))
    print(f"own passes: {taken:.1f} s, peak {peak():.1f} GB")
    begin = time.perf_counter()
    report = held(net, module, port, options.check)
    seconds = time.perf_counter() - begin
    word = "check" if options.check else "compare"
    print(
        f"{word}: {report.verdict}, {seconds:.1f} s, {seconds / taken:.2f} times the own passes, peak {peak():.1f} GB"
    )


if __name__ == "__main__":
    main()
