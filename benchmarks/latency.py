"""What each part of a space of networks takes: the table of latencies of the search for the digits.

`python -m benchmarks.latency -o diptych/searching/latency/digits.json` runs each candidate of each layer alone, on one
image and one thread, in PyTorch, in TensorFlow (a compiled function) and in ONNX Runtime. A time is the best of many
turns, since the machine may be busy, less that of the cheapest network there is, an addition of a constant: a call
itself takes longer than a small candidate. Times are the processor's, not the clock's: with one thread they are the
same on an idle machine, and a busy one counts little. `--whole N` then holds the sums to whole networks that are drawn
by chance.
"""

from __future__ import annotations

import argparse
import os

os.environ.update(OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import json
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import diptych
from diptych import searching
from diptych.common.layouts import BATCH, rearranged
from diptych.common.ops.rescale import rescale
from diptych.common.search.costs import MICROSECONDS, Costs, parts
from diptych.common.spec import Net

Call = Callable[[], Any]
GROUP = 1000.0
"""Microseconds of the calls that are timed together."""
RUNTIMES = {"torch": "torch", "tf": "tensorflow", "onnxruntime": "onnxruntime"}


def machine() -> str:
    """The processor, and how many cores of it there are."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{named[0] if named else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def in_torch(net: Net) -> Call:
    """One image in PyTorch."""
    import torch

    torch.set_num_threads(1)
    model, x = diptych.build(net, "torch"), torch.zeros(1, *net.input_shape)

    def call() -> Any:
        with torch.inference_mode():
            return model(x)

    return call


def in_tf(net: Net) -> Call:
    """One image in a function that TensorFlow has compiled."""
    import tensorflow as tf

    model = diptych.build(net, "tf")
    x = tf.constant(rearranged(np.zeros((1, *net.input_shape), np.float32), BATCH["torch"], BATCH["tf"]))
    run = tf.function(lambda x: model(x, training=False)).get_concrete_function(tf.TensorSpec(x.shape, x.dtype))
    return lambda: run(x)


def in_onnxruntime(net: Net) -> Call:
    """One image in ONNX Runtime, of the exported graph."""
    from diptych.common.onnx_graph import Graph
    from diptych.onnx_impl.build import model
    from diptych.onnx_impl.runtimes import open_session

    session = open_session(model(Graph(net, "float32"), diptych.init(net)), threads=1)
    if isinstance(session, str):
        raise SystemExit(session)
    feed = {"input": np.zeros((1, *net.input_shape), np.float32)}
    return lambda: session.run(None, feed)


MAKERS: dict[str, Callable[[Net], Call]] = {"torch": in_torch, "tf": in_tf, "onnxruntime": in_onnxruntime}


def best(calls: Mapping[str, Call], turns: int) -> dict[str, float]:
    """The least microseconds of each, which take turns; a time is the mean of the calls of a millisecond."""
    runs = {key: max(1, round(GROUP / taken(call, 3))) for key, call in calls.items()}
    found = dict.fromkeys(calls, float("inf"))
    for _ in range(turns):
        for key, call in calls.items():
            found[key] = min(found[key], taken(call, runs[key]))
    return found


def taken(call: Call, runs: int) -> float:
    """The microseconds of the processor that each of some calls takes, after one that is not counted."""
    call()
    start = time.process_time_ns()
    for _ in range(runs):
        call()
    return (time.process_time_ns() - start) / runs / 1000


def empty(shape: Sequence[int]) -> Net:
    """The cheapest network there is."""
    return diptych.trace(lambda x: rescale(x, 1.0, 1.0), "empty", tuple(shape))


def measured(space: searching.Space, runtime: str, turns: int) -> dict[str, float]:
    """The microseconds of each part of a space, without those of a call; a layer that is left out takes none."""
    nets = {key: space.part(*place) for key, place in parts(space).items()}
    calls = {key: MAKERS[runtime](net) for key, net in nets.items() if net is not None}
    bare = {key: MAKERS[runtime](empty(net.input_shape)) for key, net in nets.items() if net is not None}
    least = best({key: bare[key] for key in list(bare)[:3]}, turns)
    call = min(least.values())
    found = best(calls, turns)
    return {key: round(max(found[key] - call, 0.1), 2) if key in found else 0.0 for key in nets}


def whole(space: searching.Space, costs: Costs, runtime: str, count: int, turns: int) -> list[tuple[float, float]]:
    """(sum of the parts, measured) of networks that are drawn by chance."""
    random = np.random.default_rng(0)
    rows, calls = [], dict[str, Call]()
    for number in range(count):
        places = [int(random.integers(len(layer.candidates))) for layer in space.layers]
        net = space.network([layer.candidates[p].name for layer, p in zip(space.layers, places, strict=True)])
        calls[str(number)] = MAKERS[runtime](net)
        rows.append(costs.of(places))
    call = min(best({"": MAKERS[runtime](empty(space.input_shape))}, turns).values())
    return [(row, taken - call) for row, taken in zip(rows, best(calls, turns).values(), strict=True)]


def main() -> None:
    """Measure, print the ends, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, help="write the table to this file")
    parser.add_argument("--runtimes", nargs="+", choices=list(MAKERS), default=list(MAKERS))
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--whole", type=int, default=0, metavar="N", help="hold the sums to N whole networks")
    asked = parser.parse_args()
    space = searching.digits_space()
    table: dict[str, Any] = {
        "space": space.name,
        "machine": machine(),
        "date": time.strftime("%Y-%m-%d"),
        "batch": 1,
        "threads": 1,
        "unit": MICROSECONDS,
        "versions": {RUNTIMES[name]: version(RUNTIMES[name]) for name in asked.runtimes},
        "runtimes": {},
    }
    for runtime in asked.runtimes:
        table["runtimes"][runtime] = measured(space, runtime, asked.turns)
        costs = searching.latencies(space, table, runtime)
        print(f"{runtime}: {costs.least:.1f} to {costs.most:.1f} us a network")
        for row, taken in whole(space, costs, runtime, asked.whole, asked.turns):
            print(f"| {runtime} | {row:.1f} | {taken:.1f} |")
    if asked.output is not None:
        asked.output.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
