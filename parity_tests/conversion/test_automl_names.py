"""The authors' checkpoints of EfficientDet, with the names that their graph gives the variables.

The names follow here from effdet's, another library's, by a table that knows nothing of ours.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import torch
from references import Reference
from references.libraries import made

import diptych
from diptych.common.dialect import dialect
from diptych.common.spec import Array
from diptych.conversion.matching import match
from diptych.files.layers import Layers
from diptych.files.tf_file import ORDER, layers_of

State = Mapping[str, tuple[int, ...]]
KINDS = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
AVERAGE = "ExponentialMovingAverage"


@functools.cache
def shapes(number: int) -> dict[str, tuple[int, ...]]:
    """Name -> shape of the arrays of effdet's model, but counters."""
    with torch.device("meta"):
        state = made(Reference(f"efficientdet_d{number}", "effdet", f"tf_efficientdet_d{number}")).state_dict()
    return {name: tuple(tensor.shape) for name, tensor in state.items() if not name.endswith("num_batches_tracked")}


def variables(number: int, state: State) -> Iterator[tuple[str, str, str]]:
    """(effdet's name, the authors' name of the variable, how its axes are turned) of each array."""
    backbone = f"efficientnet-b{min(number, 6)}"
    blocks = dict.fromkeys(name.rpartition(".blocks.")[2][:4] for name in state if ".blocks." in name)
    places = {".".join(block.split(".")[:2]): place for place, block in enumerate(blocks)}
    met: Counter[str] = Counter()
    named: dict[str, str] = {}
    for name, shape in state.items():
        layer, _, kind = name.rpartition(".")
        if kind == "edge_weights":
            cell, node = re.findall(r"\d+", name)
            yield name, f"fpn_cells/cell_{cell}/fnode{node}/WSM", "numbers"
            continue
        if layer not in named:
            named[layer] = _layer(layer, backbone, places, met)
        there = named[layer]
        if "bn" in re.split(r"[./]", layer)[-1]:
            yield name, f"{there}/{KINDS[kind]}", ""
        elif kind == "bias":
            yield name, f"{there}/bias", ""
        elif layer.endswith("conv_dw"):
            yield name, f"{there}/depthwise_kernel", "HWCM"
        else:
            pointwise = layer.endswith("conv_pw") and not layer.startswith("backbone")
            assert len(shape) == 4
            yield name, f"{there}/{'pointwise_kernel' if pointwise else 'kernel'}", "HWIO"


def _layer(layer: str, backbone: str, places: Mapping[str, int], met: Counter[str]) -> str:
    """The authors' name of a layer of effdet's: convolutions and normalisations are counted in each block."""
    if found := re.fullmatch(r"backbone\.blocks\.(\d+\.\d+)\.(.+)", layer):
        block, inside = f"{backbone}/blocks_{places[found[1]]}", found[2]
        if inside.startswith("se."):
            return f"{block}/se/{'conv2d' if inside.endswith('reduce') else 'conv2d_1'}"
        if inside == "conv_dw":
            return f"{block}/depthwise_conv2d"
        return _counted(block, "tpu_batch_normalization" if inside.startswith("bn") else "conv2d", met)
    if layer.startswith("backbone."):
        return f"{backbone}/stem/{'conv2d' if layer.endswith('conv_stem') else 'tpu_batch_normalization'}"
    if found := re.fullmatch(r"fpn\.resample\.3\.conv\.(\w+)", layer):
        return f"resample_p6/{'conv2d' if found[1] == 'conv' else 'bn'}"
    if found := re.fullmatch(r"fpn\.cell\.(\d+)\.fnode\.(\d)\.combine\.resample\.(\d)\.conv\.(\w+)", layer):
        cell, node, level, part = found.groups()
        where = f"resample_0_{level}_{int(node) + 5}"
        return f"fpn_cells/cell_{cell}/fnode{node}/{where}/{'conv2d' if part == 'conv' else 'bn'}"
    if found := re.fullmatch(r"fpn\.cell\.(\d+)\.fnode\.(\d)\.after_combine\.conv\.(\w+)", layer):
        cell, node, part = found.groups()
        where = f"op_after_combine{int(node) + 5}"
        return f"fpn_cells/cell_{cell}/fnode{node}/{where}/{'bn' if part == 'bn' else 'conv'}"
    if found := re.fullmatch(r"(class|box)_net\.bn_rep\.(\d)\.(\d)\.bn", layer):
        return f"{found[1]}_net/{found[1]}-{found[2]}-bn-{int(found[3]) + 3}"
    found = re.fullmatch(r"(class|box)_net\.(conv_rep\.(\d)|predict)\.conv_..", layer)
    assert found, layer
    return f"{found[1]}_net/{found[1]}-{found[3] or 'predict'}"


def _counted(block: str, kind: str, met: Counter[str]) -> str:
    place = f"{block}/{kind}"
    met[place] += 1
    return place if met[place] == 1 else f"{place}_{met[place] - 1}"


def turned(array: Array, how: str) -> Array:
    """An array of torch's in the axes of TensorFlow's."""
    if how == "HWIO":
        return np.ascontiguousarray(array.transpose(2, 3, 1, 0))
    return np.ascontiguousarray(array.transpose(2, 3, 0, 1)) if how == "HWCM" else array


def theirs(number: int, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The variables of the authors' checkpoint by name."""
    found: dict[str, Array] = {}
    for name, there, how in variables(number, {name: array.shape for name, array in arrays.items()}):
        if how == "numbers":
            found |= {f"{there}_{n}" if n else there: np.asarray(value) for n, value in enumerate(arrays[name])}
        else:
            found[there] = turned(arrays[name], how)
    return found


def save(prefix: Path, arrays: Mapping[str, Array]) -> None:
    """Write a checkpoint as a Saver does, by names."""
    names = sorted(arrays)
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=[tf.constant(arrays[name]) for name in names],
    )


def random(number: int) -> dict[str, Array]:
    """An array of each of effdet's, all different."""
    rng = np.random.default_rng(0)
    return {name: rng.random(shape, "float32") for name, shape in shapes(number).items()}


def test_a_checkpoint_of_the_authors_becomes_effdets_file(tmp_path: Path) -> None:
    """With averages over training, a slot of the optimizer and a step, as training leaves them."""
    arrays = random(0)
    found = theirs(0, arrays)
    more = {f"{name}/{AVERAGE}": array + 1 for name, array in found.items()}
    more |= {"box_net/box-0/bias/Momentum": np.ones(64, "float32"), "global_step": np.asarray(7)}
    save(tmp_path / "model", found | more)
    done = diptych.convert(tmp_path / "model", tmp_path / "out.pth", to="effdet", check=None)
    assert (done.network, done.library, done.options) == ("efficientdet_d0", "automl", {})
    assert f"{len(found)} averages over training ({AVERAGE}) are left out: authors may run these" in str(done)
    assert "left out: box_net/box-0/bias/Momentum, global_step" in str(done)
    state = torch.load(tmp_path / "out.pth", weights_only=True)
    back = {name: tensor.numpy() for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
    assert {name: array.tobytes() for name, array in back.items()} == {n: a.tobytes() for n, a in arrays.items()}


def hollow(number: int) -> dict[str, Array]:
    arrays = {name: np.broadcast_to(np.float32(0), shape) for name, shape in shapes(number).items()}
    found: dict[str, Array] = {}
    for name, there, how in variables(number, shapes(number)):
        if how == "numbers":
            found |= {f"{there}_{n}" if n else there: np.zeros((), "float32") for n in range(len(arrays[name]))}
        else:
            order = {"HWIO": (2, 3, 1, 0), "HWCM": (2, 3, 0, 1)}.get(how)
            found[there] = arrays[name].transpose(order) if order else arrays[name]
    return found


def checkpoint(arrays: Mapping[str, Array]) -> Layers:
    return Layers(Path("model"), "tensorflow", layers_of(arrays))


@pytest.mark.parametrize("number", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 6)), 6])
def test_a_checkpoint_is_known_by_its_names_and_shapes(number: int) -> None:
    """D6 and D7 have plain sums and the same weights, but not the same anchors: the names do not tell them apart."""
    arrays = hollow(number)
    assert any(name.rpartition("/")[2] == "WSM" for name in arrays) == (number < 6)
    assert {name.rpartition("/")[2] for name in arrays} <= set(ORDER)
    found = diptych.identify(checkpoint(arrays))
    assert found.names == tuple(f"efficientdet_d{n}" for n in ((number,) if number < 6 else (6, 7)))
    assert {match.dialect.library for match in found.matches} == {"automl"}


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("fpn_cells/cell_0/fnode4/WSM_2", "edge_weights is 2, expected 3"),
        ("class_net/class-1-bn-5/gamma", "class_net.bn_rep.1.2"),
        ("class_net/class-predict/bias", "class_net.predict.conv_pw.bias"),
        ("efficientnet-b0/blocks_15/conv2d_1/kernel", "backbone.features.7.0.block.3.0.weight"),
    ],
)
def test_a_variable_that_is_not_there_is_named(gone: str, said: str) -> None:
    arrays = hollow(0)
    del arrays[gone]
    found = match(checkpoint(arrays), dialect("automl", "efficientdet_d0"), {})
    assert not found.exact
    assert said in "; ".join([*found.missing, *found.misfits])
