"""What PyTorch's exporter writes by default: weights in a file beside the model, normalisations folded into layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from foreign import onnx_model
from onnx import helper, numpy_helper
from refusal import refused
from selection import some
from stored import tensors
from typer.testing import CliRunner

import diptych
from diptych import build, init, spec
from diptych.checking.images import random_images
from diptych.commands.cli import app
from diptych.common import reference
from diptych.common.compare import difference, same_bits
from diptych.common.spec import Array, Net
from diptych.common.weights import scrambled
from diptych.conversion.report import digest
from diptych.deployment.export import export
from diptych.files.onnx_data import ENDINGS

NARROW = 1e-5
NETS: dict[str, dict[str, Any]] = {
    "resnet18": {"num_classes": 10, "input_size": (64, 48)},
    "preresnet18": {"num_classes": 10, "input_size": (64, 48)},  # some normalisations have no layer before them
    "shufflenet_v2_x0_5": {"num_classes": 10, "input_size": (64, 64)},  # folding numbers its chains anew
    "mobilenet_v2": {"num_classes": 10, "input_size": (64, 64)},  # bounds of Clip among the weights
}
# torch.export asks its own pytrees in a way that it has deprecated, and nothing here can change it.
pytestmark = pytest.mark.filterwarnings("ignore:`isinstance.treespec, LeafSpec.` is deprecated:FutureWarning")


def exported(path: Path, net: Net, weights: dict[str, Array]) -> tuple[Array, Array]:
    """(images, logits of the file in ONNX Runtime) of a module that torch.onnx.export has written its own way."""
    x = random_images(net, 2, np.random.default_rng(0)).astype(np.float32)
    torch.onnx.export(build(net, "torch", weights=weights).eval(), (torch.tensor(x),), path, verbose=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: x})
    return x, found


def distance(net: Net, weights: Any, x: Array, found: Array) -> float:
    values = reference.run(net, weights, x.astype(np.float64))
    return difference(np.asarray(found, np.float64), values[net.nodes[net.outputs[0]].path])[0]


@pytest.mark.parametrize("name", some(NETS, "preresnet18"))
def test_the_exporters_default_is_the_folded_network(name: str, tmp_path: Path) -> None:
    net, path = spec(name, **NETS[name]), tmp_path / "in.onnx"
    weights = scrambled(net)
    x, logits = exported(path, net, weights)
    assert path.with_name("in.onnx.data").is_file()
    assert diptych.identify(path).names[0] == f"{name}.folded"

    done = diptych.convert(path, tmp_path / "out.safetensors", check=None, input_size=NETS[name]["input_size"])
    assert done.network == f"{name}.folded"
    folded, given = spec(f"{name}.folded", **NETS[name]), tensors(tmp_path / "out.safetensors").arrays
    assert distance(folded, given, x, logits) < NARROW
    assert distance(net, weights, x, logits) < NARROW
    asked = diptych.convert(path, tmp_path / "asked.safetensors", network=f"{name}.folded", check=None)
    assert asked.network == f"{name}.folded"
    assert not same_bits(given, tensors(tmp_path / "asked.safetensors").arrays).first


def test_biases_that_are_zero_or_equal_are_left_out_and_found(tmp_path: Path) -> None:
    """An untrained network's biases are zero, and the exporter drops them; of two that are equal it keeps one."""
    net, path = spec("resnet18", **NETS["resnet18"]), tmp_path / "in.onnx"
    weights = init(net)
    for layer in ("layer1.0.bn1", "layer1.0.bn2"):
        weights[f"{layer}.bias"] = np.full_like(weights[f"{layer}.bias"], 0.25)
    x, logits = exported(path, net, weights)
    names = {tensor.name for tensor in onnx.load(path).graph.initializer}
    assert [name for name in names if name.endswith("bias")] == ["layer1.0.conv1.weight_bias"]
    diptych.convert(path, tmp_path / "out.safetensors", check=None, input_size=(64, 48))
    given = tensors(tmp_path / "out.safetensors").arrays
    assert given["layer1.0.conv1.bias"].tolist() == given["layer1.0.conv2.bias"].tolist() == [0.25] * 64
    assert not given["conv1.bias"].any()
    assert distance(spec("resnet18.folded", **NETS["resnet18"]), given, x, logits) < NARROW


def test_a_bias_is_not_taken_for_zero_where_a_name_is_just_missing(tmp_path: Path) -> None:
    net, path = spec("lenet5_modern"), tmp_path / "in.onnx"
    onnx_model(path, {name: array for name, array in scrambled(net).items() if name != "c3.bias"})
    error = refused(tmp_path, "convert", path, tmp_path / "out.safetensors", "--network", "lenet5_modern")
    assert "missing c3.bias 16" in error


@pytest.mark.parametrize(
    ("biases", "said"), [([""], "c3.bias"), (["u", "u"], "c3.bias"), (["u", ""], ""), (["u", "v"], "")]
)
def test_a_bias_is_known_where_the_layers_of_its_weight_agree(biases: list[str], said: str, tmp_path: Path) -> None:
    weights = {name: array for name, array in scrambled(spec("lenet5_modern")).items() if name != "c3.bias"}
    model = onnx_model(tmp_path / "in.onnx", weights | {bias: np.ones(16, np.float32) for bias in biases if bias})
    for index, bias in enumerate(biases):
        taken = ["x", "c3.weight", bias] if bias else ["x", "c3.weight"]
        model.graph.node.append(helper.make_node("Conv", taken, [f"z{index}"]))
    (tmp_path / "in.onnx").write_bytes(model.SerializeToString())
    found = tensors(tmp_path / "in.onnx")
    assert ("c3.bias" in {*found.arrays, *found.zeros}) is bool(said)
    assert found.zeros == (frozenset({said}) if biases == [""] else frozenset())


@pytest.mark.parametrize("listed", [True, False])
def test_numbers_of_a_normalisation_that_hide_in_nodes_are_seen(listed: bool, tmp_path: Path) -> None:
    """A convolution without bias, and a normalisation whose numbers are constants, are not a folded convolution."""
    weights = {name: array for name, array in scrambled(spec("resnet18.folded")).items() if name != "conv1.bias"}
    model, numbers = onnx_model(tmp_path / "in.onnx", weights), np.ones(64, np.float32)
    value = {"value_floats": numbers.tolist()} if listed else {"value": numpy_helper.from_array(numbers)}
    model.graph.node.extend([
        helper.make_node("Conv", ["x", "conv1.weight"], ["z"]),
        helper.make_node("Constant", [], ["n"], **value),
        helper.make_node("BatchNormalization", ["z", "n", "n", "n", "n"], ["b"]),
    ])  # fmt: skip
    (tmp_path / "in.onnx").write_bytes(model.SerializeToString())
    refused(tmp_path, "convert", tmp_path / "in.onnx", tmp_path / "out.safetensors")
    named = "--network", "resnet18.folded"
    assert "extra n 64" in refused(tmp_path, "convert", tmp_path / "in.onnx", tmp_path / "out.safetensors", *named)


def test_constants_of_our_own_files_are_no_weights(tmp_path: Path) -> None:
    """A normalisation without scale takes ones from a Constant."""
    net = spec("inception_v3.keras")
    weights = scrambled(net)
    export(net, weights, tmp_path / "in.onnx", check=False)
    assert any(node.op_type == "Constant" for node in onnx.load(tmp_path / "in.onnx").graph.node)
    found = tensors(tmp_path / "in.onnx").arrays
    assert not same_bits(weights, found).first
    assert len(found) == len(weights)


def test_scales_and_single_numbers_are_no_weights(tmp_path: Path) -> None:
    net, path = spec("lenet5_modern"), tmp_path / "in.onnx"
    weights = scrambled(net)
    model = onnx_model(path, weights | {"val_1": np.array(6, np.float32), "val_2": np.ones(4, np.float32)})
    model.graph.node.append(helper.make_node("Resize", ["x", "", "val_2"], ["z"]))
    path.write_bytes(model.SerializeToString())
    found = tensors(path)
    assert not same_bits(weights, found.arrays).first
    assert "left out: 2 shapes, indices or single numbers (val_1, val_2)" in found.notes


def split(
    path: Path, weights: dict[str, Array], spoil: Callable[[Any], Any] = lambda _: None, ending: str = ".data"
) -> Path:
    """A model whose weights are in the file beside it, that of "c1.bias" spoilt."""
    model = onnx_model(path, weights)
    with path.with_name(path.name + ending).open("wb") as file:
        for tensor in model.graph.initializer:
            entries = {"location": path.name + ending, "offset": str(file.tell()), "length": str(len(tensor.raw_data))}
            file.write(tensor.raw_data)
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            for key, value in entries.items():
                tensor.external_data.add(key=key, value=value)
    spoil(next(tensor for tensor in model.graph.initializer if tensor.name == "c1.bias"))
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("ending", ENDINGS)
def test_weights_beside_the_model_are_read_bit_by_bit(ending: str, tmp_path: Path) -> None:
    weights = scrambled(spec("lenet5_modern"))
    found = tensors(split(tmp_path / "in.onnx", weights, ending=ending)).arrays
    assert not same_bits(weights, found).first
    for name, array in found.items():
        there = numpy_helper.to_array(
            next(tensor for tensor in onnx.load(tmp_path / "in.onnx").graph.initializer if tensor.name == name)
        )
        assert there.tobytes() == array.tobytes()


def entry(key: str, value: str) -> Callable[[Any], None]:
    def spoil(tensor: Any) -> None:
        next(item for item in tensor.external_data if item.key == key).value = value

    return spoil


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (entry("location", "../in.onnx.data"), "keeps its data in '../in.onnx.data'; beside a model, only"),
        (entry("location", "/etc/passwd"), "keeps its data in '/etc/passwd'; beside a model, only"),
        (entry("location", ""), "keeps its data in ''"),
        (entry("location", "in.onnx_data"), "which is not there, or is a link"),
        (entry("offset", "-4"), "is not whole"),
        (entry("offset", "1000000"), "needs bytes 1000000 to 1000024 of in.onnx.data, which has"),
        (entry("offset", "9" * 5000), "no number for where its data begins"),
        (entry("offset", "here"), "no number for where its data begins"),
        (entry("length", "20"), "needs 24 bytes, it has 20"),
        (lambda tensor: tensor.dims.__setitem__(0, 1 << 60), "is not whole"),
        (lambda tensor: tensor.dims.__setitem__(0, -1), "has the shape [-1]"),
        (lambda tensor: tensor.__setattr__("raw_data", bytes(24)), "has data in the model, too"),
        (lambda tensor: tensor.__setattr__("data_type", 16), "is bfloat16"),
    ],
)
def test_a_model_does_not_choose_what_is_read(spoil: Callable[[Any], Any], complaint: str, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    path = split(tmp_path / "here" / "in.onnx", scrambled(spec("lenet5_modern")), spoil)
    assert complaint in refused(tmp_path, "convert", path, tmp_path / "out.pth")


def test_data_that_is_a_link_or_cut_short_is_refused(tmp_path: Path) -> None:
    path = split(tmp_path / "in.onnx", scrambled(spec("lenet5_modern")))
    data = path.with_name("in.onnx.data")
    data.write_bytes(data.read_bytes()[:-4])
    assert "is not whole: it needs bytes" in refused(tmp_path, "convert", path, tmp_path / "out.pth")
    data.rename(tmp_path / "elsewhere")
    data.symlink_to(tmp_path / "elsewhere")
    assert "is a link; copy it" in refused(tmp_path, "convert", path, tmp_path / "out.pth")


def test_weights_that_claim_one_stretch_many_times_are_refused(tmp_path: Path) -> None:
    model = onnx_model(tmp_path / "in.onnx", {f"w{index}": np.zeros(1, np.float32) for index in range(40)})
    (tmp_path / "in.onnx.data").write_bytes(bytes(1 << 20))
    for tensor in model.graph.initializer:
        tensor.ClearField("raw_data")
        tensor.dims[:] = [1 << 18]
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="in.onnx.data")
    (tmp_path / "in.onnx").write_bytes(model.SerializeToString())
    assert "brings what the file claims to" in refused(tmp_path, "convert", tmp_path / "in.onnx", tmp_path / "out.pth")


def test_a_batch_sees_that_the_data_beside_a_model_changed(tmp_path: Path) -> None:
    weights, place = scrambled(spec("lenet5_modern")), tmp_path / "in"
    place.mkdir()
    path = split(place / "in.onnx", weights)
    words = ["convert", str(place), str(tmp_path / "out"), "--no-check", "--suffix", ".safetensors"]
    before = digest(path)
    assert "1 converted" in CliRunner().invoke(app, words).stdout
    assert "1 kept from an earlier run" in CliRunner().invoke(app, words).stdout
    data = path.with_name("in.onnx.data")
    data.write_bytes(data.read_bytes()[4:] + data.read_bytes()[:4])
    assert digest(path) != before
    assert "1 converted" in CliRunner().invoke(app, words).stdout
    assert not same_bits(tensors(path).arrays, tensors(tmp_path / "out" / "in.safetensors").arrays).first
