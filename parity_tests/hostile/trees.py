"""HDF5 files that h5py itself writes: deep, wide, linked, external, virtual, filtered, with strange types and texts."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import h5py
import numpy as np

from hostile import Input
from hostile.good import good_file

PATH = "a.weights.h5"


def inputs() -> Iterator[Input]:
    """A good file of each HDF5 format with one thing changed."""
    for form in ("weights.h5", "keras2"):
        path, files = good_file(form)
        for name, change in CHANGES.items():
            yield Input("HDF5", f"{form} {name}", {path: _changed(files[path], change)}, path)
    path, files = good_file("keras2")
    for name, text in _configs().items():
        yield Input("HDF5", f"keras2 config {name}", {path: _changed(files[path], _with_config(text))}, path)


def _changed(data: bytes, change: Callable[[Any, Any], None]) -> bytes:
    memory = io.BytesIO(data)
    with h5py.File(memory, "r+") as file:
        found: list[Any] = []
        file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
        change(file, found[0])
    return memory.getvalue()


def _replaced(**options: Any) -> Callable[[Any, Any], None]:
    """The first array written in another way."""

    def change(file: Any, dataset: Any) -> None:
        name, data = dataset.name, dataset[()]
        del file[name]
        file.create_dataset(name, **{"data": data, **options})

    return change


def _claimed(shape: tuple[int, ...], **options: Any) -> Callable[[Any, Any], None]:
    """The first array as one of a shape that nothing was written of."""

    def change(file: Any, dataset: Any) -> None:
        name = dataset.name
        del file[name]
        file.create_dataset(name, shape=shape, dtype="f4", **options)

    return change


def _linked(make: Callable[[Any, Any], Any]) -> Callable[[Any, Any], None]:
    def change(file: Any, dataset: Any) -> None:
        name, link = dataset.name, make(file, dataset)
        del file[name]
        file[name] = link

    return change


def _deep(file: Any, dataset: Any) -> None:
    group = dataset.parent
    for _ in range(3000):
        group = group.create_group("g")


def _wide(file: Any, dataset: Any) -> None:
    for number in range(20_000):
        dataset.parent.create_group(f"g{number}")


def _loop(file: Any, dataset: Any) -> None:
    dataset.parent["again"] = dataset.parent.parent


def _doubled(file: Any, dataset: Any) -> None:
    """Groups of which each has the next under two names: 2 ** 40 paths."""
    inner = file.create_group("z0")
    for number in range(40):
        outer = file.create_group(f"z{number + 1}")
        outer["a"] = outer["b"] = inner
        inner = outer


def _attribute(name: str, value: Any) -> Callable[[Any, Any], None]:
    def change(file: Any, dataset: Any) -> None:
        target = file.get("model_weights", file)
        target.attrs[name] = value

    return change


def _swollen(file: Any, dataset: Any) -> None:
    name = dataset.name
    del file[name]
    made = file.create_dataset(name, shape=(1 << 25,), dtype="f4", chunks=(1 << 20,), compression="gzip")
    made[:] = 0


def _virtual(file: Any, dataset: Any) -> None:
    name, shape = dataset.name, dataset.shape
    del file[name]
    layout = h5py.VirtualLayout(shape=shape, dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", shape=shape)
    file.create_virtual_dataset(name, layout)


def _gone(file: Any, dataset: Any) -> None:
    del file[dataset.name]


CHANGES: dict[str, Callable[[Any, Any], None]] = {
    "deep groups": _deep,
    "wide groups": _wide,
    "a loop": _loop,
    "doubled groups": _doubled,
    "an array gone": _gone,
    "a group for an array": lambda file, dataset: _linked(lambda f, d: f.create_group("other"))(file, dataset),
    "a soft link": _linked(lambda file, dataset: h5py.SoftLink("/nowhere")),
    "a soft link to itself": _linked(lambda file, dataset: h5py.SoftLink(dataset.name)),
    "an external link": _linked(lambda file, dataset: h5py.ExternalLink("/etc/passwd", "/x")),
    "an external storage": _replaced(data=None, shape=(4,), dtype="f4", external=[("/etc/passwd", 0, 16)]),
    "virtual": _virtual,
    "empty": _replaced(data=h5py.Empty("f4")),
    "no axes": _replaced(data=np.float32(1)),
    "an axis of 0": _replaced(data=np.zeros((0, 3), "f4")),
    "claimed terabytes": _claimed((1 << 20, 1 << 18)),
    "claimed chunks": _claimed((1 << 20, 1 << 18), chunks=(1 << 8, 1 << 8), compression="gzip"),
    "claimed growth": _claimed((1 << 30,), chunks=(1 << 20,), maxshape=(None,)),
    "swollen": _swollen,
    "in gzip": _replaced(compression="gzip", shuffle=True),
    "in lzf": _replaced(compression="lzf"),
    "with checksums": _replaced(fletcher32=True),
    "scaled": _replaced(data=np.ones((4, 4), "i4"), scaleoffset=2),
    "texts": _replaced(data=[b"a", b"bc"]),
    "texts of any length": _replaced(data=np.array(["a", "b"], dtype=h5py.string_dtype())),
    "fields": _replaced(data=np.zeros(3, [("a", "f4"), ("b", "i4")])),
    "references": _replaced(data=None, shape=(3,), dtype=h5py.ref_dtype),
    "lists": _replaced(data=None, shape=(3,), dtype=h5py.vlen_dtype("f4")),
    "complex": _replaced(data=np.zeros(3, "c8")),
    "of 128 bits": _replaced(data=np.zeros(3, np.longdouble)),
    "big-endian": _replaced(data=np.ones((2, 2), ">f4")),
    "of 16 bits": _replaced(data=np.ones((2, 2), "f2")),
    "of 32 axes": _replaced(data=np.ones((1,) * 32, "f4")),
    "names that are numbers": _attribute("layer_names", np.arange(3)),
    "no names": _attribute("layer_names", h5py.Empty("f4")),
    "names twice": _attribute("layer_names", [b"conv1", b"conv1"]),
    "names upwards": _attribute("layer_names", [b"../..", b"/"]),
    "names that are not utf-8": _attribute("layer_names", [b"\xff\xfe", b"\x1b[31m"]),
    "many names": _attribute("layer_names", [b"n%d" % n for n in range(4000)]),
    "provenance that is none": _attribute("diptych", "{"),
    "provenance that is deep": _attribute("diptych", "[" * 30_000),
    "provenance that is large": _attribute("diptych", json.dumps({"diptych": 1, "network": "x" * 60_000})),
    "provenance with control characters": _attribute("diptych", '{"diptych": 1, "network": "\\u001b[31m"}'),
    "provenance of a huge network": _attribute(
        "diptych", '{"diptych": 1, "network": "vgg16", "options": {"input_size": [99999, 99999]}, "extras": {}}'
    ),
}


def _with_config(text: str) -> Callable[[Any, Any], None]:
    def change(file: Any, dataset: Any) -> None:
        file.attrs.create("model_config", text, dtype=h5py.string_dtype())

    return change


def _configs() -> dict[str, str]:
    layer = {"class_name": "Conv2D", "config": {"name": "conv1"}}
    values: dict[str, Any] = {"a number": 5, "no layers": {"config": {}}, "layers null": {"config": {"layers": None}}}
    values |= {"a layer null": {"config": {"layers": [None]}}, "a name twice": {"config": {"layers": [layer, layer]}}}
    values |= {"a name that is a list": {"config": {"layers": [{"class_name": "X", "config": {"name": ["a"]}}]}}}
    values |= {"wide": {"config": {"layers": [{"config": {"name": f"n{n}"}} for n in range(50_000)]}}}
    values |= {"a lambda": {"config": {"layers": [{"class_name": "Lambda", "config": {"name": "f", "function": "x"}}]}}}
    nested: dict[str, Any] = layer
    for _ in range(80):
        nested = {"class_name": "Functional", "config": {"name": "m", "layers": [nested]}}
    texts = {name: json.dumps(value) for name, value in values.items()} | {"nested": json.dumps(nested)}
    deep = '{"config":{"layers":[' * 30_000
    return texts | {"deep": deep, "cut": '{"config": {"lay', "empty": "", "nan": '{"config": NaN}'}
