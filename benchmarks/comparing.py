"""What a comparison of two given models takes, beside the models' own passes in float64 over the same images.

    python -m benchmarks.comparing resnet18 --size 64x48
    python -m benchmarks.comparing resnet50 --size 224x224 --check
    python -m benchmarks.comparing resnet152 --size 224x224 --one-size

The models are torchvision's module and the Keras build of the registered network, with the module's weights. Own passes
are a forward and a backward pass of both copies in float64 for each batch that was compared. Each of the two runs in a
process of its own: seconds are those of the processor, memory is the peak of the process, of the passes once more
after the one batch that a comparison takes gradients of. What the copies in float64 take is counted while they are
alive, before any image goes through them: all tensors and variables of that dtype, each storage once. With --one-size
that batch is the only one of the passes, and the comparison is of its size alone: for the memory of large models.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

import diptych

sys.path.insert(0, "parity_tests")  # what the tests hold models with

BEFORE = "comparing outputs"
"""What a comparison says when its copies are made, and no image has gone through them."""


@dataclass
class Taken:
    """Seconds of the processor, the peak of the process and the copies in float64 in GB, and what was found.

    `step` is the peak of the process after the batch alone that gradients are taken of.
    """

    seconds: float = 0.0
    peak: float = 0.0
    step: float = 0.0
    copies: float = 0.0
    verdict: str = ""


def peak() -> float:
    """The most memory that this process has had, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def copies() -> float:
    """What all tensors and variables in float64 take that are alive, in GB."""
    import tensorflow as tf
    import torch

    gc.collect()
    found = dict[Any, int]()
    for item in gc.get_objects():
        kind = type(item)  # what an object says of its class may load a module, or warn
        if issubclass(kind, torch.Tensor) and item.dtype == torch.float64:
            found[item.untyped_storage().data_ptr()] = item.untyped_storage().nbytes()
        elif issubclass(kind, tf.Variable) and item.dtype == tf.float64:
            found[id(item)] = 8 * int(np.prod(item.shape))
    return sum(found.values()) / (1 << 30)


def own_passes(models: tuple[Any, Any], shape: tuple[int, int, int], one_size: bool) -> Taken:
    """A forward and a backward pass of both in float64, for each batch of a comparison, that of its gradients first."""
    from diptych.comparing.sides import images, side
    from diptych.comparing.training import BATCH

    sides = [side(model, "", shape) for model in models]
    taken = Taken(copies=copies())
    batches = sorted(images(shape, (1, 2, 3), None), key=lambda one: (one.shape, len(one.values)) != (shape, BATCH))
    begin = time.process_time()
    for batch in batches[:1] if one_size else batches:
        for one in sides:
            if one.wide is None or (given := one.wide.at(*batch.shape[1:])) is None:
                continue
            seeds = [np.ones_like(value) for value in given.outputs(batch.values[:1]).values()]
            given.step(batch.values, [np.repeat(seed, len(batch.values), 0) for seed in seeds], training=False)
        taken.step = taken.step or peak()
    taken.seconds = time.process_time() - begin
    return taken


def held(net: Any, models: tuple[Any, Any], check: bool, one_size: bool) -> Taken:
    """A comparison, or a check, of both as they stand."""
    taken = Taken()

    def say(text: str) -> None:
        if text.endswith(BEFORE) and not taken.copies:
            begin = time.process_time()
            taken.copies = copies()
            taken.seconds -= time.process_time() - begin

    begin = time.process_time()
    if check:
        report = diptych.check(net, models=models, progress=say)
    else:
        sizes: dict[str, Any] = {"sizes": [net.input_shape[1:]], "batches": (3,)} if one_size else {}
        report = diptych.compare(*models, example=(1, *net.input_shape), weights="transfer", progress=say, **sizes)
    taken.seconds += time.process_time() - begin
    taken.verdict = report.verdict
    return taken


def measured(name: str, height: int, width: int, what: str, one_size: bool) -> Taken:
    """What one of the two takes, in this process."""
    from references.libraries import torchvision_models

    module = getattr(torchvision_models(), name)(weights=None)
    net = diptych.spec(name, input_size=(height, width))
    port = diptych.build(net, "tf", weights=diptych.weights(module, net))
    if what == "passes":
        taken = own_passes((module, port), (3, height, width), one_size)
    else:
        taken = held(net, (module, port), what == "check", one_size)
    taken.peak = peak()
    return taken


def apart(options: argparse.Namespace, what: str) -> Taken:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.comparing", options.name, "--size", options.size, "--one", what]
    command += ["--one-size"] if options.one_size else []
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Print the seconds, their ratio, and the peaks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--size", default="64x48")
    parser.add_argument("--check", action="store_true", help="check(net, models=...) instead")
    parser.add_argument("--one-size", action="store_true", help="at the first size, in batches of three")
    parser.add_argument("--one", choices=("passes", "compare", "check"), help="one of them alone, as JSON")
    options = parser.parse_args()
    if options.one:
        height, width = map(int, options.size.split("x"))
        print(json.dumps(asdict(measured(options.name, height, width, options.one, options.one_size))))
        return
    own = apart(options, "passes")
    print(
        f"own passes: {own.seconds:.1f} s, peak {own.peak:.2f} GB, {own.step:.2f} GB for the batch of the gradients, "
        f"with {own.copies:.2f} GB of copies in float64",
        flush=True,
    )
    word = "check" if options.check else "compare"
    taken = apart(options, word)
    ratio = "" if options.one_size else f" ({taken.seconds / own.seconds:.2f} times the own passes)"
    print(
        f"{word}: {taken.verdict}, {taken.seconds:.1f} s{ratio}, peak {taken.peak:.2f} GB with {taken.copies:.2f} GB "
        f"of copies; beside the copies {taken.peak - taken.copies - (own.step - own.copies):.2f} GB more than the "
        f"batch of the gradients takes, {taken.peak - taken.copies - (own.peak - own.copies):.2f} GB more than all do"
    )


if __name__ == "__main__":
    main()
