"""The loss of a description in Keras: its own where it says the same, else a twin."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from ...common.training.data import as_data, from_data
from ...common.training.losses import Binary, CrossEntropy, Loss, MeanSquares, of_classes
from ...common.training.matched import MatchedLoss
from .loss_values import value


@keras.saving.register_keras_serializable(package="diptych", name="LossTwin")
class Twin(keras.losses.Loss):  # type: ignore[misc]
    """A loss that Keras does not have: a scalar of targets and outputs, of a detector those of all levels."""

    def __init__(self, description: Loss, name: str = "twin", dtype: str = "float32") -> None:
        super().__init__(name=name, dtype=dtype)
        self.description = description

    def call(self, y_true: Any, y_pred: Any) -> tf.Tensor:
        """The loss of a batch."""
        if self.description.joint:
            maps = list(map(tf.convert_to_tensor, y_pred))
            return value(self.description, maps, tf.cast(y_true, maps[0].dtype))
        outputs = tf.convert_to_tensor(y_pred)
        if not of_classes(self.description):
            return value(self.description, outputs, tf.cast(y_true, outputs.dtype))
        return value(self.description, outputs, tf.cast(tf.reshape(y_true, (-1,)), tf.int64))

    def get_config(self) -> dict[str, Any]:
        """The description as data."""
        return {"description": as_data(self.description), "name": self.name, "dtype": str(self.dtype)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Twin:
        return cls(from_data(config["description"]), config["name"], config["dtype"])


def loss(description: Loss, dtype: str = "float32") -> MatchedLoss:
    """The loss, called as `loss(targets, outputs)`."""
    made: keras.losses.Loss = Twin(description, dtype=dtype)
    own = keras.losses
    if isinstance(description, CrossEntropy) and description.of == "logits":
        if not description.label_smoothing and description.class_weights is None:
            made = own.SparseCategoricalCrossentropy(from_logits=True, dtype=dtype)
    elif isinstance(description, Binary) and description.positive_weight == 1:
        made = own.BinaryCrossentropy(from_logits=True, label_smoothing=description.label_smoothing, dtype=dtype)
    elif isinstance(description, MeanSquares):
        made = own.MeanSquaredError(dtype=dtype)
    if isinstance(made, Twin):
        return MatchedLoss(made, f"a twin of {type(description).__name__} in Keras, which has none that says the same")
    return MatchedLoss(made, f"keras.losses.{type(made).__name__}, Keras's own")
