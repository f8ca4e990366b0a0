"""fastai's models: a body of numbered children, a pool of maxima and means, a head whose numbers tell its layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from people_files import bare, file, filled, linear, norm
from references.libraries import torchvision_models
from torch import nn

import diptych
from diptych.common.errors import SpecError
from diptych.common.reference import outputs
from diptych.common.registry import traced
from diptych.conversion.fastai import fastai_head
from diptych.conversion.head_parts import Part
from diptych.conversion.heads import Unconverted
from diptych.conversion.identify import identified

HEAD = (
    norm("1.2", 1024)
    | linear({"1.4": (512, 1024)}, bias=False)
    | norm("1.6", 512)
    | linear({"1.8": (3, 512)}, bias=False)
)
TEXT = "batch_norm,dropout:0.25,linear:512:nobias,relu,batch_norm,dropout,linear:3:nobias"


def body(name: str = "resnet18", library: str = "children", prefix: str = "0.") -> dict[str, Any]:
    """The state dict of a body."""
    return {prefix + there: array for there, array in bare(name, library).items()}


class ConcatPool(nn.Module):
    """Maxima, then means, as fastai's AdaptiveConcatPool2d."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1)


def learner(classes: int) -> nn.Module:
    """What fastai's vision_learner makes of a ResNet-18."""
    head = nn.Sequential(
        *(ConcatPool(), nn.Flatten(), nn.BatchNorm1d(1024), nn.Dropout(0.25), nn.Linear(1024, 512, bias=False)),
        *(nn.ReLU(), nn.BatchNorm1d(512), nn.Dropout(0.5), nn.Linear(512, classes, bias=False)),
    )
    return nn.Sequential(nn.Sequential(*list(torchvision_models().resnet18().children())[:-2]), head)


def test_the_whole_computes_what_fastai_does(tmp_path: Path) -> None:
    model = filled(learner(3))
    torch.save({"model": model.state_dict(), "opt": None}, tmp_path / "learner.pth")
    done = diptych.convert(tmp_path / "learner.pth", tmp_path / "out.npz", check=None)
    assert done.options == {"head": f"concat_pool,{TEXT}"}
    assert any("fastai numbers" in note for note in done.notes)
    x = np.random.default_rng(1).standard_normal((1, 3, 33, 40))
    net = traced("resnet18", dict(done.options) | {"input_size": (33, 40)})
    weights = np.load(tmp_path / "out.npz")
    (ours,) = outputs(net, weights, x)
    with torch.no_grad():
        theirs = model.double()(torch.from_numpy(x)).numpy()
    assert np.abs(ours - theirs).max() < 1e-10 * np.abs(theirs).max()
    other = traced("resnet18", {"head": f"catavgmax,{TEXT}", "input_size": (33, 40)})
    (swapped,) = outputs(other, weights, x)
    assert np.abs(swapped - theirs).max() > 1e-3 * np.abs(theirs).max()


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ("B2 L4 B6 L8", "batch_norm,dropout:0.25,linear,relu,batch_norm,dropout:0.5,linear"),
        ("B2 L3 B5 L6", "batch_norm,linear,relu,batch_norm,linear"),  # rates of 0 leave no dropout
        ("B2 L4", "batch_norm,dropout:0.5,linear"),
        ("L3 B5 L7", "dropout:0.25,linear,relu,batch_norm,dropout:0.5,linear"),  # first_bn=False
        ("B2 L4 B6 L8 B9", "batch_norm,dropout:0.25,linear,relu,batch_norm,dropout:0.5,linear,batch_norm"),  # bn_final
        ("L3 B4 L7", ""),  # lin_first
        ("B2 L5", ""),
        ("B3 L4", ""),
        ("B2 L4 L8", ""),
    ],
)
def test_the_numbers_of_a_head_say_what_lies_between(parts: str, said: str) -> None:
    kinds = {"B": "batch_norm", "L": "linear"}
    found = [Part(f"m.1.{part[1:]}", kinds[part[0]], 4, 4) for part in parts.split()]
    assert fastai_head("m.0.", found) == said
    assert fastai_head("m.0.model.", found) == said
    assert fastai_head("m.1.", found) == ""


def test_a_head_without_the_pool_of_maxima() -> None:
    head = norm("1.2", 512) | linear({"1.4": (7, 512)}, bias=False)
    one = identified(file(body(), head), None, {})
    assert one.net == traced("resnet18", {"head": "batch_norm,dropout,linear:7:nobias"})


def test_what_is_asked_for_comes_first() -> None:
    one = identified(file(body(), HEAD), None, {"head": "concat_pool,batch_norm,linear,silu,batch_norm,linear"})
    assert dict(one.net.options)["head"] == "concat_pool,batch_norm,linear:512:nobias,silu,batch_norm,linear:3:nobias"


def test_features_alone_are_not_what_the_head_takes() -> None:
    head = norm("1.2", 2048) | linear({"1.4": (7, 2048)}, bias=False)
    with pytest.raises(Unconverted, match="a ReLU, as in DenseNet"):
        identified(file(body("densenet121", "features", "0.0."), head), None, {})


def test_twice_the_channels_under_other_names_are_asked_for() -> None:
    with pytest.raises(Unconverted, match=r"twice as many numbers.*--head \"concat_pool,linear\""):
        identified(file(bare(), linear({"fc": (5, 1024)})), None, {})
    one = identified(file(bare(), linear({"fc": (5, 1024)})), None, {"head": "catavgmax,linear"})
    assert one.net == traced("resnet18", {"head": "catavgmax,linear:5"})


@pytest.mark.parametrize("text", ["concat_pool", "linear:3,concat_pool,linear:2", "concat_pool:3,linear:2"])
def test_a_pool_stands_first_and_alone(text: str) -> None:
    with pytest.raises(SpecError):
        traced("resnet18", {"head": text})
    with pytest.raises(SpecError, match="no mean over a map"):
        traced("vgg11_bn", {"head": "concat_pool,linear:2"})
