"""What is written into a weights file: a network's weights, in whose names, and what is said beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..common.dialect import OWN, Dialect
from ..common.errors import FileError
from ..common.layouts import to_framework
from ..common.spec import Array, Net, Weight
from . import provenance
from .checkpoint import keras_slots
from .dialects import in_dialect

DTYPES = ("float32", "float64")


class Handed:
    """An array that gives itself where NumPy would copy an array: Keras asks for a copy of what it saves."""

    def __init__(self, array: Array) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.array


@dataclass(frozen=True)
class Content:
    """Canonical weights and torch's batch counters, to be written in a library's names.

    `record` is how they came here, as data for JSON: see `conversion`.
    """

    net: Net
    arrays: Mapping[str, Array]
    extras: Mapping[str, int] = field(default_factory=dict)
    dialect: Dialect = field(default_factory=lambda: Dialect(OWN, "", ""))
    record: Mapping[str, Any] = field(default_factory=dict)

    def tensors(self) -> dict[str, Array]:
        """The state dict: arrays by name, the batch counters after their layer as torch orders them."""
        if self.dialect.of_layers:
            raise FileError(f"{self.dialect.library} names Keras layers; write .weights.h5 or .keras in its names")
        return in_dialect(self.net, self.arrays, self.extras, self.dialect)

    def text(self, counters: bool = False) -> str:
        """What diptych says beside the weights, as JSON; with batch counters where the file has no place for them."""
        return provenance.dumps(self.net, self.extras if counters else {}, self.record)

    def model(self) -> Any:
        """The Keras model that saves itself with these weights: ours, or that of keras.applications."""
        dtype = self._dtype()
        if self.dialect.library == OWN:
            from ..tf_impl.build import unfilled

            made = unfilled(self.net, dtype)
            self._handed(made)
            return made
        if self.dialect.library != "keras.applications":
            raise FileError(f"{self.dialect.library} has no Keras models; write .safetensors or .pth in its names")
        from . import applications

        return applications.model(self.net, self.arrays, self.dialect, dtype)

    def _handed(self, model: Any) -> None:
        """Let each layer save our arrays in place of its variables, which would be two more copies in memory."""
        slots = keras_slots(self.net)
        for layer in model.layers:
            wanted = slots.get(layer.name, [])
            counts = [variable for variable in layer.variables if variable.name == "count"]  # of layers.Normalization
            if wanted:
                layer.save_own_variables = partial(self._save, wanted, counts)

    def _save(self, wanted: list[tuple[str, Weight, str]], counts: list[Any], store: Any) -> None:
        for index, (name, weight, axes) in enumerate(wanted):
            store[str(index)] = Handed(to_framework(self.arrays[name], weight, axes))
        for index, variable in enumerate(counts, len(wanted)):
            store[str(index)] = variable

    def _dtype(self) -> str:
        """The one dtype of all arrays; raises FileError for several, or one that Keras models are not built in."""
        kinds = sorted({str(array.dtype) for array in self.arrays.values()})
        if len(kinds) != 1 or kinds[0] not in DTYPES:
            raise FileError(
                f"the weights are {' and '.join(kinds)}, but a Keras model is all {' or all '.join(DTYPES)}; save them "
                "in one of these first, or write .safetensors or .pth, which keep each dtype"
            )
        return kinds[0]
