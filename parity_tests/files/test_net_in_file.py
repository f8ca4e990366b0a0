"""A network and its weights in one file, and files of weights alone, read as networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from own_network import nested_network, own_network
from refusal import safetensors_file
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import diptych
from diptych.common.errors import DiptychError, FileError, WeightsError
from diptych.common.spec import Net
from diptych.common.weights import scrambled
from diptych.files.provenance import NETWORK
from diptych.files.safetensors_file import NET


@pytest.mark.parametrize("make", [own_network, nested_network, lambda: diptych.spec("lenet5_1998")])
def test_a_network_and_its_weights_come_back(tmp_path: Path, make: Callable[[], Net]) -> None:
    net = make()
    weights = scrambled(net)
    net_back, back = diptych.read(diptych.save(net, weights, tmp_path / "net.safetensors"))
    assert net_back == net
    assert {name: array.tobytes() for name, array in back.items()} == {n: a.tobytes() for n, a in weights.items()}


def test_a_registered_network_is_still_one(tmp_path: Path) -> None:
    net = diptych.spec("lenet5_modern", num_classes=3)
    path = diptych.save(net, scrambled(net), tmp_path / "net.safetensors")
    assert diptych.identify(path).names == ("lenet5_modern",)
    assert diptych.convert(path, tmp_path / "out.npz", check=None).options == {"num_classes": 3}


def test_a_network_with_the_name_of_another_is_not_taken_for_it(tmp_path: Path) -> None:
    from dataclasses import replace

    net = replace(own_network(), name="lenet5_modern")
    path = diptych.save(net, scrambled(net), tmp_path / "net.safetensors")
    with safe_open(str(path), framework="numpy") as file:
        assert file.metadata()[NETWORK] == "own:lenet5_modern"
    assert diptych.read(path).net == net


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda said: said | {NET: "{"}, "a network in it that is none: this text is not a trace"),
        (lambda said: said | {NET: "[" * 10_000}, "a network in it that is none"),
        (lambda said: said | {NET: said[NET].replace("own", "its", 1)}, "the network in it is another"),
        (lambda said: said | {NET: _wider(said[NET])}, "a network in it that is none: nodes"),
        (lambda said: said | {NETWORK: "lenet5_modern"}, "says it holds lenet5_modern, and the network in it is"),
        (lambda said: {NET: said[NET]}, "says it holds None"),
    ],
)
def test_a_network_that_is_none_is_refused(tmp_path: Path, change: Callable[[Any], Any], said: str) -> None:
    net = own_network()
    path = diptych.save(net, scrambled(net), tmp_path / "net.safetensors")
    with safe_open(str(path), framework="numpy") as file:
        metadata = file.metadata()
    save_file(load_file(path), str(path), change(metadata))
    with pytest.raises(FileError, match=said):
        diptych.read(path)


def _wider(text: str) -> str:
    data = json.loads(text)
    data["nodes"][1]["shape"][1] += 1
    return json.dumps(data)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    net = own_network()
    path = diptych.save(net, scrambled(net), tmp_path / "net.safetensors")
    with safe_open(str(path), framework="numpy") as file:
        metadata = file.metadata()
    arrays = load_file(path)
    arrays.pop(next(iter(net.weights)))
    save_file(arrays, str(path), metadata)
    with pytest.raises(WeightsError, match=r"1 of .* weights do not fit own: missing"):
        diptych.read(path)


def test_only_one_format_holds_both(tmp_path: Path) -> None:
    net = own_network()
    with pytest.raises(FileError, match=r"kept in one \.safetensors file"):
        diptych.save(net, scrambled(net), tmp_path / "net.pth")
    with pytest.raises(WeightsError):
        diptych.save(net, {}, tmp_path / "net.safetensors")
    assert not list(tmp_path.iterdir())


def test_weights_of_a_registered_network_are_read(tmp_path: Path) -> None:
    net = diptych.spec("squeezenet1_1", num_classes=7)
    weights = scrambled(net)
    torch.save({name: torch.tensor(array) for name, array in weights.items()}, tmp_path / "in.pth")
    result = diptych.read(tmp_path / "in.pth")
    assert result.net == net
    assert all(np.array_equal(array, weights[name]) for name, array in result.weights.items())
    sized = diptych.read(tmp_path / "in.pth", torch.zeros(1, 3, 64, 72))
    assert sized.net == diptych.spec("squeezenet1_1", num_classes=7, input_size=(64, 72))


def test_weights_of_nobody_are_refused(tmp_path: Path) -> None:
    path = safetensors_file(tmp_path / "in.safetensors", {"strange.weight": np.ones((2, 2), np.float32)})
    with pytest.raises(DiptychError, match="weights alone, of no registered network"):
        diptych.read(path)
