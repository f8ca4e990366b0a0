"""Ports of Darknet's detectors to Keras: the graph says which layer is which, and any other step is refused."""

from __future__ import annotations

import copy
import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

import diptych
from diptych import backends
from diptych.common.compare import difference
from diptych.common.dialect import dialect
from diptych.common.dialects.darknet_keras import UNITS
from diptych.common.registry import spec, traced
from diptych.common.weights import init
from diptych.conversion import keras_graph
from diptych.tf_impl.slots import slots_of

SIZE = (64, 96)


@pytest.mark.parametrize("name", UNITS)
def test_the_numbers_are_darknets_order(name: str) -> None:
    net, found = traced(name, {}), dialect("darknet-keras", name)
    for kind, theirs in (("conv", "conv2d"), ("batch_norm", "batch_normalization")):
        paths = [node.path for node in net.nodes if node.kind == kind]
        assert [found.theirs(path) for path in paths] == [f"{theirs}_{n}" if n else theirs for n in range(len(paths))]


def tiny(fine_first: bool, mode: str = "nearest", slope: float = 0.1, size: Any = SIZE, swapped: bool = False) -> Any:
    """YOLOv3-tiny with two classes in Keras's layers; with `fine_first` those of the finer level are made first."""
    import keras
    from keras import layers

    keras.backend.clear_session()

    def unit(channels: int, kernel: int) -> Callable[[Any], Any]:
        parts = [layers.Conv2D(channels, kernel, padding="same", use_bias=False), layers.BatchNormalization()]
        parts.append(layers.LeakyReLU(negative_slope=slope))
        return lambda x: parts[2](parts[1](parts[0](x)))

    body = [unit(channels, 3) for channels in (16, 32, 64, 128, 256, 512, 1024)]
    narrow = unit(256, 1) if not fine_first else None
    fine = (unit(128, 1), unit(256, 3), layers.Conv2D(21, 1)) if fine_first else None
    narrow = narrow or unit(256, 1)
    coarse = unit(512, 3), layers.Conv2D(21, 1)
    fine = fine or (unit(128, 1), unit(256, 3), layers.Conv2D(21, 1))
    image = x = c4 = layers.Input((*size, 3))
    for number, make in enumerate(body):
        x = make(x)
        c4 = x if number == 4 else c4
        if number < 6:
            x = layers.MaxPooling2D(2, 1 if number == 5 else 2, padding="same")(x)
    p5 = narrow(x)
    up = layers.UpSampling2D(2, interpolation=mode)(fine[0](p5))
    joined = layers.Concatenate()([c4, up] if swapped else [up, c4])
    return keras.Model(image, [coarse[1](coarse[0](p5)), fine[2](fine[1](joined))])


def scrambled(model: Any) -> Any:
    """The model with numbers in all of its variables, variances above zero."""
    draw = np.random.default_rng(0)
    for variable in model.variables:
        scale = 0.5 / np.sqrt(np.prod(variable.shape[:-1])) if len(variable.shape) == 4 else 0.1
        value = draw.standard_normal(variable.shape) * scale
        variable.assign(np.abs(value) + 0.5 if "variance" in variable.path or "gamma" in variable.path else value)
    return model


@pytest.mark.parametrize(("suffix", "fine_first"), [(".keras", False), (".h5", True)])
@pytest.mark.filterwarnings("ignore:You are saving your model")
def test_a_port_is_its_own_function_whatever_the_order_of_its_layers(
    tmp_path: Path, suffix: str, fine_first: bool
) -> None:
    model = scrambled(tiny(fine_first, "bilinear" if fine_first else "nearest"))
    model.save(tmp_path / f"in{suffix}")
    images = np.random.default_rng(1).standard_normal((2, *SIZE, 3), dtype=np.float32)
    wanted = [np.moveaxis(np.asarray(level), 3, 1) for level in model(images, training=False)]
    done = diptych.convert(tmp_path / f"in{suffix}", tmp_path / "out.npz", check=None)
    options: dict[str, Any] = {"num_classes": 2, "input_size": SIZE, "eps": 1e-3}
    options |= {"upsampling": "bilinear"} if fine_first else {}
    assert (done.network, done.options, done.library) == ("yolov3_tiny", options, "darknet-keras")
    net = spec("yolov3_tiny", **options)
    torch_side = backends.get("torch")
    with np.load(tmp_path / "out.npz") as back:
        built = torch_side.build(net, {name: back[name] for name in net.weights}, "float32")
    ours = torch_side.outputs(built, net, np.moveaxis(images, 3, 1))
    assert max(difference(a, b)[0] for a, b in zip(ours, wanted, strict=True)) < 1e-5
    assert diptych.verify(tmp_path / "out.npz").passed


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"slope": 0.2}, r"leaky_re_lu.* \(leaky_relu\) has slope 0\.2\d*, expected 0\.1\d* \(backbone\.conv1"),
        ({"swapped": True}, r"no layer is join_p4\.concat \(concat of .*\); it has .*concatenate"),
        ({"mode": "bicubic"}, r"no layer is join_p4\.resize|has mode bicubic, expected nearest \(join_p4"),
    ],
)
def test_another_function_is_refused(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    tiny(False, **changes).save(tmp_path / "in.keras")
    assert not diptych.identify(tmp_path / "in.keras").matches
    with pytest.raises(diptych.DiptychError, match=rf"is not the function of yolov3_tiny: .*{complaint}"):
        diptych.convert(tmp_path / "in.keras", tmp_path / "out.pth", "yolov3_tiny")
    assert not (tmp_path / "out.pth").exists()


def test_another_function_is_read_as_a_model_of_its_own(tmp_path: Path) -> None:
    tiny(False, swapped=True).save(tmp_path / "in.keras")
    assert "no network is it" in str(diptych.convert(tmp_path / "in.keras", tmp_path / "out.pth", check=None))


def test_weights_without_a_graph_are_refused(tmp_path: Path) -> None:
    """Their names are those of the network, and their shapes, too."""
    net, found = spec("yolov3_tiny", num_classes=2), dialect("darknet-keras", "yolov3_tiny")
    write_keras2(tmp_path / "in.h5", net, found, None)
    with pytest.raises(diptych.DiptychError, match=r"states no layers.*save the whole model"):
        diptych.convert(tmp_path / "in.h5", tmp_path / "out.pth")


def write_keras2(path: Path, net: Any, found: Any, config: dict[str, Any] | None) -> dict[str, np.ndarray]:
    """A file as Keras 2 wrote it, of initial weights; gives the arrays by layer and variable."""
    weights, wrote = init(net), dict[str, np.ndarray]()
    with h5py.File(path, "w") as file:
        if config is not None:
            file.attrs["model_config"] = json.dumps(config)
        root = file.create_group("model_weights") if config is not None else file
        root.attrs["backend"], names = "tensorflow", []
        from diptych.common.layouts import to_framework

        for layer, slots in slots_of(net).items():
            there = found.theirs(layer)
            group = root.create_group(there)
            names.append(there.encode())
            parts = []
            for index, (name, weight, axes) in enumerate(slots):
                array = np.ascontiguousarray(to_framework(weights[name], weight, axes))
                group[f"{there}/{index}:0"] = array
                parts.append(f"{there}/{index}:0".encode())
                wrote[name] = weights[name]
            group.attrs["weight_names"] = parts
        root.attrs["layer_names"] = names
    return wrote


def functional() -> dict[str, Any]:
    """The config of a YOLOv4-tiny as Keras 2 writes one, with TensorFlow's functions between the layers."""
    layers: list[dict[str, Any]] = []
    counts: dict[str, int] = {}

    def add(kind: str, base: str, config: dict[str, Any], inbound: Any) -> str:
        number = counts.setdefault(base, 0)
        counts[base] += 1
        name = f"{base}_{number}" if number else base
        layers.append({"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": inbound})
        return name

    def one(name: str, index: int = 0, **more: Any) -> Any:
        return [name, 0, index, more]

    def call(function: str, *inputs: Any, **more: Any) -> str:
        inbound = [[one(*item, **more) for item in inputs]] if len(inputs) > 1 else [one(*inputs[0], **more)]
        return add("TFOpLambda", f"tf.{function}", {"function": function}, inbound)

    def conv(x: tuple[str, int], channels: int, kernel: int, stride: int = 1, bias: bool = False) -> str:
        if stride == 2:
            x = (add("ZeroPadding2D", "zero_padding2d", {"padding": [[1, 0], [1, 0]]}, [[one(*x)]]), 0)
        config = {"filters": channels, "kernel_size": [kernel] * 2, "strides": [stride] * 2, "dilation_rate": [1, 1]}
        config |= {"padding": "valid" if stride == 2 else "same", "activation": "linear", "use_bias": bias}
        return add("Conv2D", "conv2d", config, [[one(*x)]])

    def unit(x: str, channels: int, kernel: int, stride: int = 1, index: int = 0) -> str:
        x = conv((x, index), channels, kernel, stride)
        x = add("BatchNormalization", "batch_normalization", {"axis": [3], "epsilon": 0.001}, [[one(x)]])
        return call("nn.leaky_relu", (x,), alpha=0.1)

    x = add("InputLayer", "input", {"batch_input_shape": [None, *SIZE, 3]}, [])
    x = unit(unit(x, 32, 3, 2), 64, 3, 2)
    for channels in (64, 128, 256):
        around = unit(x, channels, 3)
        half = call("split", (around,), num_or_size_splits=2, axis=-1)
        y = unit(half, channels // 2, 3, index=1)
        z = unit(y, channels // 2, 3)
        c4 = unit(call("concat", (z,), (y,), axis=-1), channels, 1)
        joined = call("concat", (around,), (c4,), axis=-1)
        pool = {"pool_size": [2, 2], "strides": [2, 2], "padding": "same"}
        x = add("MaxPooling2D", "max_pooling2d", pool, [[one(joined)]])
    p5 = unit(unit(x, 512, 3), 256, 1)
    conv((unit(p5, 512, 3), 0), 18, 1, bias=True)
    up = call("image.resize", (unit(p5, 128, 1),), size=[SIZE[0] // 16, SIZE[1] // 16], method="bilinear")
    conv((unit(call("concat", (up,), (c4,), axis=-1), 256, 3), 0), 18, 1, bias=True)
    call("math.exp", ("conv2d_17",))
    return {"class_name": "Functional", "config": {"name": "model", "layers": layers}}


def test_a_model_of_keras_2_with_functions_between_its_layers(tmp_path: Path) -> None:
    net = spec("yolov4_tiny", num_classes=1, eps=1e-3, upsampling="bilinear", input_size=SIZE)
    wrote = write_keras2(tmp_path / "in.h5", net, dialect("darknet-keras", "yolov4_tiny"), functional())
    done = diptych.convert(tmp_path / "in.h5", tmp_path / "out.npz", check=None)
    assert dict(done.options) == {"num_classes": 1, "input_size": SIZE, "eps": 1e-3, "upsampling": "bilinear"}
    assert "yolov4_tiny itself has eps=1e-05, upsampling=nearest: with the file's it is another function" in str(done)
    with np.load(tmp_path / "out.npz") as back:
        assert all(back[name].tobytes() == array.tobytes() for name, array in wrote.items())


Entries = dict[str, dict[str, Any]]


def entries() -> Entries:
    return {layer["name"]: layer for layer in copy.deepcopy(functional())["config"]["layers"]}


def faults() -> Iterator[tuple[str, Callable[[Entries], Any]]]:
    """One step each that makes another function of the whole."""
    yield "first half for second", lambda e: e["conv2d_3"]["inbound_nodes"][0][0].__setitem__(2, 0)
    yield "order", lambda e: e["tf.concat"]["inbound_nodes"][0].reverse()
    yield "slope", lambda e: e["tf.nn.leaky_relu_7"]["inbound_nodes"][0][3].update(alpha=0.2)
    yield "one epsilon", lambda e: e["batch_normalization_9"]["config"].update(epsilon=1e-5)
    yield "pads after", lambda e: e["zero_padding2d"]["config"].update(padding=[[0, 1], [0, 1]])
    yield (
        "same pads at a stride",
        lambda e: (
            e["conv2d_1"]["config"].update(padding="same"),
            e["conv2d_1"].update(inbound_nodes=[[["tf.nn.leaky_relu", 0, 0, {}]]]),
        ),
    )
    yield "stride", lambda e: e["conv2d_4"]["config"].update(dilation_rate=[2, 2])
    yield "pool", lambda e: e["max_pooling2d_1"]["config"].update(pool_size=[3, 3])
    yield (
        "tap",
        lambda e: e["tf.concat_6"]["inbound_nodes"][0].__setitem__(1, ["tf.nn.leaky_relu_10", 0, 0, {"axis": -1}]),
    )
    yield "axis", lambda e: [item[3].update(axis=1) for item in e["tf.concat_3"]["inbound_nodes"][0]]
    yield "activation", lambda e: e["conv2d_8"]["config"].update(activation="relu")
    yield "no scale", lambda e: e["batch_normalization_4"]["config"].update(scale=False)
    yield "somebody's class", lambda e: e["batch_normalization_4"].update(module="somebody.layers")
    yield "called twice", lambda e: e["conv2d_5"]["inbound_nodes"].append([["tf.concat", 0, 0, {}]])
    yield "wired in a ring", lambda e: e["conv2d"].update(inbound_nodes=[[["conv2d_20", 0, 0, {}]]])
    yield "a layer that is not there", lambda e: e.pop("tf.split_2")
    yield "no numbers", lambda e: e["conv2d_2"]["config"].update(strides=None)


@pytest.mark.parametrize(("what", "change"), list(faults()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_planted_fault_is_found(what: str, change: Callable[[Entries], Any]) -> None:
    net = traced("yolov4_tiny", {"eps": 1e-3, "upsampling": "bilinear", "input_size": SIZE})
    good, bad = entries(), entries()
    assert len(keras_graph.align(good, net)[0]) == len(net.nodes)
    change(bad)
    names, wires = keras_graph.align(bad, net)
    assert not names
    assert wires


def test_two_layers_for_one_node_are_refused() -> None:
    """Two ways compute the same steps, with weights that differ: the network has one."""
    net = traced("yolov4_tiny", {"eps": 1e-3, "upsampling": "bilinear", "input_size": SIZE})
    found = entries()
    for name in ("conv2d_15", "batch_normalization_15", "tf.nn.leaky_relu_15"):
        twin = copy.deepcopy(found[name])
        twin["name"] = twin["config"]["name"] = f"{name}_twin"
        found[twin["name"]] = twin
    found["batch_normalization_15_twin"]["inbound_nodes"] = [[["conv2d_15_twin", 0, 0, {}]]]
    found["tf.nn.leaky_relu_15_twin"]["inbound_nodes"] = [["batch_normalization_15_twin", 0, 0, {"alpha": 0.1}]]
    found["conv2d_18"]["inbound_nodes"] = [[["tf.nn.leaky_relu_15_twin", 0, 0, {}]]]
    names, wires = keras_graph.align(found, net)
    assert not names
    assert "stands where another layer does that is conv_p5" in wires[0]


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("napari_apple") is None, reason="napari-apple 0.0.8 is not installed")
def test_the_real_file_of_napari_apple_comes_back_bit_for_bit(tmp_path: Path) -> None:
    """YOLOv4-tiny of one class at 960 x 960: every array of the HDF5 file stands in the result, in torch's axes."""
    home = importlib.util.find_spec("napari_apple")
    assert home is not None
    assert home.origin is not None
    source = Path(home.origin).parent / "weight-darknet" / "yolov4-tiny-960.h5"
    done = diptych.convert(source, tmp_path / "out.pth")
    assert dict(done.options) == {"num_classes": 1, "input_size": (960, 960), "eps": 1e-3, "upsampling": "bilinear"}
    found, seen = torch.load(tmp_path / "out.pth", weights_only=True), 0
    names = {"kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}
    names |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
    numbers = dialect("darknet-keras", "yolov4_tiny")  # this port makes its layers in Darknet's order
    with h5py.File(source) as file:
        for layer, group in file["model_weights"].items():
            for variable in group.attrs["weight_names"]:
                array = group[variable][()]
                array = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array
                name = f"{numbers.ours(layer)}.{names[str(variable).rpartition('/')[2].partition(':')[0]]}"
                assert found[name].numpy().tobytes() == array.tobytes()
                seen += 1
    assert seen == done.matched == 99
