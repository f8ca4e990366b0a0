"""A Keras class that names none of its layers: Keras counts them, so that a copy has other names than its model."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from imported_pairs import lively_keras
from keras import layers
from torch import nn

from diptych.common.errors import DiptychError
from diptych.comparing.compare import compare
from diptych.comparing.report import Comparison
from diptych.comparing.sides import given_as
from diptych.tf_impl.settings import copied

SHAPE = (1, 1, 9, 8)


class Unnamed(keras.Model):  # type: ignore[misc]
    def __init__(self, epsilon: float = 1e-5, fresh: bool = False) -> None:
        super().__init__()
        self.fresh = fresh
        self.first = layers.Conv2D(3, 3, padding="same")
        self.features = keras.Sequential(
            [layers.BatchNormalization(epsilon=epsilon, momentum=0.9), layers.ReLU(), layers.Conv2D(4, 3)]
        )
        self.head = layers.Dense(5)

    def get_config(self) -> dict[str, Any]:
        return {"epsilon": self.features.layers[0].epsilon, "fresh": self.fresh}

    def call(self, x: Any) -> Any:
        pool = layers.GlobalAveragePooling2D()
        x = self.head(pool(self.features(self.first(x))))
        return keras.Sequential([layers.Dense(5)])(x) if self.fresh else x


def module() -> nn.Module:
    body = [nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 4, 3)]
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)).eval()


def unnamed(**words: Any) -> keras.Model:
    model = Unnamed(**words)
    model(keras.ops.zeros((1, 9, 8, 1)))
    return lively_keras(model)


def held(model: keras.Model, **words: Any) -> Comparison:
    return compare(module(), model, example=SHAPE, sizes=[(9, 8)], batches=[2], **words)


@pytest.mark.slow
def test_weights_are_moved_into_a_class_without_names() -> None:
    assert held(unnamed(), weights="transfer", gates=["outputs", "nodes"]).verdict == "same"
    found = held(unnamed(epsilon=1e-3), weights="transfer", gates=["outputs", "nodes"])
    assert found.verdict == "different"
    assert "epsilon=1e-05" in found.gate("nodes").detail


def test_its_gradients_and_its_training_are_compared() -> None:
    """Each weight at least, not the outputs alone: those of a copy would be missed by their paths."""
    found = held(unnamed(), weights="transfer", gates=["outputs", "gradients", "training"])
    assert found.verdict == "same"
    assert min(found.gate(name).compared for name in ("gradients", "training")) >= len(list(module().parameters()))


def test_a_copy_has_the_names_and_paths_of_its_model() -> None:
    model = unnamed()
    copy = copied(model, "float64")
    assert copy.name == model.name
    assert [item.path for item in copy.weights] == [item.path for item in model.weights]


def test_weights_that_are_nowhere_are_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is known of the places of the numbers, none is moved; that says nothing of the function."""
    monkeypatch.setattr(type(given_as(unnamed())), "places", lambda *_: {})
    with pytest.raises(DiptychError, match="no weights are moved; compare the models as they are"):
        held(unnamed(), weights="transfer", gates=["outputs"])


def test_a_chain_that_call_makes_is_told_with_its_line() -> None:
    with pytest.raises(DiptychError, match=r"`call` makes a Sequential \(.*unnamed_classes.py:\d+.*new random weights"):
        held(unnamed(fresh=True), weights="transfer", gates=["outputs"])
