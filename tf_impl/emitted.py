"""The emitted Keras file of a network, run as its reader would run it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from ..common.emission.source import Source
from ..common.emission.wall import check_source
from ..common.spec import Array, Net
from .source import LANGUAGE
from .state import write


def model(net: Net, source: Source, weights: Mapping[str, Array], dtype: str) -> keras.Model:
    """The model that the class of an emitted file makes, with canonical weights; the wall stands first."""
    check_source(source.text, net, LANGUAGE)
    space: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(source.text, f"<emitted {net.name}>", "exec"), space)  # noqa: S102 - what this package writes
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        made: keras.Model = space[source.root]()
        channels, height, width = (int(n) for n in net.input_shape)
        made.build((None, height, width, channels))
    finally:
        keras.config.set_dtype_policy(before)
    write(made, net, weights)
    return made
