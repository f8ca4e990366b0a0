"""Files that claim too much of anything: refused in seconds, before memory is taken for it."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from foreign import LAYERS, masked_crc, onnx_model, table
from limited import bounded

from diptych.common.errors import FileError
from diptych.files import provenance, read
from diptych.files.bounded_json import loads
from diptych.files.crc32c import crc32c, masked

FLAT = {f"net.{layer}.{kind}": array for layer, kinds in LAYERS.items() for kind, array in kinds.items()}


def safetensors(path: Path, header: Any, data: bytes = b"", length: int = -1) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length < 0 else length) + text + data)
    return path


def entry(**changes: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} | changes


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ({"a": entry(shape=[0, 2**62, 2**62], data_offsets=[0, 0])}, "impossible shape"),
        ({"a": entry(shape=[1] * 101)}, "impossible shape"),
        ({"a": entry(shape=[-2, -1])}, "impossible shape"),
        ({"a": entry(shape=[2.0])}, "impossible shape"),
        ({"a": entry(shape=[True, 2])}, "impossible shape"),
        ({"a": entry(shape=2)}, "impossible shape"),
        ({"a": entry(shape=[3])}, "has 8 bytes, its shape [3] needs 12"),
        ({"a": entry(shape=[1 << 40])}, "has 8 bytes"),
        ({"a": entry(data_offsets=[4, 12])}, "begins at byte 4, expected 0"),
        ({"a": entry(data_offsets=[8, 0])}, "its shape [2] needs 8"),
        ({"a": entry(data_offsets=[0, 8]), "b": entry(data_offsets=[0, 8])}, "begins at byte 0, expected 8"),
        ({"a": entry(data_offsets=[0, 8]), "b": entry(data_offsets=[12, 20])}, "begins at byte 12, expected 8"),
        ({"a": entry(data_offsets=[0.0, 8.0])}, "has the offsets"),
        ({"a": entry(data_offsets=[0])}, "has the offsets"),
        ({"a": entry(more=1)}, "is not said to have"),
        ({"a": [1]}, "is not said to have"),
        ({"a": entry(dtype="F8_E4M3")}, "no type for"),
        ({"a": entry(dtype=["F32"])}, "no type for"),
        ({"a": entry(), "__metadata__": {"x": 1}}, "not text by name"),
        ([1], "no JSON object"),
        (b'{"a": 1, "a": 2}', "is there twice"),
        (b'{"a":' * 50_000, "is not a whole"),
        (b"[" * 100_000, "is not a whole"),
        (b"9" * 100_000, "is not a whole"),
        (b'{"a": "\xff"}', "is not a whole"),
        (b"{" + b",".join(b'"%d":[]' % n for n in range(900_000)) + b"}", "values, more than"),
    ],
)
def test_headers_of_safetensors_that_lie(header: Any, complaint: str, tmp_path: Path) -> None:
    path = safetensors(tmp_path / "in.safetensors", header, bytes(8))
    with bounded(3, 200), pytest.raises(FileError) as caught:
        read(path)
    assert complaint in str(caught.value)


@pytest.mark.parametrize("length", [0, 1, 1 << 20, 1 << 33, (1 << 64) - 1])
def test_the_length_of_a_header_is_bounded_by_the_file(length: int, tmp_path: Path) -> None:
    path = safetensors(tmp_path / "in.safetensors", {"a": entry()}, bytes(8), length)
    with bounded(1, 50), pytest.raises(FileError, match=r"its header has .* bytes|not what its suffix says"):
        read(path)


@pytest.mark.parametrize(
    "header",
    [
        b"-" * 9000 + b"1\n",
        b"[" * 3000 + b"\n",
        b"(" * 60000,
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"9" * 4000 + b",)}\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"1," * 40 + b")}\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904)}\n",
        b"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}\n",
        b"{'descr': '<f3', 'fortran_order': False, 'shape': (1,)}\n",
        b"{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}\n",
        b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}\n",
        b"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}\n",
        b"{'descr': '<f4', 'fortran_order': False}\n",
        b"\xff\xfe\n",
        b"",
    ],
)
def test_headers_of_arrays_that_lie(header: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.npz", "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(4))
    with bounded(1, 50), pytest.raises(FileError):
        read(tmp_path / "in.npz")


def test_headers_of_arrays_in_any_order_and_space(tmp_path: Path) -> None:
    header = b" {'shape' : (2,1 ), 'descr':'>f8','fortran_order':True}    \n"
    with zipfile.ZipFile(tmp_path / "in.npz", "w") as archive:
        data = np.arange(2.0).astype(">f8").tobytes()
        archive.writestr("a.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header)) + header + data)
    found: Any = read(tmp_path / "in.npz")
    assert found.arrays["a"].tolist() == [[0.0], [1.0]]


TEXT = "_CHECKPOINTABLE_OBJECT_GRAPH"


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(7),  # 2^63 - 1: TensorFlow ends the process
        b"\xff\xff\xff\xff\x0f" + bytes(11),
        b"\x80" * 16,
        b"\x0b" + struct.pack("<I", 1) + bytes(11),
        b"\x0b" + struct.pack("<I", masked_crc(struct.pack("<I", 11))) + b"\x0a" + bytes(10),
        b"",
    ],
)
def test_a_text_of_a_checkpoint_whose_length_lies(data: bytes, tmp_path: Path) -> None:
    from tensorflow.core.protobuf.tensor_bundle_pb2 import BundleEntryProto, BundleHeaderProto

    header = BundleHeaderProto(num_shards=1).SerializeToString()
    said = BundleEntryProto(dtype=7, size=len(data), crc32c=5).SerializeToString()
    (tmp_path / "in.data-00000-of-00001").write_bytes(data + bytes(4))
    (tmp_path / "in.index").write_bytes(table({b"": header, TEXT.encode(): said}))
    import tensorflow as tf

    assert tf.__name__ == "tensorflow"  # loaded before the clock starts
    with bounded(2, 100), pytest.raises(FileError, match=r"is not one text|the checksum|is not whole"):
        read(tmp_path / "in.index")


@pytest.mark.parametrize("size", [0, 1, 31, 32768, 32769, 100_003])
def test_the_checksum_is_that_of_tensorflow(size: int) -> None:
    data = np.random.default_rng(size).bytes(size)
    assert masked(crc32c(data)) == masked_crc(data)
    assert crc32c(data[size // 3 :], crc32c(data[: size // 3])) == crc32c(data)


def test_a_model_of_a_million_parts_is_not_parsed(tmp_path: Path) -> None:
    onnx_model(tmp_path / "in.onnx", FLAT)
    data = (tmp_path / "in.onnx").read_bytes()
    graph = b"\x0a\x00" * 1_000_000  # a million nodes of nothing, each an object of a hundred bytes
    more = b"\x3a" + _number(len(graph)) + graph
    (tmp_path / "in.onnx").write_bytes(data + more)
    with bounded(5, 200), pytest.raises(FileError, match="parts in"):
        read(tmp_path / "in.onnx")


def test_messages_in_each_other_have_an_end(tmp_path: Path) -> None:
    inner = b""
    for _ in range(400):
        inner = b"\x0a" + _number(len(inner) + 4) + b"\x2a" + _number(len(inner)) + inner + b"\x00"
    (tmp_path / "in.onnx").write_bytes(b"\x3a" + _number(len(inner)) + inner)
    with bounded(2, 100), pytest.raises(FileError):
        read(tmp_path / "in.onnx")


def _number(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes(found) + bytes([value])


@pytest.mark.parametrize(
    "options",
    [
        {"num_classes": 10**15},
        {"num_classes": -(10**7)},
        {"input_size": [10**6, 10**6]},
        {"input_size": 10**5},
        {"depth": 10**6},
        {"width": 1e300},
        {"width": float("nan")},
        {"x": "y" * 1000},
        {"x": {"y": 1}},
        {"x": [[1]]},
        {"x": [1] * 100},
        {"x": 10**30},
    ],
)
def test_options_that_no_network_has_are_refused_before_one_is_traced(options: Any) -> None:
    text = json.dumps({"diptych": 1, "network": "efficientnet_b0", "options": options})
    with bounded(1, 50), pytest.raises(FileError, match=r"says its network has|is not readable"):
        provenance.loads(text, Path("x"))


@pytest.mark.parametrize(
    "changes",
    [
        {"extras": {"a": 1.5}},
        {"extras": {"a": 10**30}},
        {"extras": [1]},
        {"network": 5},
        {"conversion": [1]},
        {"diptych": "1"},
    ],
)
def test_what_a_file_says_has_the_types_that_diptych_writes(changes: Any) -> None:
    with pytest.raises(FileError, match="is not readable"):
        provenance.loads(json.dumps({"diptych": 1, "network": "resnet18"} | changes), Path("x"))


def test_json_is_bounded_in_depth_and_number() -> None:
    assert loads('{"a": [1, 2]}') == {"a": [1, 2]}
    for text in ("[" * 101 + "]" * 101, "[" + "1," * 100 + "1]", '{"a": 1, "a": 1}', "[" * 200_000):
        with pytest.raises(ValueError, match=r"deep|values|twice"):
            loads(text, most=100)
