"""Trained layers beside a whole network, and weights that PyTorch computes: refused with what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import people_files as people
import pytest
import torch

from diptych import DiptychError, convert, identify
from diptych.files import read


def _saved(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    torch.save({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}, path)
    return path


@pytest.fixture(scope="module")
def resnet() -> dict[str, np.ndarray]:
    return {**people.bare(), **people.linear({"fc": (16, 512)})}


def test_a_margin_behind_an_embedding_is_not_dropped(tmp_path: Path, resnet: dict[str, np.ndarray]) -> None:
    """As face recognition saves it: the classes stand beside the network."""
    arrays = {f"backbone.{name}": array for name, array in resnet.items()}
    arrays["margin.weight"] = np.ones((30, 16), np.float32)
    source, result = _saved(tmp_path / "in.pth", arrays), tmp_path / "out.safetensors"
    with pytest.raises(DiptychError, match=r"^HEAD NOT CONVERTED: .*\(margin\.weight \(30, 16\).* --prefix backbone\."):
        convert(source, result)
    assert not result.exists()
    convert(source, result, prefix="backbone.", check=None)
    assert result.exists()
    assert any("HEAD NOT CONVERTED" in note for note in identify(source).notes)


def test_what_is_no_linear_layer_beside_a_network_is_left_out(tmp_path: Path, resnet: dict[str, np.ndarray]) -> None:
    arrays = {f"model.{name}": array for name, array in resnet.items()}
    arrays |= {"criterion.weight": np.ones((16, 16), np.float32), "accuracy.total": np.zeros(16, np.int64)}
    convert(_saved(tmp_path / "in.pth", arrays), tmp_path / "out.safetensors", check=None)


COMPUTED: dict[str, tuple[dict[str, tuple[int, ...]], str, str]] = {
    "prune": ({"layer1.0.conv1.weight_orig": (64, 64, 3, 3), "layer1.0.conv1.weight_mask": (64, 64, 3, 3)},
              "layer1.0.conv1.weight", "prune.remove"),
    "weight norm": ({"fc.weight_g": (16, 1), "fc.weight_v": (16, 512)}, "fc.weight", "remove_weight_norm"),
    "parametrized": ({f"fc.parametrizations.weight.original{place}": (16, size) for place, size in enumerate((1, 512))},
                     "fc.weight", "remove_parametrizations"),
    "spectral norm": ({"fc.weight_orig": (16, 512), "fc.weight_u": (16,), "fc.weight_v": (512,)},
                      "fc.weight", "remove_spectral_norm"),
}  # fmt: skip


@pytest.mark.parametrize("kind", COMPUTED)
def test_weights_that_are_computed_are_refused_with_the_call_that_ends_it(
    tmp_path: Path, resnet: dict[str, np.ndarray], kind: str
) -> None:
    shapes, gone, call = COMPUTED[kind]
    arrays = {name: array for name, array in resnet.items() if name != gone}
    arrays |= {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    with pytest.raises(DiptychError, match=call):
        convert(_saved(tmp_path / "in.pth", arrays), tmp_path / "out.safetensors")


def test_the_list_of_the_parts_of_a_model_is_told_from_other_text(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors.index.json"
    path.write_text('{"metadata": {}, "weight_map": {"fc.weight": "model-00001-of-00002.safetensors"}}')
    with pytest.raises(DiptychError, match=r"the list of the parts of a model.*save_file"):
        read(path)
