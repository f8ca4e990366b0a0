"""Bad input: one clear error, exit code 2, no traceback, no code run, and nothing partial left behind."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusal import NET, SUFFIXES, RunsCode, arrays, good, h5_bytes, keras_file, refused, safetensors_file
from selection import some
from typer.testing import CliRunner

from diptych.commands.cli import app
from diptych.common.weights import init
from diptych.files import write


@pytest.mark.parametrize("command", [["table"], ["check"], ["convert", "{in}", "{out}", "--network"]])
def test_an_unknown_network_names_near_matches(tmp_path: Path, command: list[str]) -> None:
    source = safetensors_file(tmp_path / "in.safetensors", arrays())
    words = [word.format_map({"in": source, "out": tmp_path / "out.pth"}) for word in command]
    error = refused(tmp_path, *words, "resnet81")
    assert "there is no network 'resnet81'" in error
    assert "did you mean 'resnet18'" in error


def test_an_unknown_library_is_an_error_before_the_file_is_read(tmp_path: Path) -> None:
    error = refused(tmp_path, "convert", tmp_path / "absent.pth", tmp_path / "out.pth", "--to", "foo")
    known = "diptych, emitted, torchvision, timm, keras.applications, pytorchcv, efficientnet_pytorch, tf-slim, "
    known += "transformers, detectron2, torchvision-2017, pretrainedmodels, mmpretrain, children, features, yolox, "
    known += "ultralytics, pytorch-YOLOv4, effdet, automl, keras 2, darknet-keras, keras"
    assert error == f"error: there is no library 'foo'; the names are {known}"


@pytest.mark.parametrize(
    ("library", "suffix", "said"),
    [
        ("darknet-keras", ".h5", "reads .h5 but does not write it"),
        ("darknet-keras", ".weights.h5", "files in the names of darknet-keras are read and not written"),
        ("tf-slim", ".keras", "files in the names of tf-slim are read and not written"),
        ("automl", ".npz", "files in the names of automl are read and not written"),
        ("keras", ".pth", "keras.applications names Keras layers; write .weights.h5 or .keras in its names"),
        ("timm", ".keras", "timm has no Keras models; write .safetensors or .pth in its names"),
        ("timm", ".weights", "a .weights file has no names; leave out those of timm"),
        ("emitted", ".keras", "the model of an emitted Keras file is a class; write .weights.h5"),
    ],
)
def test_names_that_no_such_file_has_are_an_error_before_the_file_is_read(
    tmp_path: Path, library: str, suffix: str, said: str
) -> None:
    assert said in refused(tmp_path, "convert", tmp_path / "absent.pth", tmp_path / f"out{suffix}", "--to", library)
    (tmp_path / "one.pth").write_bytes(b"x")
    several = refused(tmp_path, "convert", tmp_path, tmp_path / "out", "--suffix", suffix, "--to", library)
    assert said in several
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("options", [["--num-classes", "-1"], ["--input-size", "wide"], ["--input-size", "2x2x2"]])
def test_a_wrong_option_is_named(tmp_path: Path, options: list[str]) -> None:
    error = refused(tmp_path, "table", "resnet18", *options)
    assert options[1] in error


def test_a_size_too_small_for_the_network_is_named(tmp_path: Path) -> None:
    assert "conv1 (conv): a window of 11 does not fit" in refused(tmp_path, "table", "alexnet", "--input-size", "8")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_missing_file(tmp_path: Path, suffix: str) -> None:
    error = refused(tmp_path, "convert", tmp_path / f"in{suffix}", tmp_path / "out.safetensors")
    assert error.endswith(f"in{suffix} does not exist")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_file(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"in{suffix}").touch()
    assert "is empty" in refused(tmp_path, "convert", tmp_path / f"in{suffix}", tmp_path / "out.npz.pth")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_folder_instead_of_a_file(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"in{suffix}").mkdir()
    assert "is a folder" in refused(tmp_path, "convert", tmp_path / f"in{suffix}", tmp_path / "out.pth")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("part", [0.05, 0.5, 0.95, 0.9999])
def test_a_truncated_file(tmp_path: Path, suffix: str, part: float) -> None:
    data = good(tmp_path / f"whole{suffix}").read_bytes()
    source = tmp_path / f"in{suffix}"
    source.write_bytes(data[: int(len(data) * part)])
    error = refused(tmp_path, "convert", source, tmp_path / "out.safetensors")
    assert str(source) in error
    assert " whole " in error


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_of_text(tmp_path: Path, suffix: str) -> None:
    source = tmp_path / f"in{suffix}"
    source.write_text("<!DOCTYPE html><html><body>404: there are no weights here</body></html>\n" * 20)
    assert f"in{suffix} " in refused(tmp_path, "convert", source, tmp_path / "out.safetensors")


@pytest.mark.parametrize(
    ("suffix", "real"),
    [(a, b) for a in SUFFIXES for b in SUFFIXES if a != b and {a, b} != {".pth", ".pt"}],
)
def test_a_file_of_another_format(tmp_path: Path, suffix: str, real: str) -> None:
    source = tmp_path / f"in{suffix}"
    source.write_bytes(good(tmp_path / f"whole{real}").read_bytes())
    assert "not what its suffix says" in refused(tmp_path, "convert", source, tmp_path / "out.safetensors")


@pytest.mark.parametrize("saved", ["torch", "pickle", "inside"])
def test_a_pickle_that_would_run_code_does_not(tmp_path: Path, saved: str) -> None:
    import torch

    marker, source = tmp_path / "it_ran", tmp_path / "in.pth"
    if saved == "pickle":
        source.write_bytes(pickle.dumps(RunsCode(marker)))
    else:
        content = RunsCode(marker) if saved == "torch" else {"state_dict": {"fc.weight": RunsCode(marker)}}
        torch.save(content, source)
    error = refused(tmp_path, "convert", source, tmp_path / "out.safetensors")
    assert "nothing of it was run" in error
    assert not marker.exists()
    with source.open("rb") as file:  # the proof that it could have run
        torch.load(file, weights_only=False) if saved != "pickle" else pickle.load(file)  # noqa: S301
    assert marker.exists()


def test_a_keras_file_with_code_in_a_lambda_does_not_run_it(tmp_path: Path) -> None:
    """What a Lambda layer of an unsafe file looks like: marshalled code, and a module to import with an effect."""
    marker = tmp_path / "it_ran"
    evil = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
    layer = {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "c1", "function": evil}}
    other = {"module": "os", "class_name": "mkdir", "config": {"name": "c3", "path": str(marker)}}
    source = keras_file(tmp_path / "in.keras", {"c1": [np.ones(3)]}, {"config": {"layers": [layer, other]}})
    for rest in ([], ["--network", "lenet5_modern"]):
        refused(tmp_path, "convert", source, tmp_path / "out.safetensors", *rest)
    assert not marker.exists()


@pytest.mark.parametrize("config", [[], {"config": {}}, {"config": {"layers": [3]}}, "x", None])
def test_a_keras_file_with_a_broken_config(tmp_path: Path, config: Any) -> None:
    source = keras_file(tmp_path / "in.keras", {"c1": [np.ones(3)]}, config)
    assert "config.json is not that of a Keras model" in refused(tmp_path, "convert", source, tmp_path / "out.pth")


def test_a_deep_config_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    source = tmp_path / "in.keras"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "[" * 1_000_000)
        archive.writestr("model.weights.h5", h5_bytes({}))
    assert str(source) in refused(tmp_path, "convert", source, tmp_path / "out.pth")


def test_a_keras_file_that_swells(tmp_path: Path) -> None:
    source = tmp_path / "in.keras"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps({"config": {"layers": []}}))
        archive.writestr("model.weights.h5", bytes(100_000_000))
    assert "would swell" in refused(tmp_path, "convert", source, tmp_path / "out.pth")


def test_a_destination_that_cannot_be_written(tmp_path: Path) -> None:
    source = good(tmp_path / "in.safetensors")
    (tmp_path / "folder.pth").mkdir()
    for destination, complaint in (
        (tmp_path / "absent" / "out.pth", "absent does not exist"),
        (source / "out.pth", "in.safetensors is not a folder"),
        (tmp_path / "folder.pth", "is a folder"),
        (Path("/proc/out.pth"), "cannot write /proc/out.pth"),
        (tmp_path / ("n" * 300 + ".pth"), "cannot write"),
    ):
        assert complaint in refused(tmp_path, "convert", source, destination)


def test_a_destination_in_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal of the system is played, since the tests may run as root, who may write everywhere."""
    source = good(tmp_path / "in.safetensors")

    def closed(*rest: Any, **more: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", closed)
    assert "out.pth: Permission denied" in refused(tmp_path, "convert", source, tmp_path / "out.pth")


@pytest.mark.parametrize("suffix", some([".pth", ".safetensors", ".weights.h5"], ".pth"))
def test_a_file_that_the_system_cuts_short_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    """A limit on the size of files stands for a full disk: the system refuses in the midst of the writing."""
    source = safetensors_file(tmp_path / "in.safetensors", arrays())
    words = ["diptych", "convert", str(source), str(tmp_path / f"out{suffix}")]
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
        f"sys.argv = {words!r}; from diptych.commands.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: cannot write {tmp_path}/out{suffix}: ")
    assert done.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == ["in.safetensors"]


def test_an_existing_destination_needs_force(tmp_path: Path) -> None:
    source = good(tmp_path / "in.safetensors")
    (tmp_path / "out.pth").write_text("precious")
    error = refused(tmp_path, "convert", source, tmp_path / "out.pth")
    assert "out.pth exists already" in error
    assert "--force" in error
    broken = safetensors_file(tmp_path / "broken.safetensors", arrays(c1__weight=None))
    refused(tmp_path, "convert", broken, tmp_path / "out.pth", "--force")
    assert CliRunner().invoke(app, ["convert", str(source), str(tmp_path / "out.pth"), "--force"]).exit_code == 0


def test_source_and_destination_are_the_same_file(tmp_path: Path) -> None:
    source = good(tmp_path / "in.safetensors")
    for destination in (source, tmp_path / "." / "in.safetensors"):
        assert "is the source itself" in refused(tmp_path, "convert", source, destination, "--force")


@pytest.mark.parametrize("name", ["out", "out.h5", "out.onnx"])
def test_an_unknown_destination_suffix_is_an_error_before_any_work(tmp_path: Path, name: str) -> None:
    error = refused(tmp_path, "convert", tmp_path / "absent.pth", tmp_path / name)
    assert "the formats to write are .weights, .keras, .npz, .safetensors, .pth, .pt, .weights.h5" in error


@pytest.mark.parametrize("case", ["missing", "pickle", "network"])
def test_in_a_process_of_its_own(tmp_path: Path, case: str) -> None:
    import torch

    write(tmp_path / "good.safetensors", NET, init(NET), {})
    torch.save(RunsCode(tmp_path / "it_ran"), tmp_path / "evil.pth")
    source = {"missing": "absent.pth", "pickle": "evil.pth", "network": "good.safetensors"}[case]
    words = ["convert", str(tmp_path / source), str(tmp_path / "out.keras"), "--network", "resnet1"]
    before = sorted(os.listdir(tmp_path))
    done = subprocess.run([sys.executable, "-m", "diptych", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert sorted(os.listdir(tmp_path)) == before
