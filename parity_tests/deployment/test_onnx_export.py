"""Export to ONNX: every bit under its name, and one model for all sizes where that is exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from own_network import own_network
from selection import placed
from stored import tensors

import diptych
from diptych import DiptychError, networks, spec
from diptych.checking.images import random_images
from diptych.common import reference
from diptych.common.compare import difference, same_bits
from diptych.common.ops.conv import conv
from diptych.common.registry import network
from diptych.common.spec import Array, Net
from diptych.common.trace import trace
from diptych.common.weights import scrambled
from diptych.deployment.export import dynamic, export
from diptych.onnx_impl.runtimes import run

NARROW = 1e-5
SMALL: dict[str, dict[str, Any]] = {
    "lenet5_modern": {},
    "squeezenet1_1": {"num_classes": 10, "input_size": (64, 48)},
    "mobilenet_v1_025.keras": {"num_classes": 10, "in_channels": 4},
    "shufflenet_v2_x0_5": {"num_classes": 10},
    "mobilenet_v2": {"num_classes": 10},
}
FIXED = {
    "alexnet_original",
    "caffenet",
    "alexnet_ungrouped",
    "alexnet_torchvision",
    "googlenet_bvlc_aux",
    "googlenet_torchvision_bn_aux",
    "lenet5_1998",
    "lenet5_modern",
    "lenet_caffe",
    "vgg11_a",
    "vgg11_a_lrn",
    "vgg13_b",
    "vgg16_c",
    "vgg16_d",
    "vgg19_e",
    "vgg11_bn",
    "vgg13_bn",
    "vgg16_bn",
    "vgg19_bn",
    "zfnet_paper",
    "zfnet_cs231n",
    *(f"efficientdet_d{number}" for number in range(8)),  # a map is brought to the size of another
}
"""The networks whose weights, or whose windows, are those of one input size."""


def wide(net: Net) -> dict[str, Array]:
    """Weights that float32 does not hold."""
    return {name: array * np.float64(1 + 1e-12) for name, array in scrambled(net).items()}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SMALL)
def test_the_initialisers_are_the_weights_bit_for_bit_and_the_file_says_what_it_is(
    name: str, dtype: str, tmp_path: Path
) -> None:
    net = spec(name, **SMALL[name])
    weights = scrambled(net) if dtype == "float32" else wide(net)
    done = export(net, weights, tmp_path / "x.onnx", dtype=dtype)  # type: ignore[arg-type]
    assert done.difference is not None
    assert done.difference < (NARROW if dtype == "float32" else 1e-10)
    assert done.runner == ("ONNX Runtime" if dtype == "float32" else "onnx's reference evaluator")
    assert (done.network, done.dtype, done.dynamic) == (name, dtype, name not in FIXED)
    model = onnx.load(tmp_path / "x.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [tensor.name for tensor in model.graph.initializer] == list(net.weights)
    assert [value.name for value in model.graph.input] == ["input"]
    assert [value.name for value in model.graph.output] == [net.nodes[i].path for i in net.outputs]
    found = tensors(tmp_path / "x.onnx")
    assert not same_bits(weights, found.arrays).first
    assert (found.stated.network, found.stated.options) == (name, SMALL[name])


@pytest.mark.parametrize("name", SMALL)
def test_convert_needs_no_name_and_gives_the_same_bits(name: str, tmp_path: Path) -> None:
    net = spec(name, **SMALL[name])
    weights = scrambled(net)
    export(net, weights, tmp_path / "x.onnx", check=False)
    found = diptych.identify(tmp_path / "x.onnx")
    assert name in found.names
    done = diptych.convert(tmp_path / "x.onnx", tmp_path / "y.safetensors", check=None)
    assert (done.network, done.options) == (name, SMALL[name])
    assert not same_bits(weights, tensors(tmp_path / "y.safetensors").arrays).first
    with pytest.raises(DiptychError, match=r"num_classes=11"):
        diptych.convert(tmp_path / "x.onnx", tmp_path / "z.safetensors", check=None, num_classes=11)


SIZES: dict[str, tuple[tuple[int, int], ...]] = {
    "squeezenet1_1": ((64, 48), (65, 49), (47, 90), (66, 34)),  # pools that round up
    "mobilenet_v1_025.keras": ((64, 48), (65, 49), (66, 34), (33, 71)),  # zeros before the stride
    "mobilenet_v3_small.keras": ((64, 96), (65, 49), (66, 34), (50, 71)),  # SAME
    "shufflenet_v2_x0_5": ((64, 48), (65, 49), (47, 90), (66, 34)),
    "hrnet_w18_small_v1_cls": ((64, 96), (96, 32)),  # maps that are enlarged
}


@pytest.mark.parametrize("name", SIZES)
def test_one_dynamic_model_is_the_network_at_every_size_and_batch(name: str, tmp_path: Path) -> None:
    net = spec(name, num_classes=10)
    weights = scrambled(net)
    assert export(net, weights, tmp_path / "x.onnx", check=False).dynamic
    for number, size in enumerate(SIZES[name]):
        sized = spec(name, num_classes=10, input_size=size)
        x = random_images(sized, (1, 3)[number % 2], np.random.default_rng(number))
        (wanted,) = _outputs(sized, weights, x)
        found = run(tmp_path / "x.onnx", [sized.nodes[sized.outputs[0]].path], x.astype(np.float32))
        assert not isinstance(found, str)
        assert difference(found[0].astype(np.float64), wanted)[0] < NARROW, size


def _outputs(net: Net, weights: dict[str, Array], x: Array) -> list[Array]:
    values = reference.run(net, weights, x)
    return [values[net.nodes[index].path] for index in net.outputs]


@pytest.mark.parametrize("name", [placed(name) for name in networks()])
def test_which_networks_are_one_model_at_every_size(name: str) -> None:
    assert dynamic(spec(name)) == (name not in FIXED)


def test_the_networks_of_one_size_are_registered() -> None:
    assert set(networks()) >= FIXED
    assert len(FIXED) == 29


@pytest.mark.parametrize("size", [None, (36, 32), (33, 37)])
def test_a_network_of_one_size_takes_that_alone(size: tuple[int, int] | None, tmp_path: Path) -> None:
    """At the last two, LeNet-5 has the same weights."""
    net = spec("lenet5_modern", input_size=size)
    done = export(net, scrambled(net), tmp_path / "x.onnx")
    assert not done.dynamic
    assert str(done).splitlines()[0].endswith("any batch")
    (taken,) = onnx.load(tmp_path / "x.onnx").graph.input
    lengths = [dimension.dim_value or dimension.dim_param for dimension in taken.type.tensor_type.shape.dim]
    assert lengths == ["batch", 1, *(size or (32, 32))]


def test_a_network_of_ones_own_with_three_outputs_and_shared_weights(tmp_path: Path) -> None:
    net = own_network()
    weights = scrambled(net)
    done = export(net, weights, tmp_path / "x.onnx")
    assert (done.dynamic, done.network) == (False, "own")
    assert not same_bits(weights, tensors(tmp_path / "x.onnx").arrays).first
    x = random_images(net, 3, np.random.default_rng(1))
    found = run(tmp_path / "x.onnx", [net.nodes[index].path for index in net.outputs], x.astype(np.float32))
    assert not isinstance(found, str)
    gaps = [difference(a.astype(np.float64), b)[0] for a, b in zip(found, _outputs(net, weights, x), strict=True)]
    assert max(gaps) < NARROW
    assert len(gaps) == 3


def test_a_network_of_a_registered_name_that_is_another_is_not_called_dynamic() -> None:
    other = trace(lambda x: conv(x, 4, 3), "resnet18", (3, 64, 48))
    assert not dynamic(other)


def test_networks_that_are_one_model_at_all_sizes_have_several_sizes_to_show_it() -> None:
    """Equal graphs at two sizes, even and odd, and at the network's own."""
    for name in networks():
        assert len({*network(name).check_sizes, network(name).input_size}) >= 3, name
