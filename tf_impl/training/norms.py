"""Batch normalisation in training in Keras: frozen, or with another running variance."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from ...common.training.setting import Variance
from ..classes import every_layer


def norms(model: Any) -> list[Any]:
    """The layers of batch normalisation; two parts of a model may have some of one name."""
    return [layer for layer in every_layer(model) if isinstance(layer, keras.layers.BatchNormalization)]


def freeze_norms(model: Any) -> None:
    """Batch normalisation by the moving statistics, which stay as they are, with scale and shift untrained."""
    for layer in norms(model):
        layer.trainable = False


def match_variance(model: Any, variance: Variance) -> None:
    """Let batch normalisation keep the unbiased variance, as PyTorch does; Keras's own is the biased one."""
    if variance == "unbiased":
        for layer in norms(model):
            layer.call = _unbiased(layer, layer.call)


def _unbiased(layer: Any, call: Any) -> Any:
    def corrected(inputs: Any, training: Any = None, mask: Any = None) -> Any:
        if not training or not layer.trainable:
            return call(inputs, training=training, mask=mask)
        kept = layer.momentum * tf.convert_to_tensor(layer.moving_variance)
        answer = call(inputs, training=training, mask=mask)
        values = tf.cast(tf.size(inputs) // tf.shape(inputs)[layer.axis], kept.dtype)
        added = tf.convert_to_tensor(layer.moving_variance) - kept
        layer.moving_variance.assign(kept + added * values / tf.maximum(values - 1, 1))
        return answer

    return corrected
