"""What is deployed is loaded again by what made it, run, and held to the original; nothing is left where that fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from refusal import refused
from selection import GATED, some
from typer.testing import CliRunner

from diptych import Net, spec
from diptych.checking.proof import TOLERANCE
from diptych.commands.cli import app
from diptych.common.errors import DiptychError
from diptych.common.registry import network
from diptych.common.rewriting.reparameterize import fold
from diptych.common.spec import Array
from diptych.common.weights import Weights, scrambled
from diptych.deployment import deploy as deploying
from diptych.deployment.deploy import deploy
from diptych.files import read, write

SUFFIXES = (".onnx", ".pt2", ".tflite", "", ".pth", ".safetensors", ".keras", ".weights.h5", ".npz")
FOLDED = "shufflenet_v2_x0_5.folded"
QUICK = "lenet5_1998"
PROGRAMS = (".onnx", ".pt2", ".tflite", "")
"""What runs by itself; `make test` makes them of LeNet, which takes a second."""


def small(name: str) -> Net:
    return network(name).trace(input_size=network(name).check_sizes[0])


def source(folder: Path, net: Net) -> Path:
    path = folder / "weights.safetensors"
    write(path, net, scrambled(net), {})
    return path


@pytest.mark.parametrize("suffix", some(SUFFIXES, *(suffix for suffix in SUFFIXES if suffix not in PROGRAMS), ".onnx"))
def test_every_format_is_the_original_network(suffix: str, tmp_path: Path) -> None:
    net, path = small("shufflenet_v2_x0_5"), tmp_path / f"out{suffix}"
    done = deploy(net, scrambled(net), path)
    assert (done.network, done.folded) == ("shufflenet_v2_x0_5.folded", 56)
    assert 0 < done.exact < 1e-12
    assert 0 < done.difference < 1e-5
    assert done.bytes > 4 * net.params * 0.99
    assert path.exists()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", PROGRAMS)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == QUICK else [pytest.mark.full]) for name in GATED]
)
def test_programs_of_every_kind_of_network(name: str, suffix: str, tmp_path: Path) -> None:
    net = small(name)
    done = deploy(net, scrambled(net), tmp_path / f"out{suffix}")
    assert done.difference < TOLERANCE["float32"]


def test_weights_of_a_folded_network_are_read_as_such(tmp_path: Path) -> None:
    net = spec("shufflenet_v2_x0_5", num_classes=3, input_size=(64, 48))
    deploy(net, scrambled(net), tmp_path / "folded.pth", record={"sha256": "of the source"})
    back = read(tmp_path / "folded.pth")
    assert (back.stated.network, dict(back.stated.options)) == (FOLDED, {"num_classes": 3, "input_size": (64, 48)})
    assert back.stated.record["sha256"] == "of the source"
    done = CliRunner().invoke(app, ["convert", str(tmp_path / "folded.pth"), str(tmp_path / "folded.keras")])
    assert done.exit_code == 0, done.stderr
    assert FOLDED in done.stdout
    said = CliRunner().invoke(app, ["identify", str(tmp_path / "folded.keras")])
    assert (said.exit_code, FOLDED in said.stdout) == (0, True)


def test_the_command_says_what_it_measured(tmp_path: Path) -> None:
    net = small("mobilenet_v2")
    done = CliRunner().invoke(app, ["deploy", "mobilenet_v2", str(source(tmp_path, net)), str(tmp_path / "out.onnx")])
    assert done.exit_code == 0, done.stderr
    assert "mobilenet_v2.folded as ONNX model" in done.stdout
    assert "52 normalisations folded" in done.stdout
    assert "differs from the original in float64 by" in done.stdout


def test_refusals(tmp_path: Path) -> None:
    weights = source(tmp_path, small("resnet18"))
    (tmp_path / "there").mkdir()
    (tmp_path / "there.pt2").write_text("mine")
    assert "no known suffix" in refused(tmp_path, "deploy", "resnet18", weights, tmp_path / "out.zip")
    assert "exists already" in refused(tmp_path, "deploy", "resnet18", weights, tmp_path / "there")
    assert "exists already" in refused(tmp_path, "deploy", "resnet18", weights, tmp_path / "there.pt2")
    assert "the source itself" in refused(tmp_path, "deploy", "resnet18", weights, weights, "--force")
    assert "does not exist" in refused(tmp_path, "deploy", "resnet18", weights, tmp_path / "no" / "out.pt2")
    assert "do not fit resnet34" in refused(tmp_path, "deploy", "resnet34", weights, tmp_path / "out.pt2")
    assert "there is no network" in refused(tmp_path, "deploy", "resnet17", weights, tmp_path / "out.pt2")
    assert "does not exist" in refused(tmp_path, "deploy", "resnet18", tmp_path / "no.pth", tmp_path / "out.pt2")


@pytest.mark.parametrize("suffix", some([".onnx", ""], ".onnx"))
def test_nothing_is_left_where_the_file_differs(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault is planted in the weights between folding and writing."""

    def wrong(net: Net, weights: Weights) -> tuple[Net, Weights]:
        target, merged = plain(net, weights)
        return target, merged | {"fc.bias": merged["fc.bias"] + (0.5 if late else 1e-6)}

    plain, net = fold, small("shufflenet_v2_x0_5")
    late = False
    monkeypatch.setattr(deploying, "fold", wrong)
    with pytest.raises(DiptychError, match="folding shufflenet_v2_x0_5 changes it by"):
        deploy(net, scrambled(net), tmp_path / f"out{suffix}")
    late = True
    monkeypatch.setattr(deploying, "FLOAT64_TOLERANCE", 10.0)
    with pytest.raises(DiptychError, match="was not written: run, it differs from shufflenet_v2_x0_5 by"):
        deploy(net, scrambled(net), tmp_path / f"out{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_an_onnx_model_is_deployed_without_a_framework(tmp_path: Path) -> None:
    net = small("resnet18")
    code = (
        "import sys; [sys.modules.__setitem__(name, None) for name in ('torch', 'tensorflow', 'keras')]\n"
        "from diptych.commands.cli import main; main()"
    )
    words = ["deploy", "resnet18", str(source(tmp_path, net)), str(tmp_path / "out.onnx")]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.onnx").exists()


@pytest.mark.parametrize("name", some(["lenet5_modern", "shufflenet_v2_x0_5"], "lenet5_modern"))
def test_programs_take_batches_of_any_length(name: str, tmp_path: Path) -> None:
    import tensorflow as tf
    import torch

    net = small(name)
    weights = scrambled(net)
    x = np.random.default_rng(0).standard_normal((5, *net.input_shape), dtype=np.float32)
    for suffix in (".pt2", ""):
        deploy(net, weights, tmp_path / f"out{suffix}")
    with torch.no_grad():
        one: Array = torch.export.load(str(tmp_path / "out.pt2")).module()(torch.from_numpy(x)).numpy()
    loaded = tf.saved_model.load(str(tmp_path / "out"))
    assert one.shape == (5, *net.nodes[net.outputs[0]].shape)
    assert np.abs(loaded.serve(x.transpose(0, 2, 3, 1)).numpy() - one).max() < 1e-4 * np.abs(one).max()
