"""Darknet's `.weights` in and out of every format, bit for bit, by two readers."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
import pytest
from command_line import run
from darknet_files import HEADER, by_hand, numbers, small, written

from diptych import convert, identify, verify
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.files import read, write
from diptych.files.again import read_again
from diptych.files.darknet import order
from diptych.files.darknet.floats import Floats

NET = small()
COUNT = 5_880_324
HEADERS = [(0, 1, 0, 2_000_000_000), (0, 2, 0, 32_013_312), HEADER]
SUFFIXES = [".pth", ".safetensors", ".npz", ".weights.h5", ".keras"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return by_hand(tmp_path_factory.mktemp("darknet") / "a.weights", NET)


def test_the_numbers_are_those_of_the_layers(file: Path) -> None:
    found = read(file)
    assert isinstance(found, Floats)
    assert tuple(found.header) == HEADER
    assert len(found.numbers) == COUNT == sum(math.prod(w.shape) for w in NET.weights.values())
    named = found.named(NET)
    expected = scrambled(NET)
    assert named.keys() == expected.keys()
    assert all(np.array_equal(named[name], expected[name]) for name in expected)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_there_and_back_every_byte_is_the_same(file: Path, suffix: str, tmp_path: Path) -> None:
    there, back = tmp_path / f"a{suffix}", tmp_path / "b.weights"
    done = convert(file, there, check=None)
    assert (done.network, done.options) == ("yolov4_tiny", {"num_classes": 1})
    convert(there, back, check=None)
    assert back.read_bytes() == file.read_bytes()


def test_through_an_onnx_graph_every_byte_is_the_same(file: Path, tmp_path: Path) -> None:
    there, back = tmp_path / "a.onnx", tmp_path / "b.weights"
    assert run("export", "yolov4_tiny", file, there, "--no-check").exit_code == 0
    convert(there, back, check=None)
    assert back.read_bytes() == file.read_bytes()


@pytest.mark.parametrize("header", HEADERS, ids=str)
def test_headers_of_both_widths_travel_through_several_formats(header: tuple[int, ...], tmp_path: Path) -> None:
    fields = dict(zip(("major", "minor", "revision", "seen"), header, strict=True))
    first = written(tmp_path / "a.weights", NET, header=fields)
    width = 16 if header[:2] == (0, 1) else 20
    seen = "<3iI" if width == 16 else "<3iQ"
    assert first.read_bytes()[:width] == struct.pack(seen, *header)
    assert len(first.read_bytes()) == width + 4 * COUNT
    for one, two in (("a.weights", "b.npz"), ("b.npz", "c.pth"), ("c.pth", "d.weights")):
        convert(tmp_path / one, tmp_path / two, check=None)
    assert (tmp_path / "d.weights").read_bytes() == first.read_bytes()


def test_a_network_from_elsewhere_has_a_header_that_has_seen_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "a.weights", NET)
    assert path.read_bytes()[:20] == struct.pack("<3iQ", 0, 2, 5, 0)


def test_the_proof_has_two_readers_and_is_repeated(file: Path, tmp_path: Path) -> None:
    there, back = tmp_path / "a.safetensors", tmp_path / "b.weights"
    one = convert(file, there, check="float32")
    assert one.readers["source"].startswith("array.array of Python")
    assert any("sqrt(variance + 1e-5)" in note for note in one.notes)
    assert verify(there, "float32").passed
    two = convert(there, back, check="float32")
    assert two.readers["result"].startswith("array.array of Python")
    assert verify(back, "float32").passed
    assert verify(back, "float32", result_only=True).passed
    data = bytearray(back.read_bytes())
    data[100] ^= 1
    back.write_bytes(data)
    assert not verify(back, "float32").passed


@pytest.mark.parametrize("header", HEADERS, ids=str)
def test_the_second_reader_shares_no_fault(header: tuple[int, ...], tmp_path: Path) -> None:
    fields = dict(zip(("major", "minor", "revision", "seen"), header, strict=True))
    path = written(tmp_path / "a.weights", NET, header=fields)
    found, again = {key: array for _, key, array in read(path).raw()}, read_again(path, "darknet")
    assert again is not None
    assert again.arrays.keys() == found.keys()
    for key, array in found.items():
        assert again.arrays[key].dtype == array.dtype
        np.testing.assert_array_equal(again.arrays[key], array)


def test_no_size_is_that_of_two_networks() -> None:
    """So that the number of numbers decides, whatever the classes up to the most that there may be."""
    sizes: dict[int, str] = {}
    for name in order.NETWORKS:
        options = dict(order.NETWORKS[name])
        one, two = (order.count(spec(name, **options, num_classes=classes)) for classes in (1, 2))
        for classes in range(1, order.CLASSES + 1):
            assert sizes.setdefault(one + (classes - 1) * (two - one), name) == name


def test_batch_counters_have_no_place_and_that_is_said(tmp_path: Path) -> None:
    source = tmp_path / "a.safetensors"
    write(source, NET, scrambled(NET), {"backbone.conv1.bn.num_batches_tracked": 7})
    done = convert(source, tmp_path / "b.weights", check=None)
    assert any("batch counters are left out" in note for note in done.notes)
    assert np.array_equal(numbers(tmp_path / "b.weights")[:32], scrambled(NET)["backbone.conv1.bn.bias"])


def test_other_names_are_not_written(file: Path, tmp_path: Path) -> None:
    there = tmp_path / "a.npz"
    convert(file, there, check=None)
    done = run("convert", there, tmp_path / "b.weights", "--to", "timm")
    assert done.exit_code == 2
    assert not (tmp_path / "b.weights").exists()


def test_a_folder_of_files_is_converted(file: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.weights").write_bytes(file.read_bytes())
    done = run("convert", tmp_path / "in", tmp_path / "out", "--suffix", ".safetensors", "--no-check")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "a.safetensors").is_file()


@pytest.mark.parametrize("name", ["darknet19_cls", "darknet53_cls"])
def test_classifiers_are_files_too(name: str, tmp_path: Path) -> None:
    net = spec(name, num_classes=2, **order.NETWORKS[name])
    path = written(tmp_path / "a.weights", net)
    found = identify(path).matches[0].net
    assert found.name == name
    assert dict(found.options) == dict(order.NETWORKS[name]) | {"num_classes": 2}
    named = read(path).named(net)
    assert all(np.array_equal(named[key], array) for key, array in scrambled(net).items())
