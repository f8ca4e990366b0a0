"""What is written into a weights file: a network's weights, in whose names, and what is said beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..common.dialect import OWN, Dialect
from ..common.errors import FileError
from ..common.layouts import to_framework
from ..common.spec import Array, Net
from ..tf_impl.slots import slots_of
from . import keras_archive, provenance
from .dialects import anchors_in, in_dialect

DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Content:
    """Canonical weights and torch's batch counters, to be written in a library's names.

    `record` is how they came here, as data for JSON: see `conversion`. `whole` puts the network itself beside them,
    where the format has a place for it; `training` is an optimiser, which two formats have a place for. With `bfloat`
    the numbers, in float32, are all numbers of bfloat16, and are to be written as such.
    """

    net: Net
    arrays: Mapping[str, Array]
    extras: Mapping[str, int] = field(default_factory=dict)
    dialect: Dialect = field(default_factory=lambda: Dialect(OWN, "", ""))
    record: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False
    training: Any = None
    bfloat: bool = False

    def tensors(self) -> dict[str, Array]:
        """The state dict: arrays by name, batch counters after their layer as torch orders them, anchors at the end."""
        if self.dialect.of_layers:
            raise FileError(f"{self.dialect.library} names Keras layers; write .weights.h5 or .keras in its names")
        anchors = anchors_in(self.net, self.dialect, self.record, np.result_type(*self.arrays.values()))
        return in_dialect(self.net, self.arrays, self.extras, self.dialect) | anchors

    def text(self, counters: bool = False) -> str:
        """What diptych says beside the weights, as JSON; with batch counters where the file has no place for them."""
        return provenance.dumps(self.net, self.extras if counters else {}, self.record)

    def described(self) -> keras_archive.Model | None:
        """Our Keras model as data, to be written without Keras; None where that takes Keras itself.

        Raises FileError for weights that no Keras model has.
        """
        dtype = self._dtype()
        if self.dialect.library != OWN:
            return None
        try:
            return keras_archive.described(self.net, dtype)
        except keras_archive.Unwritten:
            return None

    def model(self) -> Any:
        """The Keras model that saves itself with these weights: ours, or that of keras.applications."""
        dtype = self._dtype()
        if self.dialect.library == OWN:
            from ..tf_impl.saved import model

            return model(self.net, self.arrays, dtype)
        if self.dialect.by_place:
            raise FileError(
                "the model of an emitted Keras file is a class, which no file of Keras holds; write .weights.h5, which "
                "its load_weights reads"
            )
        if self.dialect.library != "keras.applications":
            raise FileError(f"{self.dialect.library} has no Keras models; write .safetensors or .pth in its names")
        from . import applications

        return applications.model(self.net, self.arrays, self.dialect, dtype)

    def groups(self) -> dict[str, list[Array]]:
        """Place -> variables in Keras's axes and order, of the layers of an emitted Keras file."""
        self._dtype()
        parts = {self.dialect.theirs(layer).partition("#"): slots for layer, slots in slots_of(self.net).items()}
        found: dict[str, list[Array]] = {}
        for place, _, number in sorted(parts, key=lambda part: int(part[2] or 0)):
            slots = parts[place, "#" if number else "", number]
            found.setdefault(place, []).extend(to_framework(self.arrays[n], weight, axes) for n, weight, axes in slots)
        return found

    def _dtype(self) -> str:
        """The one dtype of all arrays; raises FileError for several, or one that Keras models are not built in."""
        kinds = sorted({str(array.dtype) for array in self.arrays.values()})
        if len(kinds) != 1 or kinds[0] not in DTYPES:
            raise FileError(
                f"the weights are {' and '.join(kinds)}, but a Keras model is all {' or all '.join(DTYPES)}; save them "
                "in one of these first, or write .safetensors or .pth, which keep each dtype"
            )
        return kinds[0]
