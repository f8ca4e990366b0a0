"""Constants of Keras and TensorFlow in float64, as people wrote them: `tf.cast(0.9, ...)` goes through float32.

A rate is a variable in float32, and so is what a schedule computes. An optimiser that somebody gave runs as it is, of
whatever class: what it does is seen, not what is known of it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.ops import gen_nn_ops, math_ops  # where TensorFlow's own functions look them up

from ..cloned import counting_in


@contextmanager
def exact(dtype: str) -> Iterator[None]:
    """With Python's numbers as they are in what a model and an optimiser compute, where the dtype is float64."""
    if dtype != "float64":
        yield
        return
    cast, leaky, convert = math_ops.cast, gen_nn_ops.leaky_relu, tf.convert_to_tensor
    kept = (tf, "cast", tf.cast), (math_ops, "cast", cast), (gen_nn_ops, "leaky_relu", leaky)

    def as_it_is(x: Any, dtype: Any, name: str | None = None) -> Any:
        return cast(np.float64(x) if isinstance(x, float) else x, dtype, name)

    def sloped(features: Any, alpha: Any = 0.2, name: str | None = None) -> Any:  # the operator's slope is a float32
        x = tf.convert_to_tensor(features)
        return tf.where(x > 0, x, np.float64(alpha) * x) if x.dtype == tf.float64 else leaky(features, alpha, name)

    def converted(value: Any, dtype: Any = None, *rest: Any, **more: Any) -> Any:  # as schedules of Keras begin
        wide = isinstance(value, float) and dtype is None
        return convert(np.float64(value) if wide else value, dtype, *rest, **more)

    try:
        tf.cast, math_ops.cast, tf.convert_to_tensor = as_it_is, as_it_is, converted
        gen_nn_ops.leaky_relu = sloped
        with counting_in(dtype):
            yield
    finally:
        tf.convert_to_tensor = convert
        for module, name, function in kept:
            setattr(module, name, function)


def widened(given: Any, dtype: str) -> Any:
    """An optimiser again, not built, whose rate has a dtype; raises what its class raises.

    A rate is rounded to the number that somebody wrote; a schedule may be of a class that Keras does not know.
    """
    rate = given._learning_rate
    scheduled = callable(rate) and not hasattr(rate, "numpy")
    config = _without_schedule(given) if scheduled else given.get_config()
    if "learning_rate" in config:
        if scheduled:
            config["learning_rate"] = copy.deepcopy(rate)
        elif dtype == "float64" and str(rate.dtype) == "float32":
            config["learning_rate"] = float(f"{float(rate):.7g}")
    with exact(dtype):
        return type(given).from_config(config)


def _without_schedule(given: Any) -> dict[str, Any]:
    """The config of an optimiser whose schedule may have none."""
    kept = given._learning_rate
    given.__dict__["_learning_rate"] = 1.0
    try:
        found: dict[str, Any] = given.get_config()
    finally:
        given.__dict__["_learning_rate"] = kept
    return found
