"""Files of Keras 2.12 to 2.15 and 3.0 to 3.5, which have no names of layers: the config says them, or nobody does."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import diptych
from diptych.common.errors import FileError
from diptych.files import read

PLACES = {"dense": 1.0, "dense_1": 2.0}
"""A number for the weights at each place; the first layer of the model has the first of its class."""


def weights(names: bool) -> bytes:
    """A file of weights of two layers of the same shape, as those versions and as later ones write it."""
    kept = io.BytesIO()
    with h5py.File(kept, "w") as file:
        for place, number in PLACES.items():
            group = file.create_group(f"layers/{place}/vars")
            group["0"], group["1"] = np.full((4, 4), number), np.full(4, number)
            if names:
                group.attrs["name"] = f"own_{place}"
    return kept.getvalue()


def saved(path: Path, *names: str) -> Path:
    """A .keras file whose layers have these names, in the order of the model."""
    layers: list[dict[str, Any]] = [{"class_name": "InputLayer", "config": {"name": "input"}}]
    layers += [{"class_name": "Dense", "config": {"name": name, "trainable": True}} for name in names]
    config = {"class_name": "Functional", "config": {"name": "model", "layers": layers, "output_layers": []}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights(names=False))
    return path


@pytest.mark.parametrize("names", [("first", "second"), ("dense_1", "dense"), ("dense", "dense_1")])
def test_the_config_says_the_names_by_order(tmp_path: Path, names: tuple[str, str]) -> None:
    """Keras's own numbers may be those of other layers: Inception v3 makes them in another order than it runs them."""
    found: Any = read(saved(tmp_path / "m.keras", *names))
    assert {name: arrays[0][0, 0] for name, arrays in found.layers.items()} == dict(zip(names, (1.0, 2.0), strict=True))
    assert not found.unnamed
    assert any("they are those of its config, by order" in note for note in found.notes)


@pytest.mark.parametrize("network", [None, "vgg16_d"])
def test_weights_alone_are_refused_with_the_versions_and_the_way_out(tmp_path: Path, network: str | None) -> None:
    (tmp_path / "m.weights.h5").write_bytes(weights(names=False))
    with pytest.raises(
        FileError, match=r"3\.0 to 3\.5 write .* save it whole, as \.keras or \.h5.*Keras 3\.6 or later"
    ):
        diptych.convert(tmp_path / "m.weights.h5", tmp_path / "out.pth", network=network)
    with pytest.raises(FileError, match="without names of layers"):
        diptych.identify(tmp_path / "m.weights.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["m.weights.h5"]
    (tmp_path / "new.weights.h5").write_bytes(weights(names=True))
    found: Any = read(tmp_path / "new.weights.h5")
    assert not found.unnamed
    assert set(found.layers) == {"own_dense", "own_dense_1"}
