"""Small files in the formats that diptych reads, made by hand or by the libraries that write them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from diptych.common.spec import Array


def numbers(*shape: int, dtype: Any = np.float32) -> Array:
    """Numbers that differ from each other and from those of other shapes."""
    return (np.arange(np.prod(shape, dtype=int)).reshape(shape) * 0.37 - sum(shape)).astype(dtype)


LAYERS = {
    "conv1": {"kernel": numbers(3, 3, 2, 4), "bias": numbers(4)},
    "bn1": {kind: numbers(4) + n for n, kind in enumerate(("gamma", "beta", "moving_mean", "moving_variance"))},
}


def legacy(path: Path, groups: Mapping[str, Mapping[str, Array]], *, whole: str = "", chunks: int = 0) -> Path:
    """The layout of Keras 2: `whole` is the text of model_config, `chunks` how many names go into one attribute."""
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if whole else file
        listed(root, "layer_names", list(groups), chunks)
        for layer, variables in groups.items():
            group = root.create_group(layer)
            listed(group, "weight_names", list(variables), chunks)
            for name, array in variables.items():
                group[name] = array
        if whole:
            file.attrs["model_config"] = whole
            file["optimizer_weights/iteration:0"] = np.int64(3)
    return path


def listed(group: Any, name: str, texts: list[str], chunks: int) -> None:
    data = np.array([text.encode() for text in texts] or [b""])[: len(texts)]
    if not chunks or not texts:
        group.attrs[name] = data
        return
    for number in range(0, len(texts), chunks):
        group.attrs[f"{name}{number // chunks}"] = data[number : number + chunks]


def keras_model() -> Any:
    """A functional model with a Sequential inside a Functional inside it, and weights of its own."""
    import keras

    deep = keras.Sequential([keras.Input((6, 6, 2)), keras.layers.Conv2D(3, 3, name="conv")], name="deep")
    x = keras.Input((6, 6, 2))
    inner = keras.Model(x, keras.layers.BatchNormalization(name="bn")(deep(x)), name="inner")
    image = keras.Input((6, 6, 2), name="image")
    y = keras.layers.Dense(5, name="fc")(keras.layers.Flatten(name="flat")(inner(image)))
    model = keras.Model(image, y, name="outer")
    model.set_weights([numbers(*array.shape) + n for n, array in enumerate(model.get_weights())])
    return model


def keras_layers(model: Any) -> dict[str, list[Array]]:
    """What diptych should read of `keras_model`, from the model itself."""
    inner = model.get_layer("inner")
    found = {
        "inner/deep/conv": inner.get_layer("deep").get_layer("conv"),
        "inner/bn": inner.get_layer("bn"),
        "fc": model.get_layer("fc"),
    }
    return {name: layer.get_weights() for name, layer in found.items()}


def onnx_model(path: Path, arrays: Mapping[str, Array]) -> Any:
    """A model whose initialisers are these arrays, saved; returned to be spoilt."""
    import onnx
    from onnx import helper, numpy_helper

    tensors = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    taken = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    given = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "net", [taken], [given], tensors)
    model = helper.make_model(graph, producer_name="handmade", producer_version="1.2")
    path.write_bytes(model.SerializeToString())
    return model


def frozen(path: Path, arrays: Mapping[str, Any], suffix: str = "") -> Any:
    """A graph of constants, each read by an Identity, saved; returned to be spoilt."""
    import tensorflow as tf

    graph = tf.compat.v1.GraphDef()
    for name, array in arrays.items():
        node = graph.node.add(name=name + suffix, op="Const")
        node.attr["dtype"].type = tf.dtypes.as_dtype(array.dtype).as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(array))
        graph.node.add(name=f"{name}/out", op="Identity", input=[name + suffix])
    path.write_bytes(graph.SerializeToString())
    return graph


def bundle(prefix: Path, dims: Iterable[int], size: int, **more: Any) -> Path:
    """A TensorFlow checkpoint by hand of one variable, `net/kernel`, whose index says these things."""
    from tensorflow.core.protobuf.tensor_bundle_pb2 import BundleEntryProto, BundleHeaderProto

    entry = BundleEntryProto(**({"dtype": 1, "size": size} | more))
    for dim in dims:
        entry.shape.dim.add(size=dim)
    header = BundleHeaderProto(num_shards=1)
    header.version.producer = 1
    data = b"\0\0\x80?" * 4
    prefix.with_name(f"{prefix.name}.data-00000-of-00001").write_bytes(data)
    index = prefix.with_name(f"{prefix.name}.index")
    index.write_bytes(table({b"": header.SerializeToString(), b"net/kernel": entry.SerializeToString()}))
    return index


def table(items: Mapping[bytes, bytes]) -> bytes:
    """A table in the format of LevelDB, uncompressed, of one block."""
    found = b""
    handles = []
    for content in (items, {}):
        handles.append(_handle(len(found), len(_block(content))))
        found += _sealed(_block(content))
    last = _block({b"\xff": handles[0]})
    footer = (handles[1] + _handle(len(found), len(last))).ljust(40, b"\0")
    return found + _sealed(last) + footer + struct.pack("<Q", 0xDB4775248B80FB57)


def _block(items: Mapping[bytes, bytes]) -> bytes:
    parts = [b"\0" + _number(len(key)) + _number(len(value)) + key + value for key, value in items.items()]
    return b"".join(parts) + struct.pack("<II", 0, 1)


def _sealed(block: bytes) -> bytes:
    return block + b"\0" + struct.pack("<I", masked_crc(block + b"\0"))


def _handle(place: int, size: int) -> bytes:
    return _number(place) + _number(size)


def _number(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes(found) + bytes([value])


def masked_crc(data: bytes) -> int:
    """The checksum that TensorFlow keeps beside bytes: CRC-32C, turned and shifted."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
