"""TensorFlow files that contradict themselves, and torch files that swell: refused before anything is allocated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from foreign import LAYERS, bundle, frozen, masked_crc, numbers
from refusal import refused

from diptych.common.errors import FileError
from diptych.files import read

FLAT = {f"net/{layer}/{kind}": array for layer, kinds in LAYERS.items() for kind, array in kinds.items()}


@pytest.mark.parametrize(
    ("dims", "size", "more", "complaint"),
    [
        ([1 << 62, 1 << 62], 16, {}, "impossible shape"),
        ([1 << 62, 1 << 62, 0], 0, {}, "impossible shape"),
        ([1 << 40], 16, {"dtype": 6}, "needs 1099511627776 bytes"),
        ([1 << 40], 16, {}, "needs 4398046511104 bytes"),
        ([1 << 38], 1 << 40, {}, "its data file has 16"),
        ([-5], 16, {}, "impossible shape"),
        ([1] * 300, 4, {}, "impossible shape (300 axes"),
        ([4], 16, {"shard_id": 7}, "its data file has 0"),
        ([4], 16, {"shard_id": -1}, "its data file has 0"),
        ([4], 16, {"offset": 1 << 50}, "its data file has 16"),
        ([4], 16, {"offset": -8}, "16 bytes at -8"),
        ([4], -16, {}, "it has -16 bytes"),
        ([4], 16, {"dtype": 99}, "unknown type 99"),
        ([8], 16, {"dtype": 14}, "is bfloat16"),
        ([1 << 40], 16, {"dtype": 7}, "needs 1099511627776 bytes"),
        ([4], 16, {"crc32c": 5}, "is not a whole TensorFlow checkpoint"),
    ],
)
def test_an_index_that_says_the_impossible(
    tmp_path: Path, dims: list[int], size: int, more: dict[str, int], complaint: str
) -> None:
    """TensorFlow's own reader would end the process at some of them: no exception, an abort."""
    source = bundle(tmp_path / "in", dims, size, **more)
    error = refused(tmp_path, "convert", source, tmp_path / "out.pth")
    assert complaint in error
    assert "net/kernel" in error


@pytest.mark.parametrize("place", [0, 5, 20, -60, -46, -1])
def test_an_index_with_a_broken_byte_is_an_error_and_not_a_crash(tmp_path: Path, place: int) -> None:
    source = bundle(tmp_path / "in", [4], 16, crc32c=masked_crc(b"\0\0\x80?" * 4))
    data = bytearray(source.read_bytes())
    data[place] ^= 0x7F
    source.write_bytes(data)
    assert str(tmp_path / "in") in refused(tmp_path, "convert", source, tmp_path / "out.pth")


def without_numbers(tensor: Any) -> None:
    tensor.ClearField("tensor_content")
    tensor.float_val.append(0.5)


def wide(tensor: Any) -> None:
    without_numbers(tensor)
    tensor.tensor_shape.dim[0].size = 1 << 40


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (wide, "but it stores"),
        (lambda tensor: tensor.tensor_shape.dim[0].__setattr__("size", 1 << 40), "is not whole: its shape"),
        (lambda tensor: tensor.tensor_shape.dim[0].__setattr__("size", -1), "impossible shape"),
        (lambda tensor: tensor.tensor_shape.__setattr__("unknown_rank", True), "impossible shape"),
        (lambda tensor: tensor.__setattr__("tensor_content", b"1234"), "needs 4 numbers, it has 1"),
        (lambda tensor: tensor.__setattr__("dtype", 14), "is bfloat16, expected float16 or float32 or float64"),
        (lambda tensor: tensor.__setattr__("dtype", 99), "unknown type 99"),
    ],
)
def test_constants_that_contradict_themselves(tmp_path: Path, spoil: Callable[[Any], Any], complaint: str) -> None:
    graph = frozen(tmp_path / "in.pb", FLAT)
    node = next(node for node in graph.node if node.name == "net/bn1/gamma")
    spoil(node.attr["value"].tensor)
    (tmp_path / "in.pb").write_bytes(graph.SerializeToString())
    assert complaint in refused(tmp_path, "convert", tmp_path / "in.pb", tmp_path / "out.pth")


def test_a_graph_that_lost_nodes_or_has_no_weights(tmp_path: Path) -> None:
    graph = frozen(tmp_path / "in.pb", FLAT)
    del graph.node[0]
    (tmp_path / "in.pb").write_bytes(graph.SerializeToString())
    error = refused(tmp_path, "convert", tmp_path / "in.pb", tmp_path / "out.pth")
    assert "net/conv1/kernel/out takes net/conv1/kernel, which is not there" in error
    frozen(tmp_path / "in.pb", {"net/table": numbers(2, 2)})
    error = refused(tmp_path, "convert", tmp_path / "in.pb", tmp_path / "out.pth")
    assert "holds no weights that can be told by name" in error


def test_a_graph_larger_than_any_can_be(tmp_path: Path) -> None:
    for name in ("in.pb", "in.onnx"):
        with (tmp_path / name).open("wb") as file:
            file.write(b"\x0a")
            file.truncate(1 << 31)
        with pytest.raises(FileError, match="ends at 2 GB"):
            read(tmp_path / name)


def test_a_torch_tensor_that_repeats_one_number_is_refused(tmp_path: Path) -> None:
    import torch

    torch.save({"a": torch.zeros(1).expand(1 << 20, 1 << 20)}, tmp_path / "in.pth")
    assert "but it stores" in refused(tmp_path, "convert", tmp_path / "in.pth", tmp_path / "out.safetensors")
