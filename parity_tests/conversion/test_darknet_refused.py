"""What a `.weights` file of Darknet's cannot be is refused, and a `.cfg` says what it is."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command_line import run
from darknet_files import by_hand, official, small, written
from refusal import refused

import diptych
from diptych import convert, identify
from diptych.common.errors import DiptychError
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.files import write
from diptych.files.darknet import cfg_text
from diptych.files.darknet.floats import Floats

NET = small()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return by_hand(tmp_path_factory.mktemp("darknet") / "a.weights", NET)


@pytest.mark.parametrize(
    "said", [{"major": -1}, {"minor": 1.5}, {"seen": -1}, {"seen": 1 << 64}, {"revision": "5"}, {"more": 1}, [1], "x"]
)
def test_a_header_in_metadata_that_is_none_is_refused(said: object, tmp_path: Path) -> None:
    with pytest.raises(DiptychError):
        write(tmp_path / "a.weights", NET, scrambled(NET), {}, record={"carried": {"darknet": said}})
    assert not list(tmp_path.iterdir())


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
