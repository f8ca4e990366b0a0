"""The weights of a functional model in HDF5, in the groups in which Keras's `save_weights` has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...common.layouts import to_framework
from ...common.memory import let_go
from ...common.spec import Array, Net
from ...tf_impl.slots import slots_of
from ..keras3 import VARIABLES
from . import Model

NAME = "name"


def store(file: Any, model: Model, net: Net, arrays: Mapping[str, Array]) -> None:
    """Write canonical weights to an open h5py.File, one after the other, each turned into Keras's axes by itself."""
    slots = slots_of(net)
    file.create_group(VARIABLES).attrs[NAME] = model.name
    for part in model.parts:
        group = file.create_group(f"{part.path}/{VARIABLES}")
        group.attrs[NAME] = part.name
        values = slots.get(part.name, [])
        for index, (name, weight, axes) in enumerate(values):
            group[str(index)] = to_framework(arrays[name], weight, axes)
            let_go(arrays[name])
        if part.kind == "Normalization":
            group[str(len(values))] = np.array(0, np.int64)  # images that it was adapted to
