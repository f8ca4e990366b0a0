"""A program for deployment: a SavedModel as Keras exports it, or LiteRT's .tflite through TensorFlow's converter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..common.backend import in_order
from ..common.layouts import BATCH, rearranged
from ..common.spec import Array, Net
from . import lite
from .backend import nchw

SUFFIXES = (".tflite", "")


def save(model: keras.Model, net: Net, path: Path) -> None:
    """Write the model as a program for batches of any length: a folder, or a .tflite file of built-in operators.

    Raises DiptychError where LiteRT has no operator for a layer.
    """
    if path.suffix != ".tflite":
        _export(model, path)
        return
    lite.convert(net, path, lambda folder: _export(model, folder))


def _export(model: keras.Model, folder: Path) -> None:
    """Write a SavedModel; raises OSError where TensorFlow cannot write it."""
    try:
        model.export(str(folder), verbose=False)
    except tf.errors.OpError as error:
        raise OSError(error.message.rpartition(";")[2].strip()[:200]) from None


def run(path: Path, net: Net, x: Array) -> tuple[Array, ...]:
    """The outputs of a written program for a batch (N, C, H, W) in float32, in NCHW order."""
    image = rearranged(x, BATCH["torch"], BATCH["tf"])
    found = in_order(net, _lite(path, net, image) if path.suffix == ".tflite" else _served(path, image))
    return tuple(nchw(net.nodes[i], np.asarray(value)) for i, value in zip(net.outputs, found, strict=True))


def _served(path: Path, image: Array) -> Any:
    loaded = tf.saved_model.load(str(path))  # it owns the variables, and must outlive the call
    return tf.nest.map_structure(lambda value: value.numpy(), loaded.serve(tf.constant(image)))


def _lite(path: Path, net: Net, image: Array) -> Any:
    found = lite.answers(path, image)
    if net.output_names:
        return found
    return [found[key] for key in sorted(found, key=lambda key: int("".join(filter(str.isdigit, key)) or 0))]
