"""Options of a network that no weight tells: what people are told, and what the command converts with them."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from command_line import run
from references.libraries import torchvision_models
from selection import some

from diptych import build, convert, verify
from diptych.common.errors import DiptychError
from diptych.common.registry import spec
from diptych.common.weights import scrambled
from diptych.files import read

SEGMENTATION = {
    "lraspp_mobilenet_v3_large": ("mobilenet_v3_large", 16),
    "deeplabv3_mobilenet_v3_large": ("mobilenet_v3_large", 16),
    "deeplabv3_resnet50": ("resnet50", 8),
    "fcn_resnet50": ("resnet50", 8),
}
SIZE = (33, 40)


def model(name: str) -> torch.nn.Module:
    """torchvision's, with statistics that hide nothing."""
    torchvision_models()
    found = importlib.import_module("torchvision.models.segmentation")
    torch.manual_seed(0)
    made: torch.nn.Module = getattr(found, name)(weights=None, weights_backbone=None)
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor in (module.bias, module.running_mean, module.running_var):
                torch.nn.init.uniform_(tensor, 0.5, 1.5)  # type: ignore[arg-type]
    return made.eval()


@pytest.mark.parametrize("name", some(SEGMENTATION, "lraspp_mobilenet_v3_large"))
def test_a_backbone_of_torchvisions_segmentation_is_converted_with_its_dilation(name: str, tmp_path: Path) -> None:
    whole, (network, stride) = model(name), SEGMENTATION[name]
    source, result = tmp_path / "in.pth", tmp_path / "out.safetensors"
    torch.save(whole.state_dict(), source)
    refused = run("convert", source, result)
    assert refused.exit_code == 2
    command = f"diptych convert {source} DST --backbone -O output_stride={stride}"
    assert command in " ".join(refused.output.split())
    done = run("convert", source, result, "--backbone", "-O", f"output_stride={stride}", "--no-check")
    assert done.exit_code == 0, done.output
    assert "dilation in place of stride" not in done.output  # it is said once, and now it is known

    report = json.loads(result.with_name("out.safetensors.report.json").read_text())
    assert report["result"]["options"]["output_stride"] == stride
    weights = read(result).named(spec(network, **report["result"]["options"]))
    bare = {"num_classes": 0} | ({"hidden": False} if stride == 16 else {})
    image = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 3, *SIZE)).astype("float32"))
    with torch.no_grad():
        maps: dict[str, torch.Tensor] = whole.get_submodule("backbone")(image)
        got, plain = (
            build(spec(network, input_size=SIZE, **bare, **more), "torch", weights=weights)(image)
            for more in ({"output_stride": stride}, dict[str, int]())
        )
    expected = maps["high" if "high" in maps else "out"].mean((2, 3))
    assert (got - expected).abs().max() < 1e-5 * expected.abs().max()
    assert (plain - expected).abs().max() > 1e-3 * expected.abs().max()


def state(tmp_path: Path, name: str, drop: str = "", **options: Any) -> Path:
    """A file of a network's weights, but for those whose names end so."""
    net = spec(name, **options)
    path = tmp_path / "in.pth"
    arrays = {key: torch.from_numpy(array.astype("float32")) for key, array in scrambled(net).items()}
    torch.save({key: value for key, value in arrays.items() if not (drop and key.endswith(drop))}, path)
    return path


def test_a_file_without_a_head_is_told_how_dilation_is_said(tmp_path: Path) -> None:
    source = state(tmp_path, "resnet18", num_classes=0)
    done = convert(source, tmp_path / "out.safetensors", check=None)
    said = [note for note in done.notes if "dilation" in note]
    assert len(said) == 1
    assert f"diptych convert {source} DST --backbone -O output_stride=8" in said[0]
    assert sum("another" in note for note in done.notes) == 1
    report = json.loads(done.report.read_text())
    assert set(said) < set(report["notes"])
    with_it = convert(source, tmp_path / "strided.safetensors", check=None, output_stride=8)
    assert not [note for note in with_it.notes if "in place of stride" in note]
    again = convert(tmp_path / "strided.safetensors", tmp_path / "again.safetensors", check=None)
    assert again.options == with_it.options  # which the file states
    assert again.options["output_stride"] == 8


def test_a_dilated_network_is_proven_in_both_frameworks_and_verified(tmp_path: Path) -> None:
    source = state(tmp_path, "mobilenet_v1_025", output_stride=16)
    done = convert(source, tmp_path / "out.keras", "mobilenet_v1_025", output_stride="16", input_size=SIZE)
    assert done.proof is not None
    assert done.options == {"input_size": SIZE, "output_stride": 16}
    assert verify(tmp_path / "out.keras").passed


def test_a_small_stem_is_named_and_converted(tmp_path: Path) -> None:
    source = state(tmp_path, "resnet18", stem="cifar", num_classes=10)
    with pytest.raises(DiptychError, match="-O stem=cifar"):
        convert(source, tmp_path / "out.safetensors", check=None)
    done = convert(source, tmp_path / "out.safetensors", check=None, stem="cifar")
    assert done.options == {"num_classes": 10, "stem": "cifar"}


def test_normalisation_without_statistics_is_no_batch_normalisation(tmp_path: Path) -> None:
    source = state(tmp_path, "resnet18", drop="running_mean")
    with pytest.raises(DiptychError) as caught:
        convert(source, tmp_path / "out.safetensors", check=None)
    assert "GroupNorm" in str(caught.value)
    assert "--weights" in str(caught.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-O", "output_stride=7"], "output_stride is 8, 16 or 32"),
        (["-O", "stride=8"], "has no option 'stride'"),
        (["-O", "force=1"], "say --force instead of --option force"),
        (["-O", "num_classes=3"], "say --num-classes"),
        (["-O", "output_stride"], "takes NAME=VALUE"),
    ],
)
def test_a_wrong_option_is_one_error(tmp_path: Path, words: list[str], said: str) -> None:
    refused = run("convert", state(tmp_path, "resnet18"), tmp_path / "out.safetensors", *words)
    assert refused.exit_code == 2
    assert said in " ".join(refused.output.split())
    assert not (tmp_path / "out.safetensors").exists()


def test_keras_applications_is_not_written_for_what_it_has_not(tmp_path: Path) -> None:
    source = state(tmp_path, "mobilenet_v1_025.keras")
    with pytest.raises(DiptychError, match="has no option output_stride"):
        convert(source, tmp_path / "out.weights.h5", "mobilenet_v1_025.keras", to="keras", output_stride=8, check=None)


def test_a_model_of_ones_own_takes_no_such_option() -> None:
    with pytest.raises(DiptychError, match="output_stride is for files of registered networks"):
        convert(torch.nn.Linear(2, 2), "out.keras", example=torch.ones(1, 2), output_stride=8)
