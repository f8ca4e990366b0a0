"""Conversions: round trips keep every bit, and a network is only ever taken for what it certainly is."""

from __future__ import annotations

import importlib
import itertools
import os
import subprocess
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stored import layers

import diptych
from diptych.common.errors import DiptychError, FileError, WeightsError
from diptych.common.registry import spec
from diptych.common.spec import Array, Net
from diptych.common.weights import scrambled
from diptych.conversion.identify import identified as identify
from diptych.files import read, write, write_content
from diptych.files.content import Content

PLAIN_KERAS = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name == "diptych":
            raise ImportError("this process has never heard of diptych")
sys.meta_path.insert(0, Absent())
import keras, numpy as np
model = keras.saving.load_model(sys.argv[1])
if len(sys.argv) > 2:
    keras.Model.load_weights(model, sys.argv[2])
np.save(sys.argv[1] + ".npy", model.predict(np.load(sys.argv[1] + ".in.npy"), verbose=0))
model.save(sys.argv[1] + ".again.keras")
"""


def torch_checkpoint(path: Path, net: Net, dtype: str = "float32") -> OrderedDict[str, Any]:
    """A state dict as a training run leaves it: every weight differs, and the batches are counted."""
    import torch

    model = diptych.build(net, "torch", weights=scrambled(net), dtype="float64" if dtype == "float64" else "float32")
    state = OrderedDict(model.state_dict())
    for number, name in enumerate(name for name in state if name.endswith("num_batches_tracked")):
        state[name] = torch.tensor(100 + number)
    if dtype == "float16":
        state = OrderedDict((k, v.half() if v.is_floating_point() else v) for k, v in state.items())
    torch.save(state, path)
    return state


def same_state(path: Path, state: Mapping[str, Any]) -> bool:
    import torch

    found = torch.load(path, weights_only=True)
    same = [found[k].dtype == v.dtype and found[k].numpy().tobytes() == v.numpy().tobytes() for k, v in state.items()]
    return list(found) == list(state) and all(same)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_torch_to_keras_to_torch_is_bitwise_equal(tmp_path: Path, dtype: str) -> None:
    net = spec("resnet18", num_classes=10)
    state = torch_checkpoint(tmp_path / "in.pth", net, dtype)
    there = diptych.convert(tmp_path / "in.pth", tmp_path / "out.keras", check=None)
    back = diptych.convert(tmp_path / "out.keras", tmp_path / "back.pth", check=None)
    assert there.network == back.network == "resnet18"
    assert there.options == back.options == {"num_classes": 10}
    assert (there.matched, there.bitwise, back.bitwise) == (len(net.weights), True, True)
    assert same_state(tmp_path / "back.pth", state)
    model = diptych.build(net, "torch")
    import torch

    model.to(torch.float64).load_state_dict(torch.load(tmp_path / "back.pth", weights_only=True), strict=True)


@pytest.mark.parametrize("name", ["lenet5_modern", "lenet5_1998"])
def test_keras_to_safetensors_to_keras_is_bitwise_equal(tmp_path: Path, name: str) -> None:
    net = spec(name)
    write(tmp_path / "in.keras", net, scrambled(net), {})
    diptych.convert(tmp_path / "in.keras", tmp_path / "mid.safetensors", check=None)
    diptych.convert(tmp_path / "mid.safetensors", tmp_path / "out.keras", check=None)
    before, after = layers(tmp_path / "in.keras").layers, layers(tmp_path / "out.keras").layers
    assert before.keys() == after.keys() != set()
    for name, arrays in before.items():
        assert [a.tobytes() for a in arrays] == [b.tobytes() for b in after[name]]


def test_a_chain_through_every_format_is_bitwise_equal(tmp_path: Path) -> None:
    net = spec("mobilenet_v2.keras", num_classes=4)
    state = torch_checkpoint(tmp_path / "0.pth", net)
    names = ["0.pth", "1.weights.h5", "2.safetensors", "3.pt", "4.keras", "5.weights.h5", "6.pth"]
    diptych.convert(tmp_path / names[0], tmp_path / names[1], "mobilenet_v2.keras", check=None)
    for source, destination in itertools.pairwise(names[1:]):
        done = diptych.convert(tmp_path / source, tmp_path / destination, check=None)
        assert (done.network, done.options) == ("mobilenet_v2.keras", {"num_classes": 4})
    assert same_state(tmp_path / "6.pth", state)


def test_half_precision_goes_where_it_can_be_kept(tmp_path: Path) -> None:
    state = torch_checkpoint(tmp_path / "in.pth", spec("lenet5_modern"), "float16")
    diptych.convert(tmp_path / "in.pth", tmp_path / "mid.safetensors", check=None)
    diptych.convert(tmp_path / "mid.safetensors", tmp_path / "back.pth", check=None)
    assert same_state(tmp_path / "back.pth", state)


def test_half_precision_is_widened_for_keras_which_a_note_says(tmp_path: Path) -> None:
    state = torch_checkpoint(tmp_path / "in.pth", spec("lenet5_modern"), "float16")
    done = diptych.convert(tmp_path / "in.pth", tmp_path / "out.keras")
    assert "half precision was widened to float32" in str(done)
    assert diptych.verify(tmp_path / "out.keras").passed
    diptych.convert(tmp_path / "out.keras", tmp_path / "back.pth", check=None)
    wide = {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    assert same_state(tmp_path / "back.pth", wide)


def test_half_precision_beside_float64_is_not_widened(tmp_path: Path) -> None:
    net = spec("lenet5_modern")
    mixed = {n: a.astype("float64" if n.endswith("bias") else "float16") for n, a in scrambled(net).items()}
    write(tmp_path / "in.safetensors", net, mixed, {})
    with pytest.raises(FileError, match=r"float16 and float64.*float32 or all float64"):
        diptych.convert(tmp_path / "in.safetensors", tmp_path / "out.keras")
    assert not (tmp_path / "out.keras").exists()


def test_mixed_precision_is_named_before_anything_is_built(tmp_path: Path) -> None:
    net = spec("lenet5_modern")
    mixed = {n: a.astype("float64" if n.endswith("bias") else "float32") for n, a in scrambled(net).items()}
    write(tmp_path / "in.safetensors", net, mixed, {})
    with pytest.raises(FileError, match="float32 and float64"):
        diptych.convert(tmp_path / "in.safetensors", tmp_path / "out.weights.h5")


def test_a_keras_file_that_plain_keras_saved_anew_comes_back(tmp_path: Path) -> None:
    """What diptych wrote beside the model is gone then; names and arguments of layers still tell what it is."""
    net = spec("lenet5_modern", num_classes=7)
    torch_checkpoint(tmp_path / "in.pth", net)
    diptych.convert(tmp_path / "in.pth", tmp_path / "m.keras", check=None)
    diptych.convert(tmp_path / "in.pth", tmp_path / "m.weights.h5", check=None)
    images = np.random.default_rng(0).standard_normal((2, 32, 32, 1), dtype=np.float32)
    np.save(tmp_path / "m.keras.in.npy", images)
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", PLAIN_KERAS, str(tmp_path / "m.keras"), str(tmp_path / "m.weights.h5")]
    subprocess.run(command, check=True, env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL)
    ours = diptych.build(net, "tf", weights=read(tmp_path / "m.keras").named(net)).predict(images, verbose=0)
    np.testing.assert_allclose(np.load(tmp_path / "m.keras.npy"), ours, rtol=0, atol=1e-6)
    with zipfile.ZipFile(tmp_path / "m.keras.again.keras") as archive:
        assert "diptych.json" not in archive.namelist()
    done = diptych.convert(tmp_path / "m.keras.again.keras", tmp_path / "back.pth", check=None)
    assert (done.network, done.options) == ("lenet5_modern", {"num_classes": 7})


def test_a_fine_tuned_checkpoint_needs_no_options(tmp_path: Path) -> None:
    torch_checkpoint(tmp_path / "in.pth", spec("resnet18", num_classes=10, in_channels=1))
    done = diptych.convert(tmp_path / "in.pth", tmp_path / "out.safetensors", check=None)
    assert done.options == {"num_classes": 10, "in_channels": 1}
    assert "num_classes=10, in_channels=1: read off the file's shapes" in done.notes


def test_a_checkpoint_of_a_distributed_run_is_unwrapped(tmp_path: Path) -> None:
    import torch

    state = torch_checkpoint(tmp_path / "in.pth", spec("resnet18", num_classes=10))
    wrapped = {"model": {f"module.{name}": tensor for name, tensor in state.items()}, "optimizer": {}, "epoch": 9}
    torch.save(wrapped, tmp_path / "ddp.pth")
    done = diptych.convert(tmp_path / "ddp.pth", tmp_path / "out.pth", check=None)
    assert same_state(tmp_path / "out.pth", state)
    assert any("optimizer, epoch" in note for note in done.notes)


def arrays_file(path: Path, net: Net, weights: dict[str, Array] | None = None) -> Path:
    """A safetensors file that says nothing about its network."""
    from safetensors.numpy import save_file

    save_file(scrambled(net) if weights is None else weights, str(path))
    return path


def test_torch_names_that_fit_two_forms_are_torchvisions_with_a_note(tmp_path: Path) -> None:
    path = arrays_file(tmp_path / "w.safetensors", spec("mobilenet_v2"))
    found = identify(read(path), None, {})
    assert found.net.name == "mobilenet_v2"
    assert any("mobilenet_v2.keras" in note and "--network" in note for note in found.notes)
    assert identify(read(path), "mobilenet_v2.keras", {}).net.name == "mobilenet_v2.keras"


def test_a_name_that_contradicts_the_file_is_noted(tmp_path: Path) -> None:
    net = spec("mobilenet_v2", num_classes=3)
    write(tmp_path / "w.safetensors", net, scrambled(net), {})
    found = identify(read(tmp_path / "w.safetensors"), "mobilenet_v2.keras", {})
    assert (found.net.name, dict(found.net.options)) == ("mobilenet_v2.keras", {"num_classes": 3})
    assert "the file says it holds mobilenet_v2; taken as mobilenet_v2.keras, as asked" in found.notes


def test_heads_that_disagree_about_the_classes_imply_nothing(tmp_path: Path) -> None:
    weights = scrambled(spec("resnet18", num_classes=10))
    weights["fc.bias"] = weights["fc.bias"][:9].copy()
    path = arrays_file(tmp_path / "w.safetensors", spec("resnet18"), weights)
    with pytest.raises(WeightsError, match=r"fc\.weight has shape 10x512, expected 1000x512; fc\.bias has shape 9"):
        diptych.convert(path, tmp_path / "out.pth")


def test_another_input_size_is_asked_for_by_name(tmp_path: Path) -> None:
    path = arrays_file(tmp_path / "w.safetensors", spec("lenet5_modern", input_size=(36, 40)))
    with pytest.raises(WeightsError, match=r"c5\.weight has shape 120x672, expected 120x400.*input_size"):
        diptych.convert(path, tmp_path / "out.pth")
    done = diptych.convert(path, tmp_path / "out.pth", input_size=(36, 40))
    assert done.options == {"input_size": (36, 40)}
    assert diptych.convert(tmp_path / "out.pth", tmp_path / "again.safetensors").options == done.options


def test_a_file_that_does_not_read_back_the_same_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = arrays_file(tmp_path / "w.safetensors", spec("lenet5_modern"))
    diptych.convert(path, tmp_path / "good.pth")

    def careless(target: Path, content: Content) -> None:
        changed = {"c3.bias": np.nextafter(content.arrays["c3.bias"], np.float32(1))}
        write_content(target, replace(content, arrays={**content.arrays, **changed}))

    monkeypatch.setattr(importlib.import_module("diptych.conversion.written"), "write_content", careless)
    before = (tmp_path / "good.pth").read_bytes()
    with pytest.raises(DiptychError, match=r"c3\.bias differs"):
        diptych.convert(path, tmp_path / "good.pth", force=True)
    assert (tmp_path / "good.pth").read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["good.pth", "good.pth.report.json", "w.safetensors"]


def test_a_batch_counter_without_a_batch_normalisation_is_an_error(tmp_path: Path) -> None:
    import torch

    state = torch_checkpoint(tmp_path / "in.pth", spec("lenet5_modern"))
    state["bn7.num_batches_tracked"] = torch.tensor(3)
    torch.save(state, tmp_path / "in.pth")
    with pytest.raises(WeightsError, match=r"no batch normalisation for bn7\.num_batches_tracked"):
        diptych.convert(tmp_path / "in.pth", tmp_path / "out.pth")
