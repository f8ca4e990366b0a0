"""`diptych features`: how a photograph is fitted, which nodes are seen, that a fault is, and what is written."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run
from PIL import Image

import diptych
from demo.photos import preprocessed
from diptych.common.errors import DiptychError
from diptych.common.registry import network, networks, spec
from diptych.tf_impl import backend as keras
from diptych.viewing.features import chosen, stages
from diptych.viewing.fitting import STANDARD, fit_of, fitted, read

PIXELS = np.random.default_rng(0).integers(0, 256, (300, 451, 3), np.uint8)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(PIXELS[:64, :80]).save(path)
    return path


def test_torchvision_s_weights_get_what_the_demo_gives_them() -> None:
    assert np.abs(fitted(spec("mobilenet_v2"), PIXELS, None)[0] - preprocessed(PIXELS)).max() < 1e-6


@pytest.mark.parametrize(
    ("words", "white", "bgr"),
    [
        ("RGB, /127.5, minus 1, crop 299", (1, 1, 1), False),
        ("RGB, minus 127.5, /128, faces of 160x160", (127.5 / 128,) * 3, False),
        ("BGR minus 103.94 116.78 123.68, times 0.017", (2.56802, 2.34974, 2.23244), True),
        ("order RGB, scale 0.00784314 0.00784314 0.00784314, offset -1.0 -1.0 -1.0", (1, 1, 1), False),
        ("order RGB, numbers from 0 to 255; x / 127.5 - 1 is the first layer of the network", (255,) * 3, False),
        ("grey, times 1/256 (0.00390625), 28x28", (255 / 256,) * 3, False),
        ("BGR 0..255, no mean or std", (255,) * 3, True),
    ],
)
def test_the_words_of_a_card_are_numbers(words: str, white: tuple[float, ...], bgr: bool) -> None:
    found = read(words, "")
    assert found is not None
    got = [255 * scale + offset for scale, offset in zip(found.scale, found.offset, strict=True)]
    assert got == pytest.approx(white, abs=2e-4)
    assert found.bgr is bgr


def test_every_network_has_a_rule_that_ends_in_plain_numbers() -> None:
    """A word that is not understood leaves 0 to 255 as it is: only those that say so may."""
    for name in networks():
        for source, words in network(name).card.preprocessing.items():
            found = read(words, source)
            if found is not None and max(np.abs(found.scale)) == 1:
                assert re.search(r"0 ?(\.\.|to) ?255|scale 1\.0|std 0\.0039", words), (name, words)
    assert read("BGR, mean image subtracted", "") is None
    assert fit_of(spec("alexnet_original")).words == STANDARD


def test_nodes_by_stage_name_and_pattern() -> None:
    net = spec("resnet18")
    assert stages(net) == ["relu", "layer1.1", "layer2.1", "layer3.1", "layer4.1"]
    assert chosen(net, ["layer2.0.conv?", "conv1"]) == ["conv1", "layer2.0.conv1", "layer2.0.conv2"]
    with pytest.raises(DiptychError, match=r"no node or block 'layer2.0.bn3'; did you mean 'layer2.0.bn"):
        chosen(net, ["layer2.0.bn3"])
    with pytest.raises(DiptychError, match="68 nodes"):
        chosen(net, ["*"])


def pictures(text: str) -> list[Any]:
    found = []
    for part in re.findall(r'base64,([^"]+)"', text):
        with Image.open(io.BytesIO(base64.b64decode(part))) as image:
            found.append(np.asarray(image))
    return found


def test_a_page_shows_both_sides_and_loads_nothing(photo: Path, tmp_path: Path) -> None:
    done = run("features", "lenet5_modern", photo, "-o", tmp_path / "out.html", "--nodes", "c*")
    assert done.exit_code == 0, done.output
    assert "the same in both frameworks" in done.output
    text = (tmp_path / "out.html").read_text("utf-8")
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)
    assert text.count("<article") == 3
    image, *maps = pictures(text)
    assert image.shape[0] == 32
    assert len(maps) == 9
    assert np.abs(maps[0].astype(int) - maps[1]).max() <= 1, "on one scale, and the same within rounding"
    assert maps[0].min() == 0, "the least of both is the first colour"


def test_weights_of_a_file_are_those_that_are_seen(photo: Path, tmp_path: Path) -> None:
    weights: dict[str, Any] = {name: np.zeros_like(array) for name, array in diptych.init("lenet5_modern").items()}
    weights["c1.bias"] = np.arange(6, dtype="float32")
    np.savez(tmp_path / "w.npz", **weights)
    words = ("features", "lenet5_modern", photo, "--weights", tmp_path / "w.npz", "--nodes", "c1")
    done = run(*words, "-o", tmp_path / "out.png")
    assert done.exit_code == 0, done.output
    assert "The weights of w.npz." in done.output
    with Image.open(tmp_path / "out.png") as image:
        assert image.width > 1000
    done = run("features", "resnet18", *words[2:])
    assert done.exit_code == 2
    assert "do not fit resnet18" in done.output


def test_a_planted_fault_is_seen(photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = keras.build

    def faulty(net: Any, weights: Any, *rest: Any) -> Any:
        return built(net, weights | {"c3.bias": weights["c3.bias"] + 1e-6}, *rest)

    monkeypatch.setattr(keras, "build", faulty)
    done = run("features", "lenet5_modern", photo, "-o", tmp_path / "out.html", "--nodes", "c?")
    assert done.exit_code == 1
    assert "DIFFERENT" in done.output
    assert "Different" in (tmp_path / "out.html").read_text("utf-8")
    off = {line.split()[0]: float(line.split()[-1]) for line in done.output.splitlines() if line[:1] == "c"}
    assert off["c1"] < 1e-12
    assert off["c3"] > 1e-7
    assert run("features", "lenet5_modern", photo, "--float32").exit_code == 0, "no verdict"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("resnet18", "none.jpg"), "does not exist"),
        (("resnet18", __file__), "no image"),
        (("resnet99", __file__), "no image"),
        (("resnet18", "PHOTO", "-o", "out.pdf"), "a page, .html, or a picture"),
        (("resnet18", "PHOTO", "--preprocessing", "caffe"), "its card has torchvision:resnet18"),
        (("resnet18", "PHOTO", "--in-channels", "4"), "takes 4 channels"),
    ],
)
def test_what_is_wrong_is_one_line(words: tuple[str, ...], said: str, photo: Path) -> None:
    done = run("features", *(str(photo) if word == "PHOTO" else word for word in words))
    assert done.exit_code == 2
    assert said in done.output
    assert not list(photo.parent.glob("*.html"))
