"""LiteRT's .tflite: a SavedModel through TensorFlow's own converter, and the interpreter that runs it."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

from ..common.errors import DiptychError
from ..common.spec import Array, Net


def convert(net: Net, path: Path, export: Callable[[Path], None]) -> None:
    """Write a .tflite file of built-in operators from the SavedModel that `export` writes into a folder.

    Raises DiptychError where LiteRT has no operator for a layer.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, ignore_cleanup_errors=True) as folder:
        export(Path(folder))
        try:
            program = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
        except tf.lite.python.convert_phase.ConverterError as error:
            said = " ".join(str(error).split())[:200]
            raise DiptychError(f"TensorFlow's converter does not take {net.name}: {said}") from None
    path.write_bytes(program)


def answers(path: Path, image: Array) -> dict[str, Array]:
    """The outputs of a .tflite file by name, for a batch (N, H, W, C) in float32."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the interpreter will move to a package of its own
        interpreter: Any = tf.lite.Interpreter(model_path=str(path))
    runner = interpreter.get_signature_runner()
    (name,) = runner.get_input_details()
    found: dict[str, Array] = runner(**{name: image})
    return found
