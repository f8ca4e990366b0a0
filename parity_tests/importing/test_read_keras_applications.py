"""The models of keras.applications, with scrambled weights, at small images, as logits: a saturated softmax hides."""

from __future__ import annotations

import math
from collections.abc import Iterator

import keras
import pytest
from keras_reading import agrees, scramble

import diptych

QUICK = {"MobileNet": 40, "MobileNetV2": 40, "MobileNetV3Small": 40}
SLOW = {
    **dict.fromkeys([f"EfficientNetB{n}" for n in range(8)], 40),
    **dict.fromkeys([f"EfficientNetV2{n}" for n in ("B0", "B1", "B2", "B3", "S", "M", "L")], 40),
    **dict.fromkeys([f"ResNet{n}{v}" for n in (50, 101, 152) for v in ("", "V2")], 40),
    **dict.fromkeys([f"DenseNet{n}" for n in (121, 169, 201)], 40),
    **dict.fromkeys(["NASNetMobile", "NASNetLarge", "VGG16", "VGG19", "MobileNetV3Large"], 40),
    **dict.fromkeys(["InceptionV3", "InceptionResNetV2", "Xception"], 80),
    **dict.fromkeys([f"ConvNeXt{n}" for n in ("Tiny", "Small", "Base", "Large", "XLarge")], 40),
}


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    before = keras.config.floatx()
    keras.backend.clear_session()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


def held(name: str, size: int) -> None:
    make = getattr(keras.applications, name)
    model = make(weights=None, classes=7, input_shape=(size, size, 3), classifier_activation=None)
    scramble(model)
    result = diptych.read(model)
    assert sum(array.size for array in result.weights.values()) == numbers_of(model)
    agrees(result, model)


def numbers_of(model: keras.Model) -> int:
    """Its weights, without counts of images, and with the constants of normalisations, which are weights here."""
    found = sum(math.prod(v.shape) for v in model.weights if "float" in str(v.dtype))
    fixed = [item for item in model.layers if isinstance(item, keras.layers.Normalization) and item.input_mean]
    return int(found) + 2 * 3 * len(fixed)


@pytest.mark.parametrize("name", QUICK)
def test_a_small_model_is_read(name: str) -> None:
    held(name, QUICK[name])


@pytest.mark.full
@pytest.mark.parametrize("name", SLOW)
def test_a_model_is_read(name: str) -> None:
    held(name, SLOW[name])
