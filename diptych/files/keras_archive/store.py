"""The weights of a functional model in HDF5, in the groups in which Keras's `save_weights` has them.

By h5py's functions for each call of HDF5's: its classes take as long again for a small array as HDF5 itself. What they
ask of HDF5 is asked here too, so that the bytes are the same; test_keras_archive.py holds that.
"""

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

NAME = b"name"


class Places:
    """Groups and arrays of an open h5py.File, made as `create_group`, `attrs` and `Group.__setitem__` make them."""

    def __init__(self, file: Any) -> None:
        from h5py import h5p, h5s, h5t, string_dtype

        self.file, self.types = file.id, dict[Any, Any]()
        self.array = h5p.create(h5p.DATASET_CREATE)
        self.array.set_obj_track_times(False)
        self.links = {code: h5p.create(h5p.LINK_CREATE) for code in (h5t.CSET_ASCII, h5t.CSET_UTF8)}
        for code, made in self.links.items():
            made.set_create_intermediate_group(True)
            made.set_char_encoding(code)
        self.text = h5t.py_create(string_dtype(), logical=True), h5t.py_create(string_dtype())
        self.single = h5s.create_simple(())

    def _link(self, name: str) -> Any:
        """How a name is linked: one of ASCII says so."""
        from h5py import h5t

        return self.links[h5t.CSET_ASCII if name.isascii() else h5t.CSET_UTF8]

    def group(self, path: str, name: str) -> Any:
        """A new group with the attribute `name`."""
        from h5py import h5a, h5g

        made = h5g.create(self.file, path.encode(), lcpl=self._link(path))
        stored, given = self.text
        h5a.create(made, NAME, stored, self.single).write(np.array(name, dtype=object), mtype=given)
        return made

    def put(self, group: Any, index: int, array: Array) -> None:
        """Write an array, in C order, under its number."""
        from h5py import h5d, h5o, h5s, h5t

        kind = self.types.get(array.dtype)
        if kind is None:
            kind = self.types[array.dtype] = h5t.py_create(array.dtype, logical=True)
        made = h5d.create(group, None, kind, h5s.create_simple(array.shape), dcpl=self.array)
        made.write(h5s.ALL, h5s.ALL, array)
        h5o.link(made, group, str(index).encode(), lcpl=self._link(""))


def store(file: Any, model: Model, net: Net, arrays: Mapping[str, Array]) -> None:
    """Write canonical weights to an open h5py.File, one after the other, each turned into Keras's axes by itself."""
    slots, places = slots_of(net), Places(file)
    places.group(VARIABLES, model.name)
    for part in model.parts:
        group = places.group(f"{part.path}/{VARIABLES}", part.name)
        values = slots.get(part.name, [])
        for index, (name, weight, axes) in enumerate(values):
            places.put(group, index, to_framework(arrays[name], weight, axes))
            let_go(arrays[name])
        if part.kind == "Normalization":
            places.put(group, len(values), np.array(0, np.int64))  # images that it was adapted to
