"""`convert --with-optimizer`: a run begun in one framework goes on in the other, by files that each reads itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from references.libraries import torchvision_models

import diptych
from diptych.common.errors import DiptychError
from diptych.common.spec import Array

NET = diptych.spec("lenet5_modern")
RULES: dict[str, tuple[Callable[[Any], torch.optim.Optimizer], float]] = {
    "sgd": (lambda p: torch.optim.SGD(p, 0.05, momentum=0.9), 1e-5),
    "adam": (lambda p: torch.optim.Adam(p, 1e-3), 1e-2),
    "adamw": (lambda p: torch.optim.AdamW(p, 1e-3, weight_decay=0.1), 1e-2),
    "rmsprop": (lambda p: torch.optim.RMSprop(p, 1e-3, momentum=0.5, centered=True), 1e-3),
    "adagrad": (lambda p: torch.optim.Adagrad(p, 1e-2), 1e-5),
}
"""What makes it, and how far the rules of both frameworks may part in five steps: eps stands elsewhere in three."""


def batch(step: int) -> tuple[Array, Array]:
    random = np.random.default_rng(step)
    labels: Any = random.integers(10, size=4)
    return random.normal(size=(4, 1, 32, 32)).astype("float32"), labels


def in_torch(module: Any, optimizer: torch.optim.Optimizer, first: int, last: int) -> dict[str, Array]:
    for step in range(first, last):
        x, labels = batch(step)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(module(torch.from_numpy(x)), torch.from_numpy(labels)).backward()
        optimizer.step()
    return {name: p.detach().numpy().copy() for name, p in module.named_parameters()}


def in_keras(model: Any, first: int, last: int) -> dict[str, Array]:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=model.optimizer, loss=loss, jit_compile=False)
    for step in range(first, last):
        x, labels = batch(step)
        model.train_on_batch(x.transpose(0, 2, 3, 1), labels)
    return diptych.weights(model, NET)


def gap(one: dict[str, Array], other: dict[str, Array], begun: dict[str, Array]) -> float:
    """How far two runs are apart, of the way that one of them went."""
    return max(float(np.abs(one[n] - other[n]).max() / np.abs(one[n] - begun[n]).max()) for n in one)


def begun(path: Path, name: str) -> tuple[Any, torch.optim.Optimizer]:
    """A run of five steps, and its checkpoint."""
    module = diptych.build(NET, "torch", weights=diptych.init(NET))
    optimizer = RULES[name][0](module.parameters())
    in_torch(module, optimizer, 0, 5)
    torch.save({"epoch": 5, "model": module.state_dict(), "optimizer": optimizer.state_dict()}, path)
    return module, optimizer


@pytest.mark.parametrize("name", [n if n == "sgd" else pytest.param(n, marks=pytest.mark.slow) for n in RULES])
def test_five_steps_in_torch_and_five_in_keras_and_back(name: str, tmp_path: Path) -> None:
    module, optimizer = begun(tmp_path / "run.pth", name)
    half = {n: p.detach().numpy().copy() for n, p in module.named_parameters()}
    kept = {n: optimizer.state[p] for n, p in module.named_parameters()}
    before = {n: {key: np.asarray(value).copy() for key, value in state.items() if value is not None}
              for n, state in kept.items()}  # fmt: skip
    done = diptych.convert(tmp_path / "run.pth", tmp_path / "run.keras", check=None, with_optimizer=True)
    assert any("went over" in note for note in done.notes)
    diptych.convert(tmp_path / "run.keras", tmp_path / "back.pth", check=None, with_optimizer=True)
    saved = torch.load(tmp_path / "back.pth", weights_only=True)
    again = diptych.build(NET, "torch", weights={n: p.numpy() for n, p in saved["state_dict"].items()})
    other = RULES[name][0](again.parameters())
    other.load_state_dict(saved["optimizer"])
    for n, parameter in again.named_parameters():
        for key, value in before[n].items():
            near = 1e-6 if key == "momentum_buffer" else 0
            assert np.allclose(np.asarray(other.state[parameter][key]), value, rtol=near, atol=0), (n, key)
    wanted = in_torch(module, optimizer, 5, 10)
    assert gap(wanted, in_torch(again, other, 5, 10), half) < 1e-5
    model: Any = keras.models.load_model(tmp_path / "run.keras")
    assert type(model.optimizer).__module__.startswith("keras."), "the framework's own, which needs no diptych"
    assert gap(wanted, in_keras(model, 5, 10), half) < RULES[name][1]
    fresh: Any = keras.models.load_model(tmp_path / "run.keras")
    fresh.optimizer = type(fresh.optimizer).from_config(fresh.optimizer.get_config())
    assert gap(wanted, in_keras(fresh, 5, 10), half) > 10 * RULES[name][1], "the state changes nothing here"


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "coupled": (lambda p: torch.optim.Adam(p, 1e-3, weight_decay=0.1), "none with a weight decay in the gradient"),
    "dampened": (lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, dampening=0.1), "which has none with dampening"),
    "other": (torch.optim.Adamax, "its optimizer is none of SGD, Adam, AdamW, RMSprop, Adagrad"),
    "groups": (lambda p: torch.optim.SGD([{"params": [one]} for one in p], 0.1), "its optimizer has 10 groups"),
    "fewer": (lambda p: torch.optim.SGD(list(p)[1:], 0.1), "its optimizer has 9 parameters, and the network one of 10"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_keras_has_no_rule_for_is_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    module = diptych.build(NET, "torch", weights=diptych.init(NET))
    optimizer = REFUSED[name][0](module.parameters())
    torch.save({"model": module.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "run.pth")
    with pytest.raises(DiptychError, match=REFUSED[name][1]):
        diptych.convert(tmp_path / "run.pth", tmp_path / "run.keras", with_optimizer=True)
    assert [path.name for path in tmp_path.iterdir()] == ["run.pth"]


@pytest.mark.slow
def test_the_parameters_are_in_the_order_of_the_module_of_torchvision(tmp_path: Path) -> None:
    module = torchvision_models().resnet18(num_classes=3)
    optimizer = torch.optim.AdamW(module.parameters(), 1e-3, amsgrad=True)
    module(torch.randn(2, 3, 64, 64)).sum().backward()
    optimizer.step()
    torch.save({"state_dict": module.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "run.pth")
    diptych.convert(tmp_path / "run.pth", tmp_path / "run.keras", check=None, with_optimizer=True)
    diptych.convert(tmp_path / "run.keras", tmp_path / "back.pth", to="torchvision", check=None, with_optimizer=True)
    saved = torch.load(tmp_path / "back.pth", weights_only=True)
    other = torch.optim.AdamW(module.parameters())
    other.load_state_dict(saved["optimizer"])
    for parameter in module.parameters():
        for key, value in optimizer.state[parameter].items():
            assert torch.equal(other.state[parameter][key], value), key
    assert other.param_groups[0]["lr"] == pytest.approx(1e-3)
    assert other.param_groups[0]["decoupled_weight_decay"]


def test_a_file_without_one_and_another_format_are_refused(tmp_path: Path) -> None:
    torch.save(diptych.build(NET, "torch", weights=diptych.init(NET)).state_dict(), tmp_path / "plain.pth")
    with pytest.raises(DiptychError, match="has no optimizer beside its weights"):
        diptych.convert(tmp_path / "plain.pth", tmp_path / "run.keras", with_optimizer=True)
    with pytest.raises(DiptychError, match=r"from a torch checkpoint to .keras or back, not from torch to safetensors"):
        diptych.convert(tmp_path / "plain.pth", tmp_path / "run.safetensors", with_optimizer=True)
    diptych.convert(tmp_path / "plain.pth", tmp_path / "run.keras", check=None)
    with pytest.raises(DiptychError, match="its model was not compiled"):
        diptych.convert(tmp_path / "run.keras", tmp_path / "back.pth", with_optimizer=True)


@pytest.mark.slow
def test_what_a_torch_file_cannot_say_is_told(tmp_path: Path) -> None:
    """Clipping, accumulation and averages are of Keras's optimiser, and of a loop in PyTorch."""
    model = diptych.build(NET, "keras", weights=diptych.init(NET))
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9, clipnorm=1.0, use_ema=True), "sparse_categorical_crossentropy"
    )
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "run.keras")
    done = diptych.convert(tmp_path / "run.keras", tmp_path / "run.pth", check=None, with_optimizer=True)
    assert any("its clipping and average of the weights is no part of a torch optimizer" in note for note in done.notes)
