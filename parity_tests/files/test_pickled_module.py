"""Whole modules that torch pickled: their tensors are found by name, and no class of theirs is ever asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from stored import tensors
from torch import nn

from diptych.common.errors import FileError
from diptych.files import read, torch_module
from diptych.files.again import torch as again


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[nn.Module]]:
    """A class of a module that is not there any more when the file is read."""
    home = ModuleType("models_of_somebody")

    class Whole(nn.Module):
        """Shared weights, a buffer that is not saved, empty places, and attributes of all kinds."""

        def __init__(self) -> None:
            super().__init__()
            self.model = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.SiLU())
            self.again = self.model[0]
            self.nothing = None
            self.register_buffer("anchors", torch.arange(6.0).reshape(3, 2))
            self.register_buffer("unsaved", torch.ones(2), persistent=False)
            self.register_module("empty", None)
            self.yaml, self.names = {"nc": 2}, ["a", "b"]
            self.stride = torch.tensor([8.0, 16.0])

    Whole.__module__, Whole.__qualname__ = home.__name__, "Whole"
    home.Whole = Whole  # type: ignore[attr-defined]
    sys.modules[home.__name__] = home
    yield Whole
    sys.modules.pop(home.__name__, None)


def saved(path: Path, content: Any, is_zip: bool = True) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)
    sys.modules.pop("models_of_somebody")
    return path


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("is_zip", [True, False])
@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
def test_both_readers_find_what_its_state_dict_has(
    tmp_path: Path, model: type[nn.Module], is_zip: bool, wrapped: bool
) -> None:
    whole = model().half().eval()
    beside = {"epoch": -1, "ema": None, "optimizer": None, "training_results": None, "date": "2021"}
    path = saved(tmp_path / "w.pt", {**beside, "model": whole} if wrapped else whole, is_zip)
    first, second = tensors(path), again.read(path)
    wanted = {name: tensor for name, tensor in whole.state_dict().items() if not name.endswith("tracked")}
    assert "unsaved" not in wanted
    assert "anchors" in wanted
    assert list(first.arrays) == list(wanted)
    assert dict(first.extras) == {"model.1.num_batches_tracked": 0}
    keys = ("model",) if wrapped else ()
    for name, tensor in wanted.items():
        assert first.arrays[name].dtype == tensor.numpy().dtype == "float16"
        assert first.arrays[name].tobytes() == tensor.numpy().tobytes() == second.arrays[*keys, name].tobytes()
    said = "the weights are those inside an object of models_of_somebody.Whole, which was not made"
    assert first.notes[-1] == said
    assert "models_of_somebody" not in sys.modules


def test_averaged_modules_are_left_out_and_said(tmp_path: Path, model: type[nn.Module]) -> None:
    one, two = model(), model()
    path = saved(tmp_path / "w.pt", {"model": one, "ema": two, "epoch": 3})
    found = tensors(path)
    assert found.arrays["model.0.weight"].tobytes() == one.state_dict()["model.0.weight"].numpy().tobytes()
    assert found.notes[:2] == (
        "the weights are under 'model'; left out: epoch",
        "averaged weights, under 'ema', were left out",
    )


def test_names_with_tensors_go_before_a_module(tmp_path: Path, model: type[nn.Module]) -> None:
    path = saved(tmp_path / "w.pt", {"model": model(), "state_dict": {"a": torch.ones(1)}})
    assert list(tensors(path).arrays) == ["a"]


def test_two_modules_are_too_many(tmp_path: Path, model: type[nn.Module]) -> None:
    path = saved(tmp_path / "w.pt", {"model": model(), "net": model()})
    with pytest.raises(FileError, match=r"several state dicts \(model, net\)"):
        read(path)


def test_what_is_no_tensor_in_a_module_is_refused(tmp_path: Path, model: type[nn.Module]) -> None:
    whole = model()
    whole._modules["strange"] = Path("x")  # type: ignore[assignment]
    path = saved(tmp_path / "w.pt", {"model": whole})
    with pytest.raises(FileError, match=r"holds more than tensors \(pathlib\..*nothing of it was run"):
        read(path)


def test_a_module_without_end_is_refused(tmp_path: Path, model: type[nn.Module]) -> None:
    whole = model()
    whole._modules["itself"] = whole
    path = saved(tmp_path / "w.pt", whole)
    with pytest.raises(FileError, match="more in it than any network"):
        read(path)
    with pytest.raises(FileError, match="cannot be read a second time"):
        again.read(path)


def test_a_module_of_exponentially_many_names_is_refused(
    tmp_path: Path, model: type[nn.Module], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each level has the one below it twice."""
    whole: Any = model()
    for _ in range(40):
        level: Any = nn.Module()
        level._modules |= {"a": whole, "b": whole}
        whole = level
    path = saved(tmp_path / "w.pt", whole)
    monkeypatch.setattr(torch_module, "VISITED", 1_000)
    with pytest.raises(FileError, match="more in it than any network"):
        read(path)
