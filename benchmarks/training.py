"""Twenty steps of both frameworks side by side: with matched objects, and with each framework's own.

`python -m benchmarks.training` prints the tables of docs/training.md. Networks are small: a check of twenty steps in
float64 takes seconds.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import diptych
from diptych import training
from diptych.common.errors import DiptychError
from diptych.common.registry import network
from diptych.common.training.named import OPTIMISERS

NETWORK = "lenet5_modern"
DROPS = training.Step(0.01, (7, 14), 0.1)
ROWS: dict[str, tuple[Any, Any, Any, Any]] = {
    "SGD, momentum": ("sgd", "sgd.keras", 0.01, "cross_entropy"),
    "SGD, momentum, the rate drops": ("sgd", "sgd.keras", DROPS, "cross_entropy"),
    "Nesterov, the rate drops": ("nesterov", "nesterov.keras", DROPS, "cross_entropy"),
    "Adam": ("adam", "adam.keras", 0.001, "cross_entropy"),
    "AdamW": ("adamw", "adamw.keras", 0.001, "focal"),
    "RMSprop": ("rmsprop", "rmsprop.keras", 0.001, "cross_entropy"),
    "RMSprop, TensorFlow 1": ("rmsprop", "rmsprop.tf1", 0.001, "cross_entropy"),
    "Adagrad": ("adagrad", "adagrad.keras", 0.01, "binary"),
}
"""PyTorch's rule and Keras's, the rate of both, and the loss."""


def row(name: str) -> str:
    """One optimiser: the largest difference with the same rule on both sides, and with each framework's own."""
    one, other, rate, loss = ROWS[name]
    rules = training.described(one, rate=rate), training.described(other, rate=rate)
    same = [diptych.train_check(NETWORK, optimizer=rule, loss=loss) for rule in rules]
    apart = diptych.train_check(NETWORK, optimizer=rules, loss=loss)
    worst = [f"{report.gates[0].measured:.1e}" if report.passed else report.verdict for report in same]
    gap = f"{last(apart):.1e}"
    cause = apart.cause.removeprefix("the optimiser: ").split(",")[0]
    return f"| {name} | {loss} | {worst[0]} | {worst[1]} | {gap} | {apart.where or 'nothing'} | {cause or 'nothing'} |"


def last(report: Any) -> float:
    """The difference of the losses at the last step that both made."""
    one, other = (curve[-1] for curve in report.losses)
    return abs(one - other) / abs(one) if report.passed else float(report.gates[0].measured)


def timed(name: str, steps: int = 20) -> str:
    """The time of a check beside that of the same steps in each framework alone."""
    import numpy as np

    from diptych.common.training.losses import CrossEntropy
    from diptych.common.training.masks import Masks
    from diptych.common.training.setting import Natives, Setting
    from diptych.training.sides import of_one

    net = diptych.spec(name)
    x = np.random.default_rng(0).normal(size=(4, *map(int, net.input_shape)))
    y: Any = np.arange(4)
    seconds = []
    for side in ("torch", "tf"):
        one = of_one(
            net, diptych.init(net, seed=0), side, Setting(OPTIMISERS["sgd"], CrossEntropy()), Natives(), "float64"
        )
        one.trainer.step(x, [y], Masks(0, 0))
        start = time.perf_counter()
        for step in range(steps):
            one.trainer.step(x, [y], Masks(0, step))
        seconds.append(time.perf_counter() - start)
    report = diptych.train_check(net, steps=steps)
    return f"| {name} | {seconds[0]:.1f} | {seconds[1]:.1f} | {report.seconds:.1f} |"


def families(names: list[str], steps: int) -> None:
    """Networks by name: the rate, and the largest difference after so many steps."""
    said = "trained at a rate of "
    for name in names:
        try:
            report = diptych.train_check(name, steps=steps)
        except DiptychError as error:
            print(f"| {name} | {error} |", flush=True)
            continue
        gate = report.gates[0]
        measured = "" if gate.measured is None else f"{gate.measured:.1e}"
        rate = next((note.removeprefix(said) for note in report.notes if note.startswith(said)), "0.01")
        row = name, rate, report.verdict, measured, f"{gate.compared:,}", str(len(report.listed))
        print(f"| {' | '.join(row)} |", flush=True)


def cheapest() -> list[str]:
    """The network of every family with the fewest MACs, the cheapest family first."""
    found: dict[str, tuple[int, str]] = {}
    for name in diptych.networks():
        item = network(name)
        macs = item.card.counts.macs  # of its own size, which needs no tracing
        found[item.family] = min(found.get(item.family, (macs, name)), (macs, name))
    return [name for _, name in sorted(found.values())]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="*", default=[], help="also these, for --steps steps")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rows", nargs="*", default=list(ROWS))
    parser.add_argument("--families", action="store_true", help="alone: the cheapest network of every family")
    parser.add_argument("--pairs", nargs="*", help="alone: the five pairs that diptych did not build, or these")
    given = parser.parse_args()
    if given.families or given.pairs is not None:
        families(cheapest() if given.families else [], given.steps)
        if given.pairs is not None:
            from benchmarks.training_pairs import PAIRS, pair

            for name in given.pairs or PAIRS:
                print(pair(name, given.steps), flush=True)
        return
    print("| optimiser | loss | PyTorch's rule in both | Keras's rule in both | each its own | first at | by |")
    print("|---|---|---:|---:|---:|---|---|")
    for name in given.rows:
        print(row(name), flush=True)
    if given.networks:
        families(given.networks, given.steps)
    print(timed(NETWORK))


if __name__ == "__main__":
    main()
