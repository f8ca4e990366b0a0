"""A detector that learns: drawn shapes, the same data, loss and start in both frameworks, COCO's figures at the end.

`python -m benchmarks.detector_training` trains YOLOX-nano at 128 pixels in float32, or with `--network yolov4_tiny`
YOLOv4-tiny, first in PyTorch, then in TensorFlow, and measures AP on pictures that were not trained on. Then the
trained weights go to the other framework, and the boxes of both are held to each other. The exit code is 1 where an
AP50 is below the target or boxes differ. `--seed` is that of everything: pictures, start and order. `--nudge 1e-6`
makes each weight of the start another by this share: what comes out then is another by rounding alone.
`benchmarks.detector_steps` compares twenty steps in float64, and times; `make detectors` runs both of both networks.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import diptych
from diptych import training
from diptych.common.spec import Array
from diptych.detecting.coco import entries_of
from diptych.detecting.results import Detections, Difference, compare
from diptych.training.drawn_shapes import NAMES, shapes

TARGET = 0.8
"""The AP50 that is asked for."""
SIDES = {"torch": "PyTorch", "tf": "TensorFlow"}
Step = Callable[[Array, Array], float]
PLANS = {"yolox_nano": (500, 0.015), "yolov4_tiny": (600, 0.003)}
"""Steps and the highest rate of Adam. YOLOv4-tiny's were chosen on seed 9, YOLOX-nano's on seed 0."""
SIDE = 40.0
"""Pixels of the boxes at the start, about the mean of those that are drawn at 128."""
SETTLING = 100
"""Batches after the last step, without a step, in which running statistics catch up: a batch enters them by 3 %."""


def torch_step(model: Any, rule: Any, loss: Any) -> tuple[Step, Callable[[Array], Any]]:
    """A function that makes a step of PyTorch, and one that runs a batch for the running statistics alone."""
    import torch

    made, value = training.optimiser(rule, model), training.loss(loss, "torch").loss
    model.train()

    def step(x: Array, labels: Array) -> float:
        found = value(list(model(torch.from_numpy(x)).values()), torch.from_numpy(labels))
        found.backward()
        made.optimiser.step()
        made.optimiser.zero_grad()
        if made.scheduler is not None:
            made.scheduler.step()
        return float(found.detach())

    return step, torch.no_grad()(lambda x: model(torch.from_numpy(x)))


def tf_step(model: Any, rule: Any, loss: Any) -> tuple[Step, Callable[[Array], Any]]:
    """A function that makes a step of TensorFlow, as a graph, and one that runs a batch for the statistics alone."""
    import tensorflow as tf

    made, value = training.optimiser(rule, model), training.loss(loss, "tf").loss

    @tf.function  # type: ignore[untyped-decorator]
    def compiled(x: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            found = value(labels, list(model(x, training=True).values()))
        variables = model.trainable_variables
        gradients = tape.gradient(found, [variable.value for variable in variables])
        made.optimiser.apply(gradients, variables)
        return found

    forward = tf.function(lambda x: model(x, training=True))

    def image(x: Array) -> Any:
        return tf.constant(np.ascontiguousarray(x.transpose(0, 2, 3, 1)))

    return lambda x, labels: float(compiled(image(x), tf.constant(labels))), lambda x: forward(image(x))


STEPS = {"torch": torch_step, "tf": tf_step}


def batches(x: Array, labels: Array, size: int, steps: int, seed: int) -> Iterator[tuple[Array, Array]]:
    """Batches by chance, half of the pictures mirrored."""
    random, width = np.random.default_rng(seed), x.shape[-1]
    for _ in range(steps):
        chosen = random.permutation(len(x))[:size]
        images, boxes = x[chosen].copy(), labels[chosen].copy()
        for place in np.nonzero(random.random(size) < 0.5)[0]:
            images[place] = images[place, :, :, ::-1]
            boxes[place, :, [1, 3]] = width - boxes[place][:, [3, 1]].T
        yield images, boxes


def average_precision(found: Sequence[Detections], labels: Array) -> tuple[float, float]:
    """(AP, AP50) by pycocotools."""
    COCO = importlib.import_module("pycocotools.coco").COCO  # noqa: N806 - a class of a package without types
    COCOeval = importlib.import_module("pycocotools.cocoeval").COCOeval  # noqa: N806
    ids = tuple(range(1, len(NAMES) + 1))
    rows = [(image, row) for image, boxes in enumerate(labels) for row in boxes[boxes[:, 0] >= 0].tolist()]
    said = [entry for image, boxes in enumerate(found) for entry in entries_of(image + 1, boxes, ids)]
    if not said:
        return 0.0, 0.0
    true = COCO()
    true.dataset = {
        "images": [{"id": place + 1} for place in range(len(labels))],
        "categories": [{"id": number, "name": name} for number, name in zip(ids, NAMES, strict=True)],
        "annotations": [
            {"id": place, "image_id": image + 1, "category_id": int(kind) + 1, "iscrowd": 0,
             "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1)}
            for place, (image, (kind, x1, y1, x2, y2)) in enumerate(rows, start=1)
        ],
    }  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        true.createIndex()
        judge = COCOeval(true, true.loadRes(said), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return float(judge.stats[0]), float(judge.stats[1])


def detector_of(network: str, size: int, score: float | None = None) -> Any:
    """The detector of a network for the shapes."""
    return diptych.detector(network, num_classes=len(NAMES), input_size=size, labels=NAMES, score=score)


def trained(side: str, detector: Any, weights: Mapping[str, Array], args: argparse.Namespace) -> Any:
    """A model of a framework after its steps."""
    warm = max(args.steps // 10, 1)
    falling = training.Cosine(args.rate, max(args.steps - warm, 1))
    rule = training.Adam(rate=training.WarmUp(args.rate, warm, 0.0, falling))
    model = diptych.build(detector.net, side, weights=weights)
    step, settle = STEPS[side](model, rule, training.DetectionLoss(detector=detector.rules))
    pictures, labels = shapes(args.pictures, args.size, seed=seeds(args.seed)[0])
    x, _ = detector.preprocess(list(pictures))
    begun, used, curve = time.monotonic(), time.process_time(), list[float]()
    for number, (images, boxes) in enumerate(batches(x, labels, args.batch, args.steps, args.seed), start=1):
        curve.append(step(images, boxes.astype(np.float32)))
        if not math.isfinite(curve[-1]):
            raise SystemExit(f"the loss of {SIDES[side]} is {curve[-1]} at step {number}; take a smaller --rate")
        if number % 50 == 0 or number == args.steps:
            print(f"  step {number}: loss {np.mean(curve[-50:]):.2f}, {time.monotonic() - begun:.0f} s", flush=True)
    for images, _ in batches(x, labels, args.batch, SETTLING, 1):
        settle(images)
    if side == "torch":
        model.eval()
    print(f"  trained in {time.monotonic() - begun:.0f} s, {time.process_time() - used:.0f} s of CPU", flush=True)
    return model


def seeds(seed: int) -> tuple[int, int]:
    """The seeds of the pictures that are trained on and of those that are held out: no two seeds share one."""
    return 2 * seed + 1, 2 * seed + 2


def nudged(weights: Mapping[str, Array], share: float, seed: int) -> dict[str, Array]:
    """The weights, each larger or smaller by a share of itself, by chance."""
    random = np.random.default_rng(seed)
    signs = {name: random.choice((-1.0, 1.0), value.shape) for name, value in weights.items()}
    return {name: (value * (1 + share * signs[name])).astype(value.dtype) for name, value in weights.items()}


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What was asked for, with the steps and the rate of the network where they are not given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="yolox_nano")
    parser.add_argument("--sides", nargs="+", choices=list(SIDES), default=list(SIDES))
    parser.add_argument("--keep", metavar="FILE.npz", help="where the weights trained last are kept")
    numbers = {"size": 128, "batch": 8, "pictures": 1000, "held": 200, "seed": 0}
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--nudge", type=float, default=0.0, help="the share by which each weight of the start is moved")
    args = parser.parse_args(words)
    steps, rate = PLANS.get(args.network, (None, None))
    args.steps, args.rate = args.steps or steps, args.rate or rate
    if args.steps is None or args.rate is None:
        parser.error(f"{args.network} has no plan, only {' and '.join(PLANS)} have: give --steps and --rate")
    return args


def main() -> int:
    """Train, measure, convert and compare."""
    args = arguments()
    detector, sure = (detector_of(args.network, args.size, score) for score in (0.01, 0.25))
    weights, right = training.detector_start(detector.net, detector.rules, SIDE * args.size / 128, args.seed), True
    weights = nudged(weights, args.nudge, args.seed)
    held, boxes = shapes(args.held, args.size, seed=seeds(args.seed)[1])
    for side in args.sides:
        plan = f"{args.steps} steps of {args.batch} pictures, {args.size} pixels, rate {args.rate}, seed {args.seed}"
        print(f"{args.network} in {SIDES[side]}: {plan}", flush=True)
        model = trained(side, detector, weights, args)
        ap, ap50 = average_precision(detector.detect(list(held), model), boxes)
        print(f"  AP {ap:.3f}, AP50 {ap50:.3f} on {args.held} pictures that were held out", flush=True)
        other = next(name for name in SIDES if name != side)
        carried = diptych.weights(model, detector.net)
        partner = diptych.build(detector.net, other, weights=carried)
        gaps = sum(map(compare, sure.detect(list(held), model), sure.detect(list(held), partner)), start=Difference())
        print(f"  converted to {SIDES[other]}: {gaps}", flush=True)
        right = right and ap50 >= TARGET and gaps.same
        if args.keep:
            np.savez(args.keep, allow_pickle=False, **carried)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
