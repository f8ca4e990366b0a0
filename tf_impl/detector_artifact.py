"""A detector as a program with its boxes inside: a SavedModel of several functions, or LiteRT's .tflite of one.

`serve` takes a batch (N, H, W, C) and answers with boxes (N, M, 4), corners in pixels of the input, and scores
(N, M, classes); with a suppression, with boxes (N, max_boxes, 4), scores, classes and count, as `Found` has them. The
SavedModel then has `decoded` too, from a batch to boxes and scores, and `suppressed`, from these to what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..common.backend import in_order
from ..common.detection.detector import Detector, Suppression
from ..common.layouts import BATCH, rearranged
from ..common.spec import Array, Net
from . import lite
from .detection.decode import decode
from .detection.nms import nms

EXTRA = "assets.extra"
"""Where a SavedModel keeps files that TensorFlow itself does not read."""


def save(
    model: keras.Model, net: Net, path: Path, detector: Detector, suppression: Suppression | None, said: dict[str, str]
) -> None:
    """Write the program for batches of any length: a folder, or a .tflite file of built-in operators.

    `said` are the files of the folder's assets.extra, by name. Raises DiptychError where LiteRT has no operator.
    """

    def export(folder: Path) -> None:
        _export(model, net, folder, detector, suppression)

    if path.suffix == ".tflite":
        lite.convert(net, path, export)
        return
    export(path)
    (path / EXTRA).mkdir()
    for name, text in said.items():
        (path / EXTRA / name).write_text(text, "utf-8")


def run(path: Path, x: Array) -> dict[str, Array]:
    """What `serve` of a written program answers for a batch (N, C, H, W) in float32."""
    image = rearranged(x, BATCH["torch"], BATCH["tf"])
    return lite.answers(path, image) if path.suffix == ".tflite" else call(path, "serve", image)


def call(path: Path, name: str, *arrays: Array) -> dict[str, Array]:
    """What a function of a written SavedModel answers."""
    loaded = tf.saved_model.load(str(path))  # it owns the variables, and must outlive the call
    found = getattr(loaded, name)(*map(tf.constant, arrays))
    return {key: np.asarray(value) for key, value in found.items()}


def _export(model: keras.Model, net: Net, folder: Path, detector: Detector, suppression: Suppression | None) -> None:
    """Write a SavedModel; raises OSError where TensorFlow cannot write it."""
    channels, height, width = map(int, net.input_shape)
    image = tf.TensorSpec((None, height, width, channels), tf.float32, name="image")

    def decoded(image: tf.Tensor) -> dict[str, tf.Tensor]:
        boxes, scores = decode(in_order(net, model(image)), detector)
        return {"boxes": boxes, "scores": scores}

    def suppressed(boxes: tf.Tensor, scores: tf.Tensor) -> dict[str, tf.Tensor]:
        found = nms(boxes, scores, **asdict(suppression)) if suppression else None
        return {key: value for key, value in found._asdict().items() if key != "places"} if found else {}

    def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return suppressed(**decoded(image)) if suppression else decoded(image)

    archive = keras.export.ExportArchive()
    archive.track(model)
    _add(archive, "serve", serve, image)
    if suppression:
        _add(archive, "decoded", decoded, image)
        shapes = {
            key: value.shape[1:]
            for key, value in tf.function(decoded).get_concrete_function(image).structured_outputs.items()
        }
        _add(
            archive,
            "suppressed",
            suppressed,
            *(tf.TensorSpec((None, *shape), tf.float32, name=key) for key, shape in shapes.items()),
        )
    try:
        archive.write_out(str(folder), verbose=False)
    except tf.errors.OpError as error:
        raise OSError(error.message.rpartition(";")[2].strip()[:200]) from None


def _add(archive: Any, name: str, function: Callable[..., Any], *inputs: Any) -> None:
    archive.add_endpoint(name=name, fn=function, input_signature=list(inputs))
