"""ONNX models, frozen graphs and TensorFlow checkpoints whose messages are whole, and whose content lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hostile import Input
from hostile.good import good_file
from hostile.table import table, tensor_entries

BIG = 1 << 62


def inputs() -> Iterator[Input]:
    """All three kinds."""
    import onnx
    from tensorflow.core.framework.graph_pb2 import GraphDef

    path, files = good_file("onnx")
    for name, change in ONNX.items():
        model = onnx.ModelProto.FromString(files[path])
        change(model, next(t for t in model.graph.initializer if not t.external_data))
        yield Input("graphs", f"onnx {name}", {**files, path: model.SerializeToString()}, path)
    for number, (key, value) in enumerate(OUTSIDE):
        model = onnx.ModelProto.FromString(files[path])
        tensor = next(t for t in model.graph.initializer if t.external_data)
        _outside(tensor, key, value)
        yield Input("graphs", f"onnx outside {number}", {**files, path: model.SerializeToString()}, path)
    for name, change in FROZEN.items():
        graph = GraphDef.FromString(good_file("frozen")[1]["a.pb"])
        change(graph, graph.node[0].attr["value"].tensor)
        yield Input("graphs", f"frozen {name}", {"a.pb": graph.SerializeToString()}, "a.pb")
    yield from _bundles()


def _dims(*dims: int) -> Callable[[Any, Any], None]:
    return lambda model, tensor: tensor.ClearField("dims") or tensor.dims.extend(dims)


def _set(name: str, value: Any) -> Callable[[Any, Any], None]:
    return lambda model, tensor: setattr(tensor, name, value)


def _added(count: int) -> Callable[[Any, Any], None]:
    def change(model: Any, tensor: Any) -> None:
        for number in range(count):
            model.graph.initializer.add().CopyFrom(tensor)
            model.graph.initializer[-1].name = f"n{number}"

    return change


def _listed(name: str, count: int) -> Callable[[Any, Any], None]:
    """The numbers in a list of the message in place of bytes."""

    def change(model: Any, tensor: Any) -> None:
        tensor.ClearField("raw_data")
        getattr(tensor, name).extend([1] * count)

    return change


def _nested(model: Any, tensor: Any) -> None:
    import onnx

    graph = onnx.GraphProto(name="g")
    for _ in range(60):
        outer = onnx.GraphProto(name="g")
        node = outer.node.add(op_type="If")
        node.attribute.add(name="then_branch", type=onnx.AttributeProto.GRAPH).g.CopyFrom(graph)
        graph = outer
    model.graph.node.add(op_type="If").attribute.add(name="then_branch", type=5).g.CopyFrom(graph)


def _said(key: str, value: str) -> Callable[[Any, Any], None]:
    def change(model: Any, tensor: Any) -> None:
        for entry in list(model.metadata_props):
            if entry.key == key or not key:
                model.metadata_props.remove(entry)
        model.metadata_props.add(key=key or "diptych", value=value)

    return change


ONNX: dict[str, Callable[[Any, Any], Any]] = {
    "negative": _dims(-1, 5),
    "huge": _dims(BIG, 4),
    "huge and empty": _dims(0, BIG, BIG),
    "100 axes": _dims(*[1] * 100),
    "no axes": _dims(),
    **{f"type {number}": _set("data_type", number) for number in (0, 2, 7, 8, 10, 11, 14, 16, 17, 22, 99, -1)},
    "no data": lambda model, tensor: tensor.ClearField("raw_data"),
    "short data": lambda model, tensor: setattr(tensor, "raw_data", tensor.raw_data[:-1]),
    "float list": _listed("float_data", 6),
    "float list, wrong": _listed("float_data", 5),
    "integer list": _listed("int64_data", 6),
    "no name": _set("name", ""),
    "a long name": _set("name", "n" * 200_000),
    "control characters": _set("name", "\x1b[31m\n"),
    "a name twice": lambda model, tensor: model.graph.initializer.add().CopyFrom(tensor),
    "segment": lambda model, tensor: tensor.segment.SetInParent(),
    "many tensors": _added(5000),
    "nested graphs": _nested,
    "many nodes": lambda model, tensor: [model.graph.node.add(op_type="Relu") for _ in range(20_000)],
    "no graph": lambda model, tensor: model.ClearField("graph"),
    "a sparse tensor": lambda model, tensor: model.graph.sparse_initializer.add(),
    "another version": lambda model, tensor: setattr(model, "ir_version", BIG),
    "opset of 2^62": lambda model, tensor: setattr(model.opset_import[0], "version", BIG),
    "producer with control characters": lambda model, tensor: setattr(model, "producer_name", "\x1b[31m\n" * 2000),
    "said nothing": _said("diptych", ""),
    "said what is none": _said("", "{"),
    "said deep": _said("", "[" * 50_000),
    "said of a huge network": _said(
        "", '{"diptych": 1, "network": "vgg16", "options": {"num_classes": 999999999999}, "extras": {}}'
    ),
}
OUTSIDE = [
    *[("location", text) for text in ("/etc/passwd", "../x", "a.onnx.data/../x", "", "\x00", "x" * 5000, "/dev/zero")],
    *[("offset", text) for text in ("-4", "9" * 30, "x", "1.5", "", "191999", " 4", "0x10", "\u0661")],
    *[("length", text) for text in ("-4", "9" * 30, "x", "0", "1", "4")],
]


def _outside(tensor: Any, key: str, value: str) -> None:
    for entry in list(tensor.external_data):
        if entry.key == key:
            tensor.external_data.remove(entry)
    tensor.external_data.add(key=key, value=value)


def _sizes(*sizes: int) -> Callable[[Any, Any], None]:
    def change(graph: Any, tensor: Any) -> None:
        tensor.tensor_shape.ClearField("dim")
        for size in sizes:
            tensor.tensor_shape.dim.add(size=size)

    return change


def _one_for_all(*sizes: int) -> Callable[[Any, Any], None]:
    def change(graph: Any, tensor: Any) -> None:
        _sizes(*sizes)(graph, tensor)
        tensor.ClearField("tensor_content")
        tensor.float_val.append(0.5)

    return change


def _chained(graph: Any, tensor: Any) -> None:
    for number in range(20_000):
        graph.node.add(name=f"i{number}", op="Identity").input.append(f"i{number + 1}")
    graph.node.add(name="i20000", op="Identity").input.append("i0")


FROZEN: dict[str, Callable[[Any, Any], Any]] = {
    "negative": _sizes(-1, 5),
    "huge": _sizes(BIG, 4),
    "huge and empty": _sizes(0, BIG, BIG),
    "100 axes": _sizes(*[1] * 100),
    "one number for all": _one_for_all(5, 5, 1, 6),
    "one number for billions": _one_for_all(1 << 20, 1 << 12),
    "unknown rank": lambda graph, tensor: setattr(tensor.tensor_shape, "unknown_rank", True),
    **{f"type {number}": _set("dtype", number) for number in (0, 2, 7, 14, 19, 20, 21, 23, 101, 999)},
    "short": lambda graph, tensor: setattr(tensor, "tensor_content", tensor.tensor_content[:-3]),
    "no content": lambda graph, tensor: tensor.ClearField("tensor_content"),
    "a name twice": lambda graph, tensor: setattr(graph.node[1], "name", graph.node[0].name),
    "no name": lambda graph, tensor: setattr(graph.node[0], "name", ""),
    "control characters": lambda graph, tensor: setattr(graph.node[0], "name", "\x1b[31m\n/kernel"),
    "a long name": lambda graph, tensor: setattr(graph.node[0], "name", "n" * 100_000 + "/kernel"),
    "an input that is not there": lambda graph, tensor: graph.node[1].input.append("z"),
    "a chain": _chained,
    "a call of Python": lambda graph, tensor: setattr(graph.node.add(name="p"), "op", "PyFunc"),
    "no nodes": lambda graph, tensor: graph.ClearField("node"),
}


def _bundles() -> Iterator[Input]:
    """Checkpoints whose index is whole, checksums included, and whose entries or texts lie."""
    path, files = good_file("bundle")
    data = next(name for name in files if ".data-" in name)
    for name, change in BUNDLE.items():
        header, entries = tensor_entries(files[path])
        key = next(key for key, entry in entries.items() if len(entry.shape.dim) > 1)
        change(header, entries, key)
        yield Input("graphs", f"bundle {name}", {**files, path: table(header, entries)}, path)
    header, entries = tensor_entries(files[path])
    texts = next(entry for entry in entries.values() if entry.dtype == 7)
    lengths = (b"\xff" * 9 + b"\x01", b"\xff\xff\xff\xff\x0f", b"\x80" * 10, b"\x00", b"\xff\xff\xff\xff\xff\xff\x7f")
    for number, length in enumerate(lengths):
        new = files[data][: texts.offset] + length + files[data][texts.offset + len(length) :]
        yield Input("graphs", f"bundle text of length {number}", {**files, data: new}, path)
        header, entries = tensor_entries(files[path])
        for entry in entries.values():
            if entry.dtype == 7:
                entry.shape.dim.add(size=1 << 20 if number % 2 else 2)
        made = {path: table(header, entries), data: new}
        yield Input("graphs", f"bundle texts of length {number}", {**files, **made}, path)


def _entry(name: str, value: Any) -> Callable[[Any, Any, str], None]:
    return lambda header, entries, key: setattr(entries[key], name, value)


def _shape(*sizes: int) -> Callable[[Any, Any, str], None]:
    def change(header: Any, entries: Any, key: str) -> None:
        _sizes(*sizes)(None, _Shaped(entries[key].shape))

    return change


class _Shaped:
    def __init__(self, shape: Any) -> None:
        self.tensor_shape = shape


def _renamed(name: str) -> Callable[[Any, Any, str], None]:
    return lambda header, entries, key: entries.update({name: entries.pop(key)})


BUNDLE: dict[str, Callable[[Any, Any, str], Any]] = {
    "as it is": lambda header, entries, key: None,
    "negative": _shape(-1, 5),
    "huge": _shape(BIG, 4),
    "huge and empty": _shape(0, BIG, BIG),
    "300 axes": _shape(*[1] * 300),
    "unknown rank": lambda header, entries, key: setattr(entries[key].shape, "unknown_rank", True),
    **{f"type {number}": _entry("dtype", number) for number in (0, 2, 3, 7, 14, 19, 20, 21, 23, 101, 999)},
    "offset -1": _entry("offset", -1),
    "offset 2^62": _entry("offset", BIG),
    "another offset": _entry("offset", 4),
    "size -1": _entry("size", -1),
    "size 2^62": _entry("size", BIG),
    "size 0": _entry("size", 0),
    "shard 1": _entry("shard_id", 1),
    "shard -1": _entry("shard_id", -1),
    "another checksum": _entry("crc32c", 5),
    "in slices": lambda header, entries, key: entries[key].slices.add(),
    "2 shards": lambda header, entries, key: setattr(header, "num_shards", 2),
    "2^31 shards": lambda header, entries, key: setattr(header, "num_shards", (1 << 31) - 1),
    "no shards": lambda header, entries, key: setattr(header, "num_shards", 0),
    "big-endian": lambda header, entries, key: setattr(header, "endianness", 1),
    "another version": lambda header, entries, key: setattr(header.version, "min_consumer", 99),
    "control characters": _renamed("\x1b[31m\n/kernel"),
    "a long key": _renamed("n" * 100_000),
    "upwards": _renamed("../../kernel"),
}
