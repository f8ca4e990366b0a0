"""Twenty steps of a detector in float64 in both frameworks, and what assignment and loss cost of a step.

`python -m benchmarks.detector_steps` begins at random and warms up as YOLOX's authors do: the rate grows by the square
of the step over five passes of the data. `--weights FILE.npz`, which `benchmarks.detector_training --keep` wrote,
begins there with the full rate. `--network yolov4_tiny` has the full rate of Darknet's yolov4-tiny.cfg from the first
step on. `--itself` shows what rounding alone makes: PyTorch beside PyTorch, whose weights are another by 1e-15.
`--shares` times instead.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import diptych
from diptych import training
from diptych.common.spec import Array
from diptych.training.drawn_shapes import shapes

from .detector_training import SIDE, SIDES, STEPS, detector_of

RATE = 0.01 / 64
"""For each picture of a batch, as YOLOX's authors have it."""
PASSES = 5
PICTURES = 1000
DARKNETS = 0.00261
"""`learning_rate` of Darknet's yolov4-tiny.cfg, for any batch: the gradient is divided by the pictures, as here.

Its warm-up is not here: after twenty of its thousand steps the rate is 2e-7 of the full one, and nothing is learned."""
NUDGE = 1e-15


def rule_of(detector: Any, args: argparse.Namespace) -> training.SGD:
    """The optimiser of a detector's authors: YOLOX's in the warm-up, or from weights after it; Darknet's after it."""
    yolox = detector.rules.rule == "yolox"
    rate = RATE * args.batch if yolox else DARKNETS
    rising = training.WarmUp(rate, PASSES * PICTURES // args.batch, power=2)
    return training.SGD(
        rate=rising if yolox and not args.weights else rate,
        momentum=0.9,
        nesterov=yolox,
        weight_decay=5e-4,
        exclude=("vectors",),
    )


def start_of(detector: Any, args: argparse.Namespace) -> dict[str, Array]:
    """The weights of a file, or those that a detector begins with."""
    if args.weights:
        with np.load(args.weights) as found:
            return {name: found[name] for name in found.files}
    return training.detector_start(detector.net, detector.rules, SIDE * args.size / 128)


def checked(detector: Any, args: argparse.Namespace) -> int:
    """Both frameworks held to each other after each step."""
    pictures, labels = shapes(args.batch * args.steps, args.size, seed=1)
    x, _ = detector.preprocess(list(pictures), dtype="float64")
    report = diptych.train_check(
        detector.net,
        args.steps,
        rule_of(detector, args),
        loss=training.DetectionLoss(detector=detector.rules),
        batch=args.batch,
        data=(x, labels),
        weights=start_of(detector, args),
    )
    print(report)
    for step, (one, other) in enumerate(zip(*report.losses, strict=True), start=1):
        print(f"  step {step}: loss {one:.6f}, apart by {abs(one - other) / abs(one):.1e}")
    return 0 if report.passed else 1


def beside_itself(detector: Any, args: argparse.Namespace) -> int:
    """PyTorch beside PyTorch, its weights another by rounding."""
    import torch

    pictures, labels = shapes(args.batch * args.steps, args.size, seed=1)
    x, _ = detector.preprocess(list(pictures), dtype="float64")
    steps, random = list[Callable[[Array, Array], float]](), torch.Generator().manual_seed(0)
    for nudge in (0.0, NUDGE):
        model = diptych.build(detector.net, "torch", weights=start_of(detector, args)).double()
        with torch.no_grad():
            for weight in model.parameters():
                signs = torch.randint(0, 2, weight.shape, generator=random) * 2 - 1
                weight.mul_(1 + nudge * signs.double())
        rule = rule_of(detector, args)
        steps.append(STEPS["torch"](model, rule, training.DetectionLoss(detector=detector.rules))[0])
    for number in range(args.steps):
        part = slice(number * args.batch, (number + 1) * args.batch)
        one, other = (step(x[part], labels[part]) for step in steps)
        print(f"  step {number + 1}: loss {one:.6f}, apart by {abs(one - other) / abs(one):.1e}", flush=True)
    return 0


def torch_loss(detector: Any, model: Any) -> Callable[[Array, Array], Any]:
    """A function that computes assignment, loss and its gradient by the raw maps, which it takes once."""
    import torch

    value, kept = training.loss(training.DetectionLoss(detector=detector.rules), "torch").loss, list[Any]()

    def run(x: Array, labels: Array) -> Any:
        if not kept:
            kept.extend(part.detach().requires_grad_() for part in model(torch.from_numpy(x)).values())
        return torch.autograd.grad(value(kept, torch.from_numpy(labels)), kept)

    return run


def tf_loss(detector: Any, model: Any) -> Callable[[Array, Array], Any]:
    """The same of TensorFlow, as a graph."""
    import tensorflow as tf

    value, kept = training.loss(training.DetectionLoss(detector=detector.rules), "tf").loss, list[Any]()

    @tf.function  # type: ignore[untyped-decorator]
    def slopes(maps: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(maps)
            found = value(labels, maps)
        return tape.gradient(found, maps)

    def run(x: Array, labels: Array) -> Any:
        if not kept:
            kept.extend(model(tf.constant(x.transpose(0, 2, 3, 1)), training=True).values())
        return [part.numpy() for part in slopes(kept, tf.constant(labels))]

    return run


def shares(detector: Any, args: argparse.Namespace) -> int:
    """What assignment, loss and its gradient cost, beside whole steps, by turns; the median of each."""
    pictures, boxes = shapes(args.batch, args.size, seed=1)
    x, _ = detector.preprocess(list(pictures))
    labels = boxes.astype(np.float32)
    for side, make in (("torch", torch_loss), ("tf", tf_loss)):
        model = diptych.build(detector.net, side, weights=start_of(detector, args))
        loss = training.DetectionLoss(detector=detector.rules)
        runs = STEPS[side](model, rule_of(detector, args), loss)[0], make(detector, model)
        for run in runs:
            run(x, labels)
        times: tuple[list[float], list[float]] = [], []
        for _ in range(args.steps):
            for run, found in zip(runs, times, strict=True):
                begun = time.perf_counter()
                run(x, labels)
                found.append(time.perf_counter() - begun)
        whole, part = (float(np.median(found)) for found in times)
        print(
            f"{SIDES[side]}: a step {whole * 1e3:.0f} ms, assignment and loss with their gradient {part * 1e3:.1f} ms, "
            f"{part / whole:.1%}",
            flush=True,
        )
    return 0


def main() -> int:
    """Twenty steps, or their times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="yolox_nano")
    parser.add_argument("--weights", metavar="FILE.npz")
    for name, default in (("size", 128), ("batch", 8), ("steps", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--itself", action="store_const", dest="run", const=beside_itself, default=checked)
    what.add_argument("--shares", action="store_const", dest="run", const=shares)
    args = parser.parse_args()
    run: Callable[[Any, argparse.Namespace], int] = args.run
    return run(detector_of(args.network, args.size), args)


if __name__ == "__main__":
    sys.exit(main())
