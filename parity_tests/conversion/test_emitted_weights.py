"""Emitted files take the weights that `diptych convert` writes for them, and what they save is read back."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from own_detector import detector_net, scaled_block
from stored import layers
from weights_runner import image, main_output

import diptych
from diptych import build, check, convert, spec
from diptych.common.compare import same_bits
from diptych.common.dialect import EMITTED, check_bijective
from diptych.common.errors import DiptychError, SpecError
from diptych.common.ops.conv import conv
from diptych.common.ops.parameter import parameter
from diptych.common.ops.relu import relu
from diptych.common.ops.weighted_sum import weighted_sum
from diptych.common.registry import canonical, network, networks, traced
from diptych.common.spec import Array, Net
from diptych.common.trace import Value, block, trace
from diptych.common.weights import scrambled
from diptych.conversion.emitted import emitted_names
from diptych.conversion.identify import identified
from diptych.emission import twins
from diptych.files import read, write
from diptych.tf_impl import state
from diptych.tf_impl.slots import slots_of

RUNNER = Path(__file__).parents[1] / "weights_runner.py"
TOLERANCE = 1e-10
CANONICAL = sorted(canonical().values())
TURNS = 4
"""Processes for the networks of all families, each of which starts both frameworks once."""
QUICK = ["lenet5_1998", "mobilenet_v1_025.keras"]
"""Layers in the list of all of a model, prototypes, scales; an input stage, chains, padded layers."""


SIZES = {"vgg16_d": (64, 96)}
"""Where the map before layers.AdaptiveAveragePooling2D would be one pixel wide, which Keras 3.15 refuses in a graph."""


def small(name: str) -> Net:
    return spec(name, input_size=size(name))


def size(name: str) -> tuple[int, int]:
    return SIZES.get(name, network(name).check_sizes[0])


def job(name: str, folder: Path, trained: Sequence[str] = ()) -> dict[str, Any]:
    """The emitted files of a network, and its weights as converted for either."""
    net = small(name)
    write(folder / f"{name}.safetensors", net, scrambled(net), {})
    convert(folder / f"{name}.safetensors", folder / f"{name}.weights.h5", to="emitted", check=None)
    convert(folder / f"{name}.safetensors", folder / f"{name}.keras", check=None)
    convert(folder / f"{name}.keras", folder / f"{name}.pth", check=None)
    files = {side: folder / f"{side}_{name.replace('.', '_')}.py" for side in ("torch", "tf")}
    for emitted, file in zip(twins(net), files.values(), strict=True):
        file.write_text(emitted.text)
    paths = {side: str(path) for side, path in files.items()} | {"saved": str(folder / f"{name}.saved.weights.h5")}
    paths |= {"h5": str(folder / f"{name}.weights.h5"), "pth": str(folder / f"{name}.pth")}
    paths |= {"answers": str(folder / f"{name}.npz"), "root": twins(net)[0].root}
    return paths | {"shape": [int(n) for n in net.input_shape], "trained": [str(folder / file) for file in trained]}


def ran(jobs: list[dict[str, Any]], folder: Path) -> None:
    (folder / "jobs.json").write_text(json.dumps(jobs))
    command = [sys.executable, str(RUNNER), str(folder / "jobs.json")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def apart(ours: Array, theirs: Array) -> float:
    assert ours.shape == theirs.shape
    assert np.abs(ours).max() > 1e-6
    return float(np.abs(ours - theirs).max() / np.abs(ours).max())


def verify(name: str, folder: Path) -> None:
    """Both emitted files answer as the built network; what the Keras file saved are the same bits under our names."""
    net, answers = small(name), np.load(folder / f"{name}.npz")
    weights = scrambled(net)
    with torch.no_grad():
        x = torch.tensor(image(list(net.input_shape))).double()
        ours = main_output(build(net, "torch", weights=weights, dtype="float64")(x))
    assert apart(ours, answers["torch"]) < TOLERANCE, name
    assert apart(ours, answers["tf"]) < TOLERANCE, name
    saved = folder / f"{name}.saved.weights.h5"
    back = read(saved).translate(emitted_names(net)).named(net)
    assert not same_bits({key: array.astype(np.float64) for key, array in weights.items()}, back).first, name
    found = identified(read(saved), name, {"input_size": size(name)})
    assert (found.library, found.net.nodes) == (EMITTED, net.nodes), name


@pytest.mark.slow
def test_emitted_files_take_weights_train_and_are_converted_back(tmp_path: Path) -> None:
    trained = {name: [f"{name}.trained.weights.h5", f"{name}.trained.keras"] for name in QUICK}
    ran([job(name, tmp_path, files) for name, files in trained.items()], tmp_path)
    for name, files in trained.items():
        verify(name, tmp_path)
        for file in files:
            done = convert(tmp_path / file, tmp_path / f"{file}.back.pth", name, input_size=size(name), check="float32")
            assert (done.library, done.proof is not None) == (EMITTED, True)
            assert any("left out: " in note and "optimizer" in note for note in done.notes)
        both = [read(tmp_path / f"{file}.back.pth").named(small(name)) for file in files]
        assert not same_bits(*both).first
        assert same_bits(both[0], read(tmp_path / f"{name}.pth").named(small(name))).first  # it was trained


@pytest.mark.slow
@pytest.mark.parametrize("turn", [0, *(pytest.param(turn, marks=pytest.mark.full) for turn in range(1, TURNS))])
def test_the_emitted_files_of_every_family_take_weights(turn: int, tmp_path: Path) -> None:
    names = CANONICAL[turn::TURNS]
    ran([job(name, tmp_path) for name in names], tmp_path)
    for name in names:
        verify(name, tmp_path)


@pytest.mark.slow
def test_every_layer_of_every_network_has_one_place() -> None:
    for name in networks():
        net = traced(name, {})
        check_bijective(emitted_names(net), slots_of(net))


def test_the_file_and_its_report_say_whose_names_it_has(tmp_path: Path) -> None:
    net = small("lenet5_modern")
    write(tmp_path / "in.pth", net, scrambled(net), {})
    done = convert(tmp_path / "in.pth", tmp_path / "out.weights.h5", to="emitted")
    assert (done.to, json.loads(done.report.read_text())["result"]["names"]) == ("emitted", "emitted")
    with h5py.File(tmp_path / "out.weights.h5") as file:
        said = json.loads(file.attrs["diptych"])
    assert (said["network"], said["conversion"]["to"]) == ("lenet5_modern", "emitted")
    found = layers(tmp_path / "out.weights.h5")
    assert sorted(found.places) == ["c1", "c3", "c5", "f6", "layers/dense_2"]
    mapping = said["conversion"]["mapping"]
    assert mapping == {"output": "layers/dense_2"}
    back = convert(tmp_path / "out.weights.h5", tmp_path / "back.pth", to="emitted")
    assert (back.library, back.to) == ("emitted", "diptych")  # the emitted PyTorch file has our names
    assert not same_bits(scrambled(net), read(tmp_path / "back.pth").named(net)).first


def test_what_the_emitted_file_cannot_take_is_refused(tmp_path: Path) -> None:
    net = small("lenet5_modern")
    write(tmp_path / "in.pth", net, scrambled(net), {})
    with pytest.raises(DiptychError, match=r"write \.weights\.h5, which it loads"):
        convert(tmp_path / "in.pth", tmp_path / "out.keras", to="emitted")
    assert not (tmp_path / "out.keras").exists()


def made(path: Path, root: str) -> Any:
    """A model of a class of an emitted file."""
    found = importlib.util.spec_from_file_location(path.stem, path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return getattr(module, root)()


def emitted_pair(net: Net, folder: Path) -> tuple[Any, Any]:
    """Models of both emitted classes with the weights of `scrambled`."""
    both = []
    for side, emitted in zip(("torch", "tf"), twins(net), strict=True):
        path = folder / f"{side}_pair.py"
        path.write_text(emitted.text)
        both.append(made(path, emitted.root))
    weights = scrambled(net)
    both[0].load_state_dict({name: torch.tensor(array) for name, array in weights.items()}, strict=False)
    channels, height, width = (int(n) for n in net.input_shape)
    both[1].build((None, height, width, channels))
    write(folder / "pair.safetensors", net, weights, {})
    convert(folder / "pair.safetensors", folder / "pair.weights.h5", to="emitted", check=None)
    both[1].load_weights(folder / "pair.weights.h5")
    return both[0].eval(), both[1]


@pytest.mark.slow
def test_models_of_emitted_classes_are_read_and_checked(tmp_path: Path) -> None:
    net = small("lenet5_1998")
    torch_model, keras_model = emitted_pair(net, tmp_path)
    assert not same_bits(scrambled(net), diptych.weights(keras_model, net)).first
    assert not same_bits(scrambled(net), diptych.weights(torch_model, net)).first
    report = check(net, models=(torch_model, keras_model))
    assert report.passed, report


def louder(emitted: Any) -> Any:
    """The class with a `call` that is a little off."""

    class Louder(emitted):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return super().call(x) * (1 + 1e-6)

    return Louder


@pytest.mark.parametrize(
    ("change", "gate", "where"),
    [
        (lambda model: setattr(model.c5, "use_bias", False), "nodes", "c5"),
        (lambda model: setattr(model.scaled_tanh, "amplitude", 1.7), "nodes", "scaled_tanh"),
        (lambda model: model.c1.bias.assign_add(model.c1.bias * 0 + 1e-3), "nodes", "c1"),
        (lambda model: setattr(model, "__class__", louder(type(model))), "nodes", "output"),
    ],
)
def test_a_fault_in_a_model_of_an_emitted_class_is_found(change: Any, gate: str, where: str, tmp_path: Path) -> None:
    net = small("lenet5_1998")
    torch_model, keras_model = emitted_pair(net, tmp_path)
    change(keras_model)
    report = check(net, models=(torch_model, keras_model), gates=["nodes"])
    assert report.failed is not None, str(report)
    assert (report.failed.name, report.side, report.where.startswith(where)) == (gate, "TensorFlow", True), str(report)


def test_a_model_that_is_not_built_and_one_of_another_class_are_refused(tmp_path: Path) -> None:
    import keras

    net = small("lenet5_1998")
    _, keras_model = emitted_pair(net, tmp_path)
    with pytest.raises(DiptychError, match=r"call model\.build\(\(None, 36, 32, 1\)\) first"):
        diptych.weights(type(keras_model)(), net)
    with pytest.raises(DiptychError, match=r"has no layer at conv1/layers/conv2d, where the emitted class ResNet18 of"):
        diptych.weights(keras_model, small("resnet18"))
    assert isinstance(keras_model, keras.Model)


@block
def mixed(x: Value, count: int) -> Value:
    """Two weights of the block's own, of which the second is named first by the alphabet, and a layer between."""
    y = weighted_sum([x, relu(x)], parameter((2,), name="shares"))
    y = conv(y, count, 1, name="conv")
    return y * parameter((count, 1, 1), name="factor")


def own_weights(x: Value) -> Value:
    """Blocks with one and with two weights of their own."""
    return mixed(mixed(scaled_block(conv(x, 8, 3, name="c"), 8), 8, name="again"), 5, name="last")


def test_weights_that_blocks_own_are_read_and_written(tmp_path: Path) -> None:
    net = trace(own_weights, "own_weights", (3, 9, 8))
    for found in (net, detector_net()):
        check_bijective(emitted_names(found), slots_of(found))
    path = tmp_path / "tf_own.py"
    path.write_text(twins(net)[1].text)
    model = made(path, twins(net)[1].root)
    model.build((None, 9, 8, 3))
    weights = scrambled(net)
    state.write(model, net, weights)
    assert not same_bits(weights, diptych.weights(model, net)).first
    model.save_weights(tmp_path / "own.weights.h5")
    back = read(tmp_path / "own.weights.h5").translate(emitted_names(net)).named(net)
    assert not same_bits(weights, back).first
    write(tmp_path / "written.weights.h5", net, weights, {}, dialect=emitted_names(net))
    model.set_weights([array * 0 for array in model.get_weights()])
    model.load_weights(tmp_path / "written.weights.h5")
    assert not same_bits(weights, diptych.weights(model, net)).first
    x = np.random.default_rng(0).standard_normal((2, 9, 8, 3)).astype("float32")
    built = build(net, "tf", weights=weights)
    assert apart(np.asarray(built(x)), np.asarray(model(x))) < 1e-5
    report = check(net, models=(build(net, "torch", weights=weights), model))
    assert report.passed, report


def test_a_weight_of_the_network_itself_is_refused() -> None:
    net = trace(lambda x: conv(x, 4, 1, name="c") * parameter((4, 1, 1), name="factor"), "own", (3, 9, 8))
    with pytest.raises(SpecError, match="factor: a weight that the network itself owns is not read"):
        emitted_names(net)
