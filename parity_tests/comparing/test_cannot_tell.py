"""What proves nothing is neither same nor different, and what cannot be read is compared by what can be seen."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops
from planting import changed, edited
from their_other_pairs import PlainKeras
from their_pairs import Plain, branches_keras, made, plain_keras
from torch import nn

from diptych import DiptychError
from diptych.comparing.compare import compare
from diptych.tf_impl.given import Given

SHAPE = (1, 3, 16, 12)


def _plain() -> tuple[Any, Any]:
    module, model, _ = made(Plain(), plain_keras())
    return module, model


def _told(module: Any, model: Any, verdict: str, words: str) -> Any:
    report = compare(module, model, example=SHAPE, batches=(1, 3))
    assert report.verdict == verdict, str(report)
    assert words in str(report), str(report)
    return report


def test_numbers_that_are_not_finite_on_both_sides() -> None:
    module, model = _plain()
    module.fc.bias.data[0] = float("nan")
    _told(module, changed(model, "fc", "bias", lambda b: b * np.nan), "cannot tell", "not finite in both models")


def test_numbers_that_are_not_finite_on_one_side() -> None:
    module, model = _plain()
    module.fc.bias.data[0] = float("nan")
    _told(module, model, "different", "outputs      DIFFERENT  inf")


def _constant() -> tuple[Any, Any]:
    module, model = _plain()
    module.fc.weight.data.zero_()
    return module, changed(model, "fc", "kernel", np.zeros_like)


def test_an_output_that_is_the_same_for_all_images() -> None:
    _told(*_constant(), "cannot tell", "the same for all images")


def test_layers_tell_what_an_output_hides() -> None:
    module, model = _constant()
    report = _told(module, edited(model, "bn1", epsilon=0.1), "different", "eps")
    assert report.failed.name == "nodes"


def test_an_output_that_is_saturated() -> None:
    module = nn.Sequential(Plain(), nn.Softmax(1))
    first, model, _ = made(Plain(), edited(plain_keras(), "fc", activation="softmax"))
    first.fc.weight.data.mul_(1e6)
    module[0] = first
    _told(module.eval(), changed(model, "fc", "kernel", lambda a: a * 1e6), "cannot tell", "0 or 1 in both models")


def test_another_number_of_classes() -> None:
    module, _ = _plain()
    image = keras.Input((16, 12, 3))
    model = keras.Model(image, layers.Dense(7)(layers.GlobalAveragePooling2D()(image)))
    _told(module, model, "cannot tell", "compare models of the same number of classes")


def test_images_that_one_side_does_not_take() -> None:
    module, model = _plain()
    report = compare(module, model, example=(1, 4, 16, 12))
    assert report.verdict == "cannot tell"
    assert report.unsure[0].startswith("no images were found that both models take")


def test_an_output_too_many_is_a_difference() -> None:
    module, _ = _plain()
    model = branches_keras()
    assert compare(module, model, example=SHAPE).verdict == "different"


@pytest.mark.parametrize("example", [(3, 16, 12), (0, 3, 16, 12)])
def test_an_example_of_a_wrong_shape_is_refused(example: Any) -> None:
    with pytest.raises(DiptychError, match=r"batch \(N, C, H, W\)"):
        compare(*_plain(), example=example)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(DiptychError):
        compare(*_plain(), example=SHAPE, weights="other")  # type: ignore[arg-type]
    with pytest.raises(DiptychError):
        compare(*_plain(), example=SHAPE, batches=())
    with pytest.raises(DiptychError):
        compare(_plain()[0], 3, example=SHAPE)
    with pytest.raises(DiptychError, match="names of networks"):
        compare("resnet18", "vgg11")
    with pytest.raises(DiptychError, match="no layer 'other'"):
        compare(*_plain(), example=SHAPE, names={"other": "conv1"})


def test_a_wrapped_module_is_the_module_inside() -> None:
    module, model = _plain()
    _told(nn.DataParallel(module), model, "same", "nodes        same")


def test_of_a_module_that_was_traced_the_module_is_asked_for() -> None:
    module, model = _plain()
    with warnings.catch_warnings(action="ignore"):  # it is deprecated, and people have such files
        traced = torch.jit.trace(module, torch.zeros(SHAPE))
    before = traced(torch.ones(SHAPE))
    _told(traced, model, "cannot tell", "read the module it was made from")
    assert torch.equal(traced(torch.ones(SHAPE)), before)


class Turned(nn.Module):
    """What no reading follows: numbers decide whether the image is mirrored, which a mirrored kernel makes good."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.drop = nn.Dropout(0.2)

    def forward(self, x: torch.Tensor) -> Any:
        x = torch.zeros_like(x) if x.isnan().any() else x
        return self.drop(self.conv(x.flip(3)).flip(3)).mean((2, 3))


def turned(drop: float = 0.2, filters: int = 4, stop: bool = False) -> tuple[Any, Any]:
    image = keras.Input((16, 12, 3))
    x = layers.Conv2D(filters, 3, name="conv")(image)
    x = ops.stop_gradient(x) if stop else x
    x = layers.GlobalAveragePooling2D()(layers.Dropout(drop)(x))
    model = keras.Model(image, x if filters == 4 else layers.Dense(4)(x))
    if filters != 4:
        return Turned().eval(), model
    module, model, _ = made(Turned(), model)
    return module, changed(model, "conv", "kernel", lambda a: a[:, ::-1])


def test_what_cannot_be_read_is_compared_by_all_else() -> None:
    module, model = turned()
    report = compare(module, model, example=SHAPE)
    assert report.verdict == "same", str(report)
    assert "PyTorch cannot be read" in report.gate("nodes").detail
    assert "their sizes alone were compared" in report.gate("parameters").detail
    assert "rates were compared, not places" in report.gate("dropout").detail


def test_without_a_reading_outputs_are_held_to_each_other() -> None:
    module, model = turned()
    report = _told(module, changed(model, "conv", "bias", lambda b: b + 0.1), "different", "first in conv")
    assert report.gate("outputs").passed is False
    assert (report.failed.name, report.where) == ("nodes", "conv")


def test_without_a_reading_gradients_are_compared_by_names() -> None:
    assert compare(*turned(stop=True), example=SHAPE).gate("gradients").where == "gradient of conv.bias"


def test_without_a_reading_sizes_of_parameters_are_counted() -> None:
    found = compare(*turned(filters=5), example=SHAPE).gate("parameters")
    assert not found.passed
    assert "112 numbers are trained in PyTorch and 164 in TensorFlow" in found.detail


def test_without_a_reading_rates_are_compared() -> None:
    found = compare(*turned(drop=0.4), example=SHAPE).gate("dropout")
    assert not found.passed
    assert "dropout 0.2 in PyTorch, dropout 0.4 in TensorFlow" in found.detail


@keras.saving.register_keras_serializable("parity")
class Turn(layers.Layer):  # type: ignore[misc]
    """A layer of one's own."""

    def call(self, x: Any) -> Any:
        return ops.flip(x, 2)


def _with(layer: Any) -> tuple[Any, Any]:
    image = keras.Input((16, 12, 3))
    model = keras.Model(image, layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="conv")(layer(image))))
    module, model, _ = made(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()), model, {"0": "conv"}
    )
    return module, changed(model, "conv", "kernel", lambda a: a[:, ::-1])


@pytest.mark.parametrize("layer", [Turn(), layers.Lambda(lambda x: x[:, :, ::-1])])
def test_layers_of_ones_own(layer: Any) -> None:
    report = compare(*_with(layer), example=SHAPE)
    assert report.verdict == "same", str(report)
    assert "one function, computed otherwise: first at part_0" in report.gate("nodes").detail


def test_a_keras_class_of_its_own_is_compared_as_it_stands() -> None:
    class Lone(PlainKeras):
        """It does not say how it is made again."""

        def get_config(self) -> Any:
            raise NotImplementedError

    model = Lone()
    model(ops.zeros((1, 16, 12, 3)))
    module, model, _ = made(Plain(), model)
    report = compare(module, model, example=SHAPE)
    assert report.verdict == "same", str(report)
    assert (report.gate("training").tolerance or 1) < 1e-9
    model.bn1.momentum = 0.5
    found = compare(module, model, example=SHAPE)
    assert found.verdict == "different"
    assert found.failed is not None
    assert found.failed.name == "training"


class Untrainable(Plain):
    """It changes in place what its gradients need."""

    def forward(self, x: torch.Tensor) -> Any:
        x = torch.sigmoid(self.conv2(self.pool(self.relu(self.bn1(self.conv1(x))))))
        return self.fc(torch.relu(x.mul_(1.0)).mean((2, 3)))


def test_a_model_that_cannot_be_trained_is_told() -> None:
    module, model, _ = made(Untrainable(), edited(plain_keras(), "relu2", activation="sigmoid"))
    report = compare(module, model, example=SHAPE)
    assert report.gate("outputs").passed
    assert "it cannot be trained as the other can: PyTorch raises RuntimeError" in report.gate("gradients").detail


def test_a_difference_at_another_size_alone() -> None:
    module, model = _plain()
    same = module.forward
    module.forward = lambda x: same(x) * (2 if x.shape[3] % 2 else 1)
    assert compare(module, model, example=SHAPE).verdict == "different"


def test_another_size_of_what_may_be_made_for_one_is_noted() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.AvgPool2d((16, 12)), nn.AdaptiveMaxPool2d(1), nn.Flatten())
    image = keras.Input((16, 12, 3))
    model = keras.Model(image, layers.GlobalAveragePooling2D()(layers.Conv2D(4, 1, name="conv")(image)))
    report = compare(*made(module, model, {"0": "conv"})[:2], example=SHAPE)
    assert report.verdict == "same", str(report)
    assert any("may have been made for one size" in note for note in report.notes)


@pytest.mark.parametrize("kept", [0, 2])
def test_gradients_that_are_not_found_prove_nothing(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    module, model = _plain()
    step = Given.step

    def lossy(given: Given, *args: Any, **words: Any) -> Any:
        done = step(given, *args, **words)
        return replace(done, gradients=dict(list(done.gradients.items())[:kept]))

    monkeypatch.setattr(Given, "step", lossy)
    report = compare(module, model, example=SHAPE, batches=(1, 3), gates=("outputs", "gradients"))
    assert report.verdict == ("same" if kept else "cannot tell"), str(report)
    assert "not compared: the gradients of " in str(report)
