"""Dialects: rules that read both ways, and the very names and shapes of the models that the libraries make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from references import Reference
from references.libraries import made
from selection import placed

from diptych.common.dialect import (
    LIBRARIES,
    OWN,
    Dialect,
    check_bijective,
    dialect,
    dialects,
    numbered,
    rules,
)
from diptych.common.errors import DiptychError, SpecError
from diptych.common.registry import networks, traced
from diptych.common.spec import Net
from diptych.common.template import Template
from diptych.conversion.signatures import dialects_of
from diptych.files.dialects import in_dialect
from diptych.files.tensors import Tensors
from diptych.tf_impl.slots import slots_of

TORCH = ("torchvision", "timm", "pytorchcv", "yolox", "effdet")
MADE = [item for item in dialects() if item.library in TORCH and item.name]


def paths(net: Net, found: Dialect) -> list[str]:
    """What a dialect names of a network: its layers in Keras, or its nodes with weights of their own."""
    if found.of_layers:
        return list(slots_of(net))
    return list(dict.fromkeys(name.rpartition(".")[0] for name in net.weights))


def test_every_dialect_is_a_bijection_on_the_weights_of_its_network() -> None:
    counts = dict.fromkeys(LIBRARIES, 0)
    for item in dialects():
        check_bijective(item, paths(traced(item.network, {}), item))
        counts[item.library] += 1
    for name in networks():
        check_bijective(dialect(OWN, name), paths(traced(name, {}), dialect(OWN, name)))
    assert min(counts.values()) > 0, counts


@pytest.mark.slow
def test_no_two_dialects_of_a_library_are_for_one_network() -> None:
    keys = [(item.library, item.network) for item in dialects()]
    assert len(set(keys)) == len(keys)
    assert {library for library, _ in keys} == set(LIBRARIES)
    for item in dialects():
        assert item in [*dialects_of(item.network), item]
        assert dialect(item.library, item.network) is item


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("layer{s}.{b}.conv{n}", "layer2.10.conv3", {"s": 2, "b": 10, "n": 3}),
        ("conv{s+1}_block{b+1}", "conv3_block1", {"s": 2, "b": 0}),
        ("block{s}{b:a}_bn", "block3c_bn", {"s": 3, "b": 2}),
        ("block{s-2}", "block1", {"s": 3}),
        ("a.{b}.*", "a.0.x.y", {"b": 0, "*": "x.y"}),
        ("*.se.fc1", "blocks.3.0.se.fc1", {"*": "blocks.3.0"}),
        ("{n}.{n}", "4.4", {"n": 4}),
        ("fc", "fc", {}),
    ],
)
def test_a_side_reads_a_name_and_writes_it_back(text: str, name: str, values: dict[str, Any]) -> None:
    assert Template(text).read(name) == values
    assert Template(text).write(values) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("layer{s}", "layer"),
        ("layer{s}", "layer01"),  # no number is written so
        ("layer{s}", "layer1.x"),
        ("conv{s+1}", "conv0"),  # s would be -1
        ("{n}.{n}", "4.5"),
        ("block{b:a}", "blockA"),
        ("a.b", "axb"),  # a full stop is itself
        ("*.fc", ".fc"),
    ],
)
def test_a_side_refuses_what_is_not_its_own(text: str, name: str) -> None:
    assert Template(text).read(name) is None


def test_a_side_writes_no_negative_number_and_no_letter_behind_z() -> None:
    assert Template("x{b-1}").write({"b": 0}) is None
    assert Template("x{b:a}").write({"b": 25}) == "xz"
    assert Template("x{b:a}").write({"b": 26}) is None


def test_the_first_rule_that_fits_counts_and_other_names_stay() -> None:
    found = Dialect("timm", "x", "x", rules(("a.0", "first"), ("a.{n}", "unit{n}"), ("fc", "head", True)))
    assert [found.theirs(path) for path in ("a.0", "a.1", "b")] == ["first", "unit1", "b"]
    assert [found.ours(name) for name in ("first", "unit1", "b")] == ["a.0", "a.1", "b"]
    assert found.ours("unit0") == "unit0"  # a.0 has another name there
    assert found.ours("a.1") is None
    assert (found.kernel("fc"), found.kernel("a.0")) == (True, False)
    assert (found.plain, Dialect("timm", "x", "x").plain) == (False, True)


@pytest.mark.parametrize(
    ("pairs", "complaint"),
    [
        ([("a.1", "c"), ("a.2", "c")], r"timm x: a\.1 and a\.2 are both c"),
        ([("a.1", "b")], r"timm x: a\.1 and b are both b|a\.1 is b, which leads back to None"),
        ([("a.{n}", "c{n}"), ("b", "c1")], r"a\.1 and b are both c1"),
        ([("a.1", "a.2"), ("a.2", "a.1"), ("b", "a.1")], r"a\.2 and b are both a\.1"),
    ],
)
def test_a_planted_fault_is_found(pairs: list[tuple[str, str]], complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint):
        check_bijective(Dialect("timm", "x", "x", rules(*pairs)), ["a.1", "a.2", "b"])


def test_a_name_that_leads_elsewhere_is_found() -> None:
    """The second rule reads the name that the first writes, so that it comes back as another path."""
    broken = Dialect("timm", "x", "x", rules(("b", "u3"), ("a.{n}", "u{n}")))
    check_bijective(broken, ["a.1", "a.2", "b"])
    with pytest.raises(SpecError, match=r"a\.3 is u3, which leads back to b"):
        check_bijective(broken, ["a.3"])


def test_numbers_that_keras_makes_up_are_counted_anew() -> None:
    names = ["conv2d_7", "conv2d_94", "conv2d_10", "batch_normalization", "fc_3", "separable_conv2d_2"]
    assert numbered(names) == {
        "conv2d_7": "conv2d",
        "conv2d_10": "conv2d_1",
        "conv2d_94": "conv2d_2",
        "batch_normalization": "batch_normalization",
        "fc_3": "fc_3",
        "separable_conv2d_2": "separable_conv2d",
    }


@pytest.mark.parametrize(
    ("library", "name", "complaint"),
    [
        (
            "keras.applications",
            "resnet50",
            r"it has .*resnet50\.keras.*; resnet50 is in timm and torch",
        ),
        (
            "torchvision",
            "fbnet_c",
            "no network that is the function of fbnet_c; fbnet_c is in diptych alone",
        ),
        ("flax", "resnet18", r"flax has no network"),
    ],
)
def test_a_library_without_the_network_says_who_has_it(library: str, name: str, complaint: str) -> None:
    with pytest.raises(DiptychError, match=complaint):
        dialect(library, name)


def test_a_name_that_a_dialect_does_not_know_keeps_itself_and_its_library() -> None:
    arrays = {"conv_stem.weight": np.zeros((2, 1, 1, 1)), "features.0.0.weight": np.zeros(1)}
    view = Tensors(Path("made.pth"), "torch", arrays).translate(dialect("timm", "mobilenet_v2"))
    assert list(view.arrays) == ["features.0.0.weight", "timm:features.0.0.weight"]


def of_library(found: Dialect) -> torch.nn.Module:
    """The library's model on the meta device, which takes neither time nor memory."""
    deployed = found.network.endswith("_deploy")
    slow = found.library == "torchvision" and found.name in ("googlenet", "inception_v3")
    arguments = {**found.arguments, **({"init_weights": False} if slow else {})}
    with torch.device("meta"):
        library: Any = found.library
        return made(Reference(found.network, library, found.name, arguments, reparameterized=deployed))


@pytest.mark.parametrize("found", [placed(item.network, item, id=f"{item.library}:{item.network}") for item in MADE])
def test_names_and_shapes_are_those_of_the_librarys_model(found: Dialect) -> None:
    model = of_library(found)
    net = traced(found.network, {})
    hollow = {name: np.broadcast_to(np.float32(0), tuple(map(int, w.shape))) for name, w in net.weights.items()}
    written = in_dialect(net, hollow, {}, found)
    state = model.state_dict()
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == {k: a.shape for k, a in written.items()}
    assert getattr(model, "_version", None) in (None, 1, found.version)
    state.clear()
    state.update({name: torch.empty(array.shape, device="meta") for name, array in written.items()})
    model.load_state_dict(state, strict=True)


def test_every_dialect_but_a_few_names_a_model_there() -> None:
    narrow = [f"mobilenet_v1_{width}" for width in ("025", "050", "075")]
    assert [item.network for item in dialects() if not item.name] == [*narrow, "yolox_darknet53"]
    assert {item.library for item in MADE} == set(TORCH)
