"""Channel shuffle in Keras, written with swapaxes as with transpose; files of our own models have the first."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
from keras import ops
from keras_reading import held

import diptych

IMAGE = (6, 5, 12)


def shuffled(exchange: str, axes: tuple[int, int]) -> keras.Model:
    image = keras.Input(IMAGE, dtype="float64")
    x = ops.reshape(image, (-1, 6, 5, 3, 4))
    x = ops.swapaxes(x, *axes) if exchange == "swapaxes" else ops.transpose(x, (0, 1, 2, 4, 3))
    x = ops.reshape(x, (-1, *IMAGE))
    return keras.Model(image, keras.layers.Conv2D(4, 3, dtype="float64")(x))


@pytest.mark.parametrize(("exchange", "axes"), [("swapaxes", (3, 4)), ("swapaxes", (-1, -2)), ("transpose", (0, 0))])
def test_a_shuffle_is_one(exchange: str, axes: tuple[int, int], tmp_path: Path) -> None:
    result = held(shuffled(exchange, axes), tmp_path, sizes=(IMAGE[:2],))
    assert [node.kind for node in result.net.nodes] == ["input", "channel_shuffle", "conv"]


def test_height_and_width_exchanged_are_refused() -> None:
    image = keras.Input(IMAGE)
    model = keras.Model(image, keras.layers.Conv2D(4, 3)(ops.swapaxes(image, 1, 2)))
    with pytest.raises(diptych.DiptychError, match="height and width exchanged"):
        diptych.read(model)
