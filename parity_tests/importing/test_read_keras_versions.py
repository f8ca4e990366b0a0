"""Files of Keras 2.15, 3.0, 3.3 and 3.5, as those wrote them (`keras_versions.py`), against what they answered."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import keras
import keras_versions
import numpy as np
import pytest
from reading import TOLERANCE, difference

import diptych
from diptych import backends
from diptych.common.errors import DiptychError, FileError

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


def test_a_nested_model_of_keras_3_0_in_hdf5_is_refused(tmp_path: Path) -> None:
    """It has the weights of all its layers in one group, under names that are those of variables alone."""
    file, config = tmp_path / "model.h5", {"class_name": "Sequential", "config": {"name": "outer", "layers": []}}
    inner = {"name": "inner", "layers": [{"class_name": "Conv2D", "config": {"name": "conv", "trainable": True}}]}
    config["config"]["layers"] = [{"class_name": "Sequential", "config": inner}]  # type: ignore[index]
    with h5py.File(file, "w") as opened:
        opened.attrs["model_config"] = json.dumps(config)
        group = opened.create_group("model_weights/inner")
        opened["model_weights"].attrs["layer_names"] = ["inner"]
        group.attrs["weight_names"] = ["kernel", "bias"]
        group["kernel"], group["bias"] = np.ones((3, 3, 3, 4)), np.ones(4)
    with pytest.raises(FileError, match=r"does not say which layers in 'inner' .*; load it with that Keras"):
        diptych.read(file, np.zeros((1, 12, 10, 3)))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_another_precision_is_said(suffix: str, tmp_path: Path) -> None:
    """Keras writes a cast between layers of two policies."""
    image = keras.Input((12, 10, 3), dtype="float32")
    x = keras.layers.Conv2D(4, 3, dtype="mixed_float16")(keras.ops.cast(image, "float16"))
    model = keras.Model(image, keras.layers.Conv2D(2, 3, dtype="float32")(keras.ops.cast(x, "float32")))
    model.save(tmp_path / f"model{suffix}")
    result = diptych.read(tmp_path / f"model{suffix}")
    assert [node.op.kind for node in result.net.nodes] == ["input", "conv", "conv"]
    assert result.notes == ("it computes in float16 and mixed_float16; here it is in full precision",)
    whole = keras.Model(image, keras.ops.cast(image, "int32"))
    with pytest.raises(DiptychError, match="Cast: to 'int32'"):
        diptych.read(whole)
