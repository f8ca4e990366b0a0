"""Images per second of our models, beside the libraries' own of the same function, and ONNX Runtime as the limit.

Run `python -m benchmarks.models [--networks NAME ...] [--batches 1 16] [--turns N] [--compile] [--jit]`. The sides of a
row take turns in one process of the row's own, with the same weights and the same batch, on all cores, forwards and
backwards by turns; images per second are those of the best time. A ratio is ours over theirs, the median of the ratios
of the turns, in which the two run side by side: 1 or more is at least as fast. That both sides answer the same is
looked at first. What cannot be run here has a dash, and its reason below the table.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, "parity_tests")  # the references of the tests

import numpy as np

NETWORKS = ("resnet50", "mobilenet_v2", "efficientnet_b0", "densenet121", "shufflenet_v2_x1_0")
SIZE = 224
TURNS = 10
CALLS = 3
"""How often a side runs in its turn: the first time finds the caches full of the side before it."""
COLUMNS = {
    "torch": (
        "ours",
        "library",
        "ours channels_last",
        "library channels_last",
        "folded",
        "folded channels_last",
        "ours compiled",
        "library compiled",
        "ONNX Runtime",
        "ONNX Runtime folded",
    ),
    "tf": ("ours", "library", "folded", "ours jit", "library jit"),
}
TITLES = {
    "torch": "PyTorch, beside torchvision",
    "tf": "Keras under tf.function, beside keras.applications where it has the network (the form NAME.keras)",
}
Call = Callable[[], Any]


def torch_sides(name: str, batch: int, options: argparse.Namespace) -> Iterator[tuple[str, Call]]:
    """(column, a call that answers with the logits) of the sides in PyTorch, and of ONNX Runtime."""
    import torch
    from references import references
    from references.libraries import reference_model

    import diptych

    net = diptych.spec(name, input_size=SIZE)
    weights = diptych.init(net)
    x = torch.from_numpy(images(batch).transpose(0, 3, 1, 2).copy())
    item = next(i for i in references("torchvision", "timm") if i.network == name and not i.options)
    nets = {"ours": (net, weights)} | ({"folded": folded} if (folded := folding(net, weights)) else {})

    def side(model: Any, channels_last: bool = False) -> Call:
        batch = x.to(memory_format=torch.channels_last) if channels_last else x
        return lambda: model(batch).numpy()

    def library() -> Any:
        return reference_model(item, diptych.build(net, "torch", weights=weights).state_dict())

    for label, (made, values) in nets.items():
        yield label, side(diptych.build(made, "torch", weights=values))
        moved = diptych.build(made, "torch", weights=values, memory_format="channels_last")
        yield f"{label} channels_last", side(moved, channels_last=True)
    yield "library", side(library())
    yield "library channels_last", side(library().to(memory_format=torch.channels_last), channels_last=True)
    if options.compile:
        yield "ours compiled", side(torch.compile(diptych.build(net, "torch", weights=weights)))
        yield "library compiled", side(torch.compile(library()))
    for label, (made, values) in nets.items():
        column = "ONNX Runtime folded" if label == "folded" else "ONNX Runtime"
        yield column, onnx_side(made, values, x.numpy())


def onnx_side(net: Any, weights: Any, x: np.ndarray) -> Call:
    """ONNX Runtime on the file that diptych exports."""
    import diptych
    from diptych.onnx_impl.runtimes import open_session

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        diptych.export(net, weights, path, check=False)
        session = open_session(path, threads=os.cpu_count())
    if isinstance(session, str):
        raise ModuleNotFoundError(session)
    return lambda: session.run(None, {"input": x})[0]


def folding(net: Any, weights: Any) -> tuple[Any, Any] | None:
    """The network with its batch normalisations folded into the convolutions, if it has any."""
    import diptych

    made, values = diptych.fold(net, weights)
    return None if made is net else (made, values)


def keras_sides(name: str, batch: int, options: argparse.Namespace) -> Iterator[tuple[str, Call]]:
    """(column, a call that answers with the logits) of the sides in Keras."""
    import keras
    import tensorflow as tf
    from references import references

    import diptych

    form = f"{name}.keras" if f"{name}.keras" in diptych.networks() else name
    net = diptych.spec(form, input_size=SIZE)
    weights = diptych.init(net)
    x = tf.constant(images(batch))
    ours = diptych.build(net, "tf", weights=weights)
    models = {"ours": ours}
    for item in references("keras.applications"):
        if item.network == form and not item.options:
            make = getattr(keras.applications, item.name)
            models["library"] = make(weights=None, classifier_activation=None, **item.arguments)
            for layer in models["library"].layers:
                if layer.weights:
                    layer.set_weights(ours.get_layer(item.named(layer.name)).get_weights())

    def side(model: Any, jit: bool = False) -> Call:
        compiled = tf.function(lambda image: model(image, training=False), jit_compile=jit)
        return lambda: compiled(x).numpy()

    for label, model in models.items():
        yield label, side(model)
        if options.jit:
            yield f"{label} jit", side(model, jit=True)
    if found := folding(net, weights):
        yield "folded", side(diptych.build(found[0], "tf", weights=found[1]))


def images(batch: int) -> np.ndarray:
    """Random images (N, H, W, C)."""
    return np.random.default_rng(0).random((batch, SIZE, SIZE, 3), dtype=np.float32)


def measured(sides: Iterator[tuple[str, Call]], turns: int) -> dict[str, list[float]]:
    """The best seconds of each side in each turn; raises where one answers something else than ours."""
    # The two sides of a ratio are neighbours, so that the machine is in the same mood for both.
    calls = dict(sorted(sides, key=lambda side: side[0].replace("library", "ours")))
    expected = calls["ours"]()
    for label, call in calls.items():
        error = np.linalg.norm(call() - expected) / np.linalg.norm(expected)
        if not error < 1e-4:  # also where it is no number
            raise SystemExit(f"{label} is another function than ours: relative error {error:.1e}")
    best: dict[str, list[float]] = {label: [] for label in calls}
    for turn in range(turns):
        for label in calls if turn % 2 else reversed(calls):
            best[label].append(min(seconds(calls[label]) for _ in range(CALLS)))
    return best


def seconds(call: Call) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def child(options: argparse.Namespace) -> None:
    """Measure one row in this process and print it as data."""
    framework, name, batch = options.row
    if framework == "torch":
        import torch

        with torch.inference_mode():
            best = measured(torch_sides(name, int(batch), options), options.turns)
    else:
        best = measured(keras_sides(name, int(batch), options), options.turns)
    print(json.dumps(best))


def row(framework: str, name: str, batch: int) -> dict[str, list[float]] | str:
    """The best seconds of every side in every turn, from a process of its own; or why there are none."""
    command = [sys.executable, "-m", "benchmarks.models", *sys.argv[1:], "--row", framework, name, str(batch)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def cells(columns: tuple[str, ...], best: dict[str, list[float]], batch: int) -> list[str]:
    """Images per second by column, with the ratio after what has a library's beside it."""
    texts = []
    for column in columns:
        ours, theirs = best.get(column, []), best.get(column.replace("ours", "library"), [])
        ratios = [b / a for a, b in zip(ours, theirs, strict=False)] if column.startswith("ours") else []
        ratio = f" ({statistics.median(ratios):.2f})" if ratios else ""
        texts.append(f"{batch / min(ours):.1f}{ratio}" if ours else "-")
    return texts


def table(framework: str, options: argparse.Namespace) -> None:
    """Print a table as its rows are measured."""
    columns = COLUMNS[framework]
    print(f"\n{TITLES[framework]}: images/s (ratio to the library)\n")
    print("| network | batch |" + "".join(f" {column} |" for column in columns))
    print("|---|---:|" + "---:|" * len(columns), flush=True)
    missing = []
    for name in options.networks:
        for batch in options.batches:
            best = row(framework, name, batch)
            if isinstance(best, str):
                missing.append(f"{name}, batch {batch}: {best}")
                best = {}
            print(f"| `{name}` | {batch} |" + "".join(f" {c} |" for c in cells(columns, best, batch)), flush=True)
    print("\n".join(["", *missing]), flush=True)


def main() -> None:
    """Print a table per framework."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 16])
    parser.add_argument("--frameworks", nargs="+", choices=[*COLUMNS], default=[*COLUMNS])
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--compile", action="store_true", help="torch.compile, too: it needs a C compiler and minutes")
    parser.add_argument("--jit", action="store_true", help="tf.function(jit_compile=True), too")
    parser.add_argument("--row", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        child(options)
        return
    for framework in options.frameworks:
        table(framework, options)


if __name__ == "__main__":
    main()
