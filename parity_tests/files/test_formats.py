"""Formats of other libraries: the arrays come out bit for bit, under the names of their layers."""

from __future__ import annotations

import json
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from foreign import LAYERS, bundle, frozen, keras_layers, keras_model, legacy, masked_crc, numbers, onnx_model
from refusal import NET, arrays
from safetensors.numpy import load_file
from stored import layers, tensors

from diptych import convert
from diptych.common.errors import FileError
from diptych.common.registry import spec
from diptych.common.spec import Array
from diptych.common.weights import scrambled
from diptych.files import format_of, read, write
from diptych.files.checkpoint import Checkpoint, counters
from diptych.files.layers import Layers

FLAT = {f"net/{layer}/{kind}": array for layer, kinds in LAYERS.items() for kind, array in kinds.items()}


def differing(got: Mapping[str, Array], wanted: Mapping[str, Array]) -> list[str]:
    """Names that only one side has, or whose dtype, shape or bits differ."""

    def bits(array: Array) -> tuple[Any, ...]:
        return array.dtype, array.shape, array.tobytes()

    both = got.keys() & wanted.keys()
    return sorted(got.keys() ^ wanted.keys()) + [name for name in both if bits(got[name]) != bits(wanted[name])]


def differing_layers(found: Checkpoint, wanted: Mapping[str, list[Array]]) -> list[str]:
    """Layers that only one side has, and their variables, "layer.index", that are not the same."""

    def flat(layers: Mapping[str, list[Array]]) -> dict[str, Array]:
        return {f"{name}.{index}": array for name, arrays in layers.items() for index, array in enumerate(arrays)}

    assert isinstance(found, Layers)
    return sorted(found.layers.keys() ^ wanted.keys()) + differing(flat(found.layers), flat(wanted))


def in_order(prefix: str = "net/") -> dict[str, list[Array]]:
    return {f"{prefix}{layer}": list(kinds.values()) for layer, kinds in LAYERS.items()}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_npz_files_keep_bits_network_and_counters(tmp_path: Path, dtype: str) -> None:
    net = spec("resnet18", num_classes=3)
    weights = {name: array.astype(dtype) for name, array in scrambled(net).items()}
    write(tmp_path / "w.npz", net, weights, {"bn1.num_batches_tracked": 12})
    found = tensors(tmp_path / "w.npz")
    assert not differing(found.arrays, weights)
    assert (found.stated.network, found.stated.options) == ("resnet18", {"num_classes": 3})
    assert found.extras == dict.fromkeys(counters(net), 0) | {"bn1.num_batches_tracked": 12}
    with np.load(tmp_path / "w.npz") as theirs:
        assert theirs["bn1.num_batches_tracked"].dtype == np.int64
        assert theirs["conv1.weight"].tobytes() == weights["conv1.weight"].tobytes()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_files_of_numpy_are_read(tmp_path: Path, save: Callable[..., None]) -> None:
    wanted = {"a/b.weight": np.asfortranarray(numbers(3, 4)), "c": numbers(2, dtype=">f8"), "d": numbers(0, 3)}
    save(tmp_path / "w.npz", **wanted)
    assert not differing(tensors(tmp_path / "w.npz").arrays, wanted | {"c": numbers(2, dtype=np.float64)})


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_each_version_of_numpys_arrays_is_read(tmp_path: Path, version: tuple[int, int]) -> None:
    path, array = tmp_path / "a.npz", np.arange(6, dtype=np.float32).reshape(2, 3)
    with zipfile.ZipFile(path, "w") as archive, archive.open("w.npy", "w") as member:
        np.lib.format.write_array(member, array, version=version)
    np.testing.assert_array_equal(tensors(path).arrays["w"], array)


def test_safetensors_without_a_text_beside_them_may_say_null(tmp_path: Path) -> None:
    path, header = (
        tmp_path / "a.safetensors",
        b'{"__metadata__":null,"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
    )
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", 0.5))
    assert tensors(path).arrays["w"] == load_file(path)["w"] == np.float32(0.5)


def test_convert_writes_npz_and_reads_it_back(tmp_path: Path) -> None:
    write(tmp_path / "in.safetensors", NET, arrays(), {})
    assert convert(tmp_path / "in.safetensors", tmp_path / "out.npz").bitwise
    assert convert(tmp_path / "out.npz", tmp_path / "back.safetensors").network == NET.name
    assert not differing(tensors(tmp_path / "back.safetensors").arrays, arrays())


@pytest.mark.parametrize("name", ["a.weights.h5", "a.keras", "a.h5", "b.hdf5"])
def test_nested_keras_models_are_read_as_paths(tmp_path: Path, name: str) -> None:
    model = keras_model()
    model.save_weights(tmp_path / "a.weights.h5") if name == "a.weights.h5" else model.save(tmp_path / name)
    found = read(tmp_path / name)
    assert not differing_layers(found, keras_layers(model))
    assert found.title == "outer"
    if name != "a.weights.h5":
        assert found.config is not None
        assert [found.config[key]["class_name"] for key in ("inner", "inner/deep/conv")] == ["Functional", "Conv2D"]


def test_weights_of_keras_3_under_a_plain_suffix_are_read(tmp_path: Path) -> None:
    model = keras_model()
    model.save_weights(tmp_path / "a.weights.h5")
    (tmp_path / "a.weights.h5").rename(tmp_path / "a.h5")
    assert not differing_layers(read(tmp_path / "a.h5"), keras_layers(model))


def test_a_layer_inside_a_wrapper_is_read_as_a_path(tmp_path: Path) -> None:
    import keras

    wrapped = keras.layers.TimeDistributed(keras.layers.Dense(2, name="inside"), name="wrapper")
    model = keras.Sequential([keras.Input((4, 3)), wrapped])
    model.save(tmp_path / "a.keras")
    found = read(tmp_path / "a.keras")
    assert not differing_layers(found, {"wrapper/inside": wrapped.get_weights()})
    assert found.config is not None
    assert found.config["wrapper/inside"]["class_name"] == "Dense"


def keras_2(scope: str) -> dict[str, dict[str, Array]]:
    """A model that Keras 2 saved: an inner model, a flat layer renamed by TensorFlow, and Normalization's count."""
    first, *rest = ((f"{scope}{layer}/{kind}:0", array) for layer in LAYERS for kind, array in LAYERS[layer].items())
    return {
        "input_1": {},
        "inner": dict([*rest[:3], first, *rest[3:]]),
        "fc": {"fc_1/kernel:0": numbers(4, 2), "fc_1/bias:0": numbers(2)},
        "norm": {"mean:0": numbers(3), "variance:0": numbers(3), "count:0": np.array(7, np.int64)},
    }


@pytest.mark.parametrize("scope", ["", "inner/"])
@pytest.mark.parametrize("chunks", [0, 2])
@pytest.mark.parametrize("name", ["w.h5", "w.hdf5", "w.weights.h5"])
def test_weights_of_keras_2_are_read(tmp_path: Path, scope: str, chunks: int, name: str) -> None:
    found = read(legacy(tmp_path / name, keras_2(scope), chunks=chunks))
    conv1 = LAYERS["conv1"]
    wanted = {
        "inner/conv1": [conv1["bias"], conv1["kernel"]],  # the order of weight_names, which is turned here
        "inner/bn1": list(LAYERS["bn1"].values()),
        "fc": [numbers(4, 2), numbers(2)],
        "norm": [numbers(3), numbers(3)],
    }
    assert not differing_layers(found, wanted)
    assert (found.config, found.title, found.notes) == (None, "", ())


@pytest.mark.parametrize("old", [False, True])
def test_a_whole_model_of_keras_2_says_its_layers(tmp_path: Path, old: bool) -> None:
    """Keras 2 names the weights of an inner layer after it alone; before 2.2.3 a Sequential is a bare list."""
    conv = {"class_name": "Conv2D", "config": {"name": "conv1"}}
    deep: dict[str, Any] = {"class_name": "Sequential", "config": {"name": "deep", "layers": [conv]}}
    if old:
        deep = {"class_name": "Sequential", "name": "deep", "config": [conv]}
    inner = {"class_name": "Model", "config": {"name": "inner", "layers": [deep]}}
    whole = json.dumps({"class_name": "Model", "config": {"name": "mine", "layers": [inner]}})
    groups = {"inner": {f"conv1/{kind}:0": array for kind, array in LAYERS["conv1"].items()}}
    found = read(legacy(tmp_path / "w.h5", groups, whole=whole))
    assert not differing_layers(found, {"inner/deep/conv1": list(LAYERS["conv1"].values())})
    assert found.config == {"inner": inner, "inner/deep": deep, "inner/deep/conv1": conv}
    assert (found.title, found.notes) == ("mine", ("left out: optimizer_weights",))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8"])
def test_onnx_initialisers_are_read_by_name(tmp_path: Path, dtype: str) -> None:
    wanted = {"conv.weight": numbers(2, 3, 1, 1, dtype=dtype), "conv.bias": numbers(2, dtype=dtype)}
    more = {"bn.num_batches_tracked": np.array(5, np.int64), "axis": np.array(1, np.int64), "to": np.array([1, -1])}
    onnx_model(tmp_path / "w.onnx", wanted | more)
    found = tensors(tmp_path / "w.onnx")
    assert not differing(found.arrays, wanted)
    assert found.extras == {"bn.num_batches_tracked": 5}
    assert found.notes[0] == "the model was written by handmade 1.2"
    assert "left out: 2 shapes, indices or single numbers (axis, to)" in found.notes


def test_numbers_in_the_lists_of_onnx_are_read(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    model = onnx_model(tmp_path / "w.onnx", {"a": numbers(1)})
    for kind in (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE):
        model.graph.initializer.append(helper.make_tensor(f"w{kind}", kind, [2, 2], [0.5, -1.0, 2.0, 4.0]))
    (tmp_path / "w.onnx").write_bytes(model.SerializeToString())
    kinds = {"w1": np.float32, "w10": np.float16, "w11": np.float64}
    wanted = {"a": numbers(1)} | {name: np.array([[0.5, -1], [2, 4]], kind) for name, kind in kinds.items()}
    assert not differing(tensors(tmp_path / "w.onnx").arrays, wanted)


@pytest.mark.parametrize("suffix", ["", "/read", "/ReadVariableOp/resource"])
def test_frozen_graphs_give_their_named_constants(tmp_path: Path, suffix: str) -> None:
    turned = dict(reversed(FLAT.items()))
    last = {"final/weights/final_weights": numbers(4, 2), "final/biases/final_biases": np.zeros(2, np.float32)}
    frozen(tmp_path / "w.pb", turned | last | {"net/add/y": numbers(1), "table": numbers(2, 2)}, suffix)
    found = read(tmp_path / "w.pb")
    assert not differing_layers(found, in_order() | {"final": list(last.values())})
    assert any("left out: table" in note for note in found.notes)


@pytest.mark.parametrize("name", ["c.ckpt", "c.ckpt.index", "c.ckpt.data-00000-of-00001"])
def test_checkpoints_of_objects_are_read_by_full_names(tmp_path: Path, name: str) -> None:
    import tensorflow as tf

    variables = [tf.Variable(array, name=full) for full, array in reversed(FLAT.items())]
    half = tf.Variable(tf.ones(4), name="adam/conv_momentum")
    state = tf.train.Checkpoint(_variables=[half])
    tf.train.Checkpoint(v=variables, opt=state, step=tf.Variable(3), b=tf.Variable(numbers(2))).write(
        str(tmp_path / "c.ckpt")
    )
    found = read(tmp_path / name)
    assert not differing_layers(found, in_order() | {"b": [numbers(2)]})
    assert found.notes == ("left out: adam/conv_momentum, step",)


def test_checkpoints_of_names_are_read_without_slots(tmp_path: Path) -> None:
    import tensorflow as tf

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variables = [tf.compat.v1.Variable(array, name=name) for name, array in FLAT.items()]
        loss = tf.add_n([tf.reduce_sum(variable) for variable in variables])
        tf.compat.v1.train.AdamOptimizer().minimize(loss)
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver().save(session, str(tmp_path / "model.ckpt-10"))
    found = read(tmp_path / "model.ckpt-10")
    assert not differing_layers(found, in_order())
    assert "beta1_power" in found.notes[0]


def test_a_saved_model_is_read_from_its_folder(tmp_path: Path) -> None:
    model = keras_model()
    model.export(tmp_path / "saved", verbose=False)
    wanted = {name.removeprefix("inner/"): arrays for name, arrays in keras_layers(model).items()}
    for path in (tmp_path / "saved", tmp_path / "saved" / "saved_model.pb"):
        found = layers(path)
        inner = {name.removeprefix("inner/"): arrays for name, arrays in found.layers.items()}
        assert not differing_layers(Layers(path, "", inner), wanted)


def test_a_checkpoint_by_hand_is_read(tmp_path: Path) -> None:
    """So that the ones of test_bad_formats are refused for what they say, and not for how they are made."""
    found = read(bundle(tmp_path / "c", [2, 2], 16, crc32c=masked_crc(b"\0\0\x80?" * 4)))
    assert not differing_layers(found, {"net": [np.ones((2, 2), np.float32)]})


@pytest.mark.parametrize("suffix", [".bin", ".ckpt", ".tar", ".pth.tar"])
def test_torch_content_under_other_suffixes_is_read(tmp_path: Path, suffix: str) -> None:
    import torch

    torch.save({"state_dict": {"a": torch.ones(2)}}, tmp_path / f"w{suffix}")
    assert not differing(tensors(tmp_path / f"w{suffix}").arrays, {"a": np.ones(2, np.float32)})
    with pytest.raises(FileError, match=r"does not write it; the formats to write are .*, \.safetensors, "):
        format_of(tmp_path / f"w{suffix}")


def test_a_plain_tar_is_no_torch_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    with tarfile.open(tmp_path / "w.tar", "w") as archive:
        archive.add(tmp_path / "a.txt", "a.txt")
    with pytest.raises(FileError, match="holds tar content"):
        read(tmp_path / "w.tar")


ONE, TWO = ({"a": np.full(2, value, np.float32)} for value in (1, 2))


@pytest.mark.parametrize(
    ("wrapped", "note"),
    [
        ({"ema": ONE}, "the weights are under 'ema'"),
        ({"network": ONE, "params_ema": TWO, "step": 3}, "averaged weights, under 'params_ema', were left out"),
        ({"model": {"state_dict": {"module": ONE}}, "state_dict_ema": TWO}, "the weights are under 'module'"),
        ({"weights": ONE, "params": {"rate": 0.1}}, "the weights are under 'weights'; left out: params"),
    ],
)
def test_wrapped_state_dicts_are_opened(tmp_path: Path, wrapped: dict[str, Any], note: str) -> None:
    import torch

    def as_torch(value: Any) -> Any:
        made = torch.tensor(value) if isinstance(value, np.ndarray) else value
        return {key: as_torch(item) for key, item in value.items()} if isinstance(value, dict) else made

    torch.save(as_torch(wrapped), tmp_path / "w.pth")
    found = tensors(tmp_path / "w.pth")
    assert not differing(found.arrays, ONE)
    assert note in found.notes
