"""Files of Keras 2.15, 3.0, 3.3 and 3.5, as those wrote them (`keras_versions.py`), against what they answered."""

from __future__ import annotations

from pathlib import Path

import keras_versions
import numpy as np
import pytest
from reading import TOLERANCE, difference

import diptych
from diptych import backends

FOLDER = Path(__file__).parent / "files_of_keras"
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.suffix in (".keras", ".h5"))


def test_there_are_files_of_each_version() -> None:
    versions = {Path(file).parent.name for file in FILES}
    assert {version.rpartition(".")[0] for version in versions} == {"2.15", "3.0", "3.3", "3.5"}
    assert {Path(file).stem for file in FILES} == set(keras_versions.MODELS)


@pytest.mark.parametrize("file", FILES)
def test_a_file_of_an_earlier_version_is_read(file: str) -> None:
    with np.load((FOLDER / file).with_suffix(".npz")) as answers:
        wanted = list(answers.values())
    images = keras_versions.images()
    net, weights = diptych.read(FOLDER / file, images)
    built = diptych.build(net, "torch", weights=weights, dtype="float64")
    found = list(backends.get("torch").outputs(built, net, images.transpose(0, 3, 1, 2)))
    assert difference(found, wanted) < TOLERANCE
