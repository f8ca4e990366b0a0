"""Schedules in Keras: its own where they agree in float32, else `common.training.rates` written in TensorFlow."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from ...common.errors import DiptychError
from ...common.training.data import as_data, from_data
from ...common.training.rates import Constant, Cosine, Exponential, Schedule, Step, WarmUp

schedules = keras.optimizers.schedules


@keras.saving.register_keras_serializable(package="diptych")
class Rate(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A schedule computed in float64, which Keras's own are not."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    def __call__(self, step: Any) -> tf.Tensor:
        return _at(self.schedule, tf.cast(tf.convert_to_tensor(step), tf.float64))

    def get_config(self) -> dict[str, Any]:
        return {"schedule": as_data(self.schedule)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Rate:
        return cls(from_data(config["schedule"]))


def _at(item: Schedule, step: tf.Tensor) -> tf.Tensor:
    if isinstance(item, Constant):
        return tf.constant(item.rate, tf.float64)
    if isinstance(item, Step):
        passed = tf.add_n([tf.cast(step >= milestone, tf.float64) for milestone in item.milestones] or [0.0 * step])
        return item.rate * item.factor**passed
    if isinstance(item, Exponential):
        return item.rate * item.factor ** (step // item.steps if item.staircase else step / item.steps)
    if isinstance(item, Cosine):
        done = tf.minimum(step, tf.constant(item.steps, tf.float64)) if item.after == "stay" else step
        return item.final + (item.rate - item.final) * (1 + tf.cos(math.pi * done / item.steps)) / 2
    if isinstance(item, WarmUp):
        rising = item.start + (item.rate - item.start) * (step / item.steps) ** item.power
        then = Constant(item.rate) if item.then is None else item.then
        return tf.where(step < item.steps, rising, _at(then, step - item.steps))
    raise DiptychError(f"there is no schedule {type(item).__name__}")


def own(item: Schedule) -> Any:
    """Keras's own rate or schedule that says the same, up to float32; else a Rate."""
    if isinstance(item, Constant):
        return item.rate
    if isinstance(item, Step):  # Keras keeps the old rate at a boundary
        rates = [item.at(step) for step in (0, *item.milestones)]
        return schedules.PiecewiseConstantDecay([milestone - 1 for milestone in item.milestones], rates)
    if isinstance(item, Exponential):
        return schedules.ExponentialDecay(item.rate, item.steps, item.factor, item.staircase)
    if isinstance(item, Cosine) and item.after == "stay":
        return schedules.CosineDecay(item.rate, item.steps, item.final / item.rate)
    if isinstance(item, WarmUp) and item.power == 1 and isinstance(item.then, Cosine) and item.then.after == "stay":
        then = item.then
        return schedules.CosineDecay(
            item.start, then.steps, then.final / then.rate, warmup_target=item.rate, warmup_steps=item.steps
        )
    return Rate(item)
