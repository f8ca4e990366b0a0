"""Feature maps on a network's page: of a folder of weights for the site, of a file for one page."""

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
from diptych.common.errors import DiptychError
from diptych.site.build import build, words_size
from diptych.site.maps import photo as opened

NAMES = ["lenet5_modern", "squeezenet1_1"]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 80, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "weights").mkdir()
    saved(tmp_path / "weights", 0)
    return tmp_path / "weights"


def saved(folder: Path, bias: int) -> None:
    weights: dict[str, Any] = {name: np.zeros_like(array) for name, array in diptych.init(NAMES[0]).items()}
    weights["c1.bias"] = np.arange(bias, bias + 6, dtype="float32")
    np.savez(folder / f"{NAMES[0]}.npz", **weights)


def maps(text: str) -> list[Any]:
    """The pictures of the part of the page."""
    part = re.search(r"<section id=maps.*?</section>", text, re.DOTALL)
    found = []
    for data in re.findall(r'base64,([^"]+)"', part[0]) if part else []:
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            found.append(np.asarray(image))
    return found


@pytest.mark.slow
def test_networks_with_weights_show_both_frameworks_maps(tmp_path: Path, folder: Path, photo: Path) -> None:
    out, seen = tmp_path / "out", opened(photo, folder)
    assert build(out, NAMES, photo=seen).anew == 2
    with_maps = out / "networks" / f"{NAMES[0]}.html"
    texts = {path: path.read_text("utf-8") for path in (with_maps, out / "zh" / "networks" / with_maps.name)}
    for text, said, link in zip(texts.values(), ("The weights of lenet5_modern.npz.", "lenet5_modern.npz"),
                                ("Feature maps", "特征图"), strict=True):  # fmt: skip
        image, *strips = maps(text)
        assert image.shape[0] == 32
        assert len(strips) % 3 == 0
        assert strips, "both frameworks and their difference, of every stage"
        assert np.abs(strips[0].astype(int) - strips[1]).max() <= 1
        assert said in text
        assert f'<a href="#maps">{link}</a>' in text
        assert words_size(text) < len(text.encode()) - sum(map(len, re.findall(r"base64,[^\"]+", text)))
    assert "id=maps" not in (out / "networks" / f"{NAMES[1]}.html").read_text("utf-8")
    assert build(out, NAMES, photo=opened(photo, folder)).anew == 0
    saved(folder, 1)
    assert build(out, NAMES, photo=opened(photo, folder)).anew == 1, "other weights, another page"
    assert build(out, NAMES).anew == 1, "and one without maps"
    assert "id=maps" not in with_maps.read_text("utf-8")


def test_what_is_no_folder_of_weights_is_one_line(tmp_path: Path, folder: Path, photo: Path) -> None:
    (folder / ".packages").mkdir()
    (folder / "photo.png").write_bytes(photo.read_bytes())
    assert list(opened(folder / "photo.png", folder).weights) == [NAMES[0]], "the photograph may stand beside them"
    with pytest.raises(DiptychError, match=r"photo\.png is named as no network"):
        opened(photo, folder)
    (folder / "photo.png").unlink()
    (folder / f"{NAMES[0]}.pth").touch()
    with pytest.raises(DiptychError, match="both of lenet5_modern"):
        opened(photo, folder)
    (tmp_path / "none").mkdir()
    with pytest.raises(DiptychError, match="holds no weights"):
        opened(photo, tmp_path / "none")
    with pytest.raises(DiptychError, match="is no folder"):
        opened(photo, photo)
    done = run("site", tmp_path / "out", "--weights", folder)
    assert done.exit_code == 2
    assert "--photo IMAGE" in done.output
    assert not (tmp_path / "out").exists()


def test_a_network_s_name_may_have_a_dot(tmp_path: Path, photo: Path) -> None:
    for name in ("mobilenet_v2.keras", "mobilenet_v2.keras.h5"):
        (tmp_path / "dots").mkdir(exist_ok=True)
        (tmp_path / "dots" / name).touch()
    found = opened(photo, tmp_path / "dots").weights
    assert {name: path.name for name, path in found.items()} == {
        "mobilenet_v2": "mobilenet_v2.keras",
        "mobilenet_v2.keras": "mobilenet_v2.keras.h5",
    }


def test_one_page_has_the_maps_that_are_asked_for(tmp_path: Path, folder: Path, photo: Path) -> None:
    page = tmp_path / "page.html"
    done = run("show", NAMES[0], "--html", page, "--photo", photo, "--weights", folder / f"{NAMES[0]}.npz")
    assert done.exit_code == 0, done.output
    assert "The weights of lenet5_modern.npz." in page.read_text("utf-8")
    done = run("show", NAMES[0], "--html", page, "--photo", photo, "--force")
    assert "Random weights" in page.read_text("utf-8")
    for words in (("--photo", photo), ("--html", tmp_path / "other.html", "--weights", photo)):
        done = run("show", NAMES[0], *words)
        assert done.exit_code == 2
        assert "--html FILE --photo IMAGE" in done.output
    assert not (tmp_path / "other.html").exists()
