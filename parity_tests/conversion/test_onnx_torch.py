"""What PyTorch's own exporter makes of a built module: the same function, and a file that diptych reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from foreign import onnx_model
from onnx.reference import ReferenceEvaluator
from refusal import refused
from selection import some
from stored import tensors

import diptych
from diptych import build, spec
from diptych.checking.images import random_images
from diptych.common import reference
from diptych.common.compare import difference, same_bits
from diptych.common.spec import Array, Net
from diptych.common.weights import scrambled
from diptych.deployment.export import export
from diptych.onnx_impl.runtimes import run

NARROW = 1e-5
NETS: dict[str, dict[str, Any]] = {
    "lenet5_modern": {},
    "squeezenet1_1": {"num_classes": 10, "input_size": (64, 48)},
    "resnet18": {"num_classes": 10, "input_size": (64, 48)},
}
# torch.export asks its own pytrees in a way that it has deprecated, and nothing here can change it.
pytestmark = pytest.mark.filterwarnings("ignore:`isinstance.treespec, LeafSpec.` is deprecated:FutureWarning")


def exported(path: Path, net: Net, optimize: bool = False) -> tuple[dict[str, Array], Array]:
    """The weights and the images of a module that torch.onnx.export has written with a free batch."""
    weights, x = scrambled(net), random_images(net, 2, np.random.default_rng(0)).astype(np.float32)
    torch.onnx.export(
        build(net, "torch", weights=weights).eval(),
        (torch.tensor(x),),
        path,
        dynamo=True,
        optimize=optimize,
        external_data=False,
        input_names=["input"],
        output_names=["output"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        verbose=False,
    )
    return weights, x


def distance(net: Net, weights: dict[str, Array], x: Array, found: Any) -> float:
    values = reference.run(net, weights, x.astype(np.float64))
    return difference(np.asarray(found, np.float64), values[net.nodes[net.outputs[0]].path])[0]


def session(path: Path) -> Any:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("name", some(NETS, "lenet5_modern", "squeezenet1_1"))
def test_torchs_exporter_gives_the_same_function_and_the_same_names(name: str, tmp_path: Path) -> None:
    net, path = spec(name, **NETS[name]), tmp_path / "torch.onnx"
    weights, x = exported(path, net)
    (theirs,) = session(path).run(["output"], {"input": x})
    assert distance(net, weights, x, theirs) < NARROW
    assert distance(net, weights, x[:1], session(path).run(["output"], {"input": x[:1]})[0]) < NARROW
    found: Any = ReferenceEvaluator(str(path)).run(["output"], {"input": x})
    assert distance(net, weights, x, found[0]) < NARROW
    export(net, weights, tmp_path / "ours.onnx", check=False)
    ours = run(tmp_path / "ours.onnx", [net.nodes[net.outputs[0]].path], x)
    assert not isinstance(ours, str)
    assert difference(ours[0], theirs)[0] < NARROW

    assert sorted(tensor.name for tensor in onnx.load(path).graph.initializer) == sorted(net.weights)
    assert not same_bits(weights, tensors(path).arrays).first
    assert name in diptych.identify(path).names
    done = diptych.convert(path, tmp_path / "back.safetensors", check=None)
    assert done.network == name
    assert done.notes[0].startswith("the model was written by pytorch")
    assert not same_bits(weights, tensors(tmp_path / "back.safetensors").arrays).first


@pytest.mark.slow
def test_what_the_exporter_folds_by_default_is_refused_by_convert(tmp_path: Path) -> None:
    """With optimize=True, the default, batch normalisation is folded into the convolutions: its weights are gone."""
    net, path = spec("resnet18", num_classes=10, input_size=(64, 48)), tmp_path / "folded.onnx"
    weights, x = exported(path, net, optimize=True)
    assert distance(net, weights, x, session(path).run(["output"], {"input": x})[0]) < NARROW
    left = tensors(path).arrays
    assert not any(name.startswith("bn1.") for name in left)
    assert difference(left["conv1.weight"], weights["conv1.weight"])[0] > 1e-2
    error = refused(tmp_path, "convert", path, tmp_path / "out.safetensors", "--network", "resnet18")
    assert "weights do not fit resnet18, num_classes=10: missing bn1.weight 64" in error


def test_the_default_is_read_where_there_is_nothing_to_fold(tmp_path: Path) -> None:
    net = spec("lenet5_modern")
    weights, _ = exported(tmp_path / "torch.onnx", net, optimize=True)
    diptych.convert(tmp_path / "torch.onnx", tmp_path / "back.safetensors", check=None)
    assert not same_bits(weights, tensors(tmp_path / "back.safetensors").arrays).first


TF2ONNX = {
    "c1_1/convolution/ReadVariableOp:0": "c1.weight",
    "c1_1/Squeeze:0": "c1.bias",
    "c3_1/convolution/ReadVariableOp:0": "c3.weight",
    "c3_1/Squeeze:0": "c3.bias",
    "c5_1/Cast/ReadVariableOp:0": "c5.weight",
    "c5_1/BiasAdd/ReadVariableOp:0": "c5.bias",
}
"""What tf2onnx 1.17 calls the weights of a Keras model: operations of TensorFlow's graph, in which BN is folded."""


def test_a_file_of_tf2onnx_is_refused_in_one_line(tmp_path: Path) -> None:
    weights = scrambled(spec("lenet5_modern"))
    onnx_model(tmp_path / "tf.onnx", {f"lenet5_modern_1/{name}": weights[ours] for name, ours in TF2ONNX.items()})
    error = refused(
        tmp_path, "convert", tmp_path / "tf.onnx", tmp_path / "out.safetensors", "--network", "lenet5_modern"
    )
    assert "weights do not fit lenet5_modern: missing c1.weight 6x1x5x5" in error
