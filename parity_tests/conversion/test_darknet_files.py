"""Darknet's `.weights` in and out of every format, bit for bit, and what is no such file refused."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command_line import run
from darknet_files import numbers, official, small, written
from refusal import refused

import diptych
from diptych import convert, identify, verify
from diptych.common.errors import DiptychError
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.files import read, write
from diptych.files.again import read_again
from diptych.files.darknet import cfg_text, order
from diptych.files.darknet.floats import Floats

NET = small()
COUNT = 5_880_324
HEADERS = [(0, 1, 0, 2_000_000_000), (0, 2, 0, 32_013_312), (0, 2, 5, (1 << 40) + 3)]
SUFFIXES = [".pth", ".safetensors", ".npz", ".weights.h5", ".keras"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as Darknet writes it, made by hand: its own header, and the numbers of each convolution in a row."""
    weights = scrambled(NET)
    parts = [struct.pack("<3iQ", *HEADERS[2])]
    for node in NET.nodes:
        if node.kind == "conv":
            before = node.path.rpartition(".")[0]
            norm = [f"{before}.bn.{kind}" for kind in ("bias", "weight", "running_mean", "running_var")]
            names = [f"{node.path}.bias"] if f"{node.path}.bias" in weights else norm
            parts += [weights[name].astype("<f4").tobytes() for name in (*names, f"{node.path}.weight")]
    path = tmp_path_factory.mktemp("darknet") / "a.weights"
    path.write_bytes(b"".join(parts))
    return path


def test_the_numbers_are_those_of_the_layers(file: Path) -> None:
    found = read(file)
    assert isinstance(found, Floats)
    assert tuple(found.header) == HEADERS[2]
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
    first = written(tmp_path / "a.weights", NET, **fields)
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


@pytest.mark.parametrize(
    "said", [{"major": -1}, {"minor": 1.5}, {"seen": -1}, {"seen": 1 << 64}, {"revision": "5"}, {"more": 1}, [1], "x"]
)
def test_a_header_in_metadata_that_is_none_is_refused(said: object, tmp_path: Path) -> None:
    with pytest.raises(DiptychError):
        write(tmp_path / "a.weights", NET, scrambled(NET), {}, record={"carried": {"darknet": said}})
    assert not list(tmp_path.iterdir())


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
    path = written(tmp_path / "a.weights", NET, **fields)
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


def test_where_two_networks_fit_both_are_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fitting = {"yolov4_tiny": 1, "yolov3_tiny": 1}
    monkeypatch.setattr("diptych.files.darknet.floats.fitting", lambda numbers: fitting)
    monkeypatch.setattr("diptych.files.darknet.floats.classes_of", lambda *_: 1)
    shapes = {name: {n: w.shape for n, w in spec(name, num_classes=1).weights.items()} for name in fitting}
    monkeypatch.setattr(Floats, "shapes", lambda self, net: shapes[net.name])
    monkeypatch.setattr(Floats, "surplus", lambda self, net: [])
    with pytest.raises(DiptychError, match=r"yolov4_tiny and yolov3_tiny.*--network"):
        convert(file, file.with_name("never.npz"))


def test_numbers_that_are_none_are_read_and_not_converted(tmp_path: Path) -> None:
    """As in every format: they would spoil every output."""
    arrays = scrambled(NET)
    arrays["head_s16.conv2.bias"][3] = np.nan
    path = written(tmp_path / "a.weights", NET, arrays)
    assert identify(path).names == ("yolov4_tiny",)
    assert "head_s16.conv2.bias holds 1 values that are NaN" in refused(tmp_path, "convert", path, tmp_path / "b.npz")


def changed(file: Path, folder: Path, change: Callable[[bytes], bytes]) -> Path:
    path = folder / "a.weights"
    path.write_bytes(change(file.read_bytes()))
    return path


BROKEN: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda data: b"", "is empty"),
    ("half a header", lambda data: data[:10], "its header is cut short"),
    ("a header but its end", lambda data: data[:18], "its header is cut short"),
    ("a header alone", lambda data: data[:20], "behind its header of 20 bytes is nothing"),
    ("a byte less", lambda data: data[:-1], "5,880,323 numbers of float32 and 3 bytes"),
    ("a number less", lambda data: data[:-4], "has 5,880,323 numbers"),
    ("a number more", lambda data: data + b"1234", "has 5,880,325 numbers"),
    ("half of it", lambda data: data[: len(data) // 2], "numbers"),
    ("twice", lambda data: data + data[20:], "has 11,760,648 numbers"),
    ("a strange version", lambda data: struct.pack("<i", 5000) + data[4:], "5000.2.5 is no version"),
    ("a negative one", lambda data: struct.pack("<2i", 0, -2) + data[8:], "0.-2.5 is no version"),
    ("zeros", lambda data: bytes(1000), "numbers"),
    ("a zip", lambda data: b"PK\x03\x04" + data[4:], "no version"),
    ("text", lambda data: b"[net]\n" * 99, "no version"),
]


@pytest.mark.parametrize(("change", "said"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_what_is_no_file_is_refused(file: Path, change: Callable[[bytes], bytes], said: str, tmp_path: Path) -> None:
    path = changed(file, tmp_path, change)
    assert said in refused(tmp_path, "identify", path)
    assert said in refused(tmp_path, "convert", path, tmp_path / "b.npz")


def test_a_file_by_another_suffix_is_refused(file: Path, tmp_path: Path) -> None:
    for suffix in (".pth", ".safetensors", ".npz"):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(file.read_bytes())
        assert "holds Darknet content" in refused(tmp_path, "identify", path)
    other = tmp_path / "b.weights"
    diptych.convert(file, tmp_path / "b.npz", check=None)
    other.write_bytes((tmp_path / "b.npz").read_bytes())
    assert "holds npz content" in refused(tmp_path, "identify", other)


def test_networks_and_classes_that_do_not_fit_are_refused(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "b.npz"
    wrong = refused(tmp_path, "convert", file, out, "--network", "yolov3_tiny")
    assert "has 5,880,324 numbers, expected 8,858,734 for yolov3_tiny" in wrong
    wrong = refused(tmp_path, "convert", file, out, "--num-classes", "2")
    assert "has 5,880,324 numbers, expected 5,882,634 for yolov4_tiny, num_classes=2" in wrong
    assert "resnet18 is no network" in refused(tmp_path, "convert", file, out, "--network", "resnet18")


def test_what_no_file_holds_is_not_written(tmp_path: Path) -> None:
    weights = scrambled(NET)
    out = tmp_path / "a.weights"
    double = {name: array.astype("f8") for name, array in weights.items()}
    lenet = spec("lenet5_modern")
    slope, bare = spec("darknet53_cls"), spec("yolov4_tiny", num_classes=0)
    for net, arrays, said in (
        (NET, double, "all float32"),
        (lenet, scrambled(lenet), "lenet5_modern is no network"),
        (slope, {"a": np.zeros(1, "f4")}, "no section of Darknet's"),
        (bare, {"a": np.zeros(1, "f4")}, "without classes"),
    ):
        with pytest.raises(DiptychError, match=said):
            write(out, net, arrays, {})
        assert not list(tmp_path.iterdir())


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


def test_the_configuration_beside_a_file_says_its_network(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.weights"
    path.write_bytes(file.read_bytes())
    beside = tmp_path / "a.cfg"
    beside.write_text(cfg_text(small(input_size=(320, 608))))
    found = identify(path)
    assert found.names == ("yolov4_tiny",)
    assert dict(found.matches[0].net.options) == {"num_classes": 1, "input_size": (320, 608)}
    assert f"{beside}: all 38 sections are those of yolov4_tiny" in found.notes
    # With another name it counts where it is the only one, and fits.
    beside.rename(tmp_path / "b.cfg")
    assert dict(identify(path).matches[0].net.options)["input_size"] == (320, 608)
    (tmp_path / "c.cfg").write_text("[net]\n")
    assert dict(identify(path).matches[0].net.options) == {"num_classes": 1}


def test_a_configuration_of_the_same_name_that_differs_is_an_error(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.weights"
    path.write_bytes(file.read_bytes())
    beside = tmp_path / "a.cfg"
    beside.write_text(official("yolov4-tiny").read_text())
    said = refused(tmp_path, "identify", path)
    assert "says yolov4_tiny with 6,062,814 numbers, the file has 5,880,324" in said
    beside.write_text(cfg_text(NET).replace("leaky", "mish"))
    assert "section 0 [convolutional]: activation is mish, expected leaky" in refused(tmp_path, "identify", path)
    out = tmp_path / "b.npz"
    assert "activation is mish" in refused(tmp_path, "convert", path, out)
    # Whoever says what it is, is believed.
    done = convert(path, out, "yolov4_tiny", check=None)
    assert done.options == {"num_classes": 1}


def test_cfg_says_which_network_a_file_is(file: Path, tmp_path: Path) -> None:
    cfg = tmp_path / "b.cfg"
    cfg.write_text(cfg_text(NET))
    found = run("identify", file, "--cfg", cfg, "--json")
    assert json.loads(found.stdout)["exact"][0]["network"] == "yolov4_tiny"
    assert run("convert", file, tmp_path / "b.npz", "--cfg", cfg, "--no-check").exit_code == 0
    said = refused(tmp_path, "convert", file, tmp_path / "c.npz", "--cfg", cfg, "--network", "yolov3")
    assert "is yolov4_tiny, not yolov3" in said
    said = refused(tmp_path, "convert", file, tmp_path / "c.npz", "--cfg", cfg, "--num-classes", "2")
    assert "says num_classes=1, not 2" in said
    said = refused(tmp_path, "convert", file, tmp_path / "c.npz", "--cfg", official("yolov4-tiny"))
    assert "is yolov4_tiny with num_classes=1" in said
    assert "its own options" in said
    refused(tmp_path, "identify", file, "--cfg", official("yolov4-tiny"))
    refused(tmp_path, "identify", file, "--cfg", tmp_path / "none.cfg")
    refused(tmp_path, "convert", file, tmp_path / "c.npz", "--cfg", official("yolov2"))


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
