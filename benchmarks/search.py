"""The search for the digits, as docs/search.md shows it.

`python -m benchmarks.search --budgets 8 18 --seeds 5 --images 960` searches under each budget with each seed and prints
a row for each; the networks of the first seed are trained from the start. `--steps torch tf` prints the time of both
kinds of steps beside that of the plain network of the largest candidates. Times are the processor's, on one thread.
"""

from __future__ import annotations

import argparse
import os

os.environ.update(OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from diptych import searching, training
from diptych.common.search.draws import gumbel
from diptych.common.search.setting import Objective
from diptych.searching.run import searcher_of
from diptych.training.curves import run

EPOCHS = 10
RUNTIME = "onnxruntime"
LARGEST = "k5_e6"


def one_thread() -> None:
    """Let PyTorch use one thread, as TensorFlow is told by its environment."""
    import torch

    torch.set_num_threads(1)


def row(budget: float, seed: int, count: int, framework: str, pictures: Path | None) -> tuple[str, float]:
    """One search on so many images, and its cost as a number; of the first seed also a picture and what it learns."""
    space, (images, labels, held, held_labels) = searching.digits_space(), searching.small_digits()
    costs = searching.latencies(space, searching.digits_latencies(), RUNTIME)
    start = time.process_time()
    found = searching.search(space, (images[:count], labels[:count]), budget, costs, framework=framework, seed=seed)
    taken = time.process_time() - start
    right = "-"
    if not seed:
        rule, data = training.described("adam", rate=0.003), ((images, labels), (held, held_labels))
        right = f"{run(found.net, *data, ('torch',), rule, epochs=EPOCHS).right['torch'][-1]:.1%}"
        if pictures is not None:
            from diptych.drawing.probabilities import write_probabilities

            pictures.mkdir(parents=True, exist_ok=True)
            write_probabilities(found.course, pictures / f"{budget:g}us.png", choice=found.choice, force=True)
    expected = found.course.done[-1].expected
    cells = [f"{budget:g}", str(seed), " ".join(found.choice), f"{expected:.1f}", f"{found.cost:.1f}"]
    cells += [f"{found.net.params:,}", f"{found.net.macs:,}", right, f"{taken:.0f}"]
    return f"| {' | '.join(cells)} |", found.cost


def steps(framework: str, count: int = 10, batch: int = 32) -> list[str]:
    """Milliseconds of a step of the weights, of the architecture, and of the plain largest network, and the ratios."""
    space, plan = searching.digits_space(), searching.Plan()
    costs = searching.latencies(space, searching.digits_latencies(), RUNTIME)
    images, labels, _, _ = searching.small_digits()
    x, y = images[:batch].astype(np.float32), labels[:batch]
    searcher = searcher_of(space, costs, plan, len(images), framework, 0)
    draws = gumbel([len(space.layers[number].candidates) for number in space.mixes], 0, 0)
    alone = tuple(replace(layer, candidates=tuple(c for c in layer.candidates if c.name == LARGEST))
                  for layer in space.layers)  # fmt: skip
    single = replace(space, layers=alone)
    plain = searcher_of(single, searching.macs(single), plan, len(images), framework, 0)
    calls: dict[str, Callable[[], Any]] = {
        "weights": lambda: searcher.step("weights", x, y, draws, 1.0, Objective()),
        "architecture": lambda: searcher.step("theta", x, y, draws, 1.0, Objective()),
        f"plain {LARGEST}": lambda: plain.step("weights", x, y, [], 1.0, Objective()),
    }
    least = dict.fromkeys(calls, float("inf"))
    for turn in range(count + 1):
        for name, call in calls.items():
            start = time.process_time()
            call()
            if turn:
                least[name] = min(least[name], 1000 * (time.process_time() - start))
    largest = least[f"plain {LARGEST}"]
    return [f"| {framework} | {name} | {taken:.0f} | {taken / largest:.1f} |" for name, taken in least.items()]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budgets", type=float, nargs="*", default=[], help="in microseconds")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--images", type=int, default=1437)
    parser.add_argument("--framework", default="torch")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--steps", nargs="*", default=[], metavar="FRAMEWORK")
    asked = parser.parse_args()
    one_thread()
    start, spent = time.monotonic(), dict[float, list[float]]()
    for seed in range(asked.seeds):
        for budget in asked.budgets:
            line, cost = row(budget, seed, asked.images, asked.framework, asked.pictures)
            spent.setdefault(budget, []).append(cost)
            print(line, flush=True)
    for budget, found in spent.items():
        print(f"{budget:g} us: {min(found):.1f} to {max(found):.1f} us, mean {np.mean(found):.1f}")
    if spent:
        print(f"{time.monotonic() - start:.0f} s by the clock, {time.process_time():.0f} s of the processor")
    for framework in asked.steps:
        print(*steps(framework), sep="\n")


if __name__ == "__main__":
    main()
