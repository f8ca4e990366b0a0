"""A map flattened in another order: the same function where the next kernel makes up for it, and a fault elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import keras
import pytest
import torch
from keras import layers
from torch import Tensor, nn

import diptych


class Port(nn.Module):
    """A convolution and a linear layer, with the map flattened in the order of either framework."""

    def __init__(self, order: str) -> None:
        super().__init__()
        self.conv, self.drop, self.fc, self.order = nn.Conv2d(3, 4, 3), nn.Dropout(0.2), nn.Linear(96, 5), order

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.conv(x))
        x = x.permute(0, 2, 3, 1) if self.order == "HWC" else x
        found: Tensor = self.fc(self.drop(x.flatten(1)))
        return found


def twin() -> keras.Model:
    image = keras.Input((8, 6, 3))
    x = layers.Flatten()(layers.Conv2D(4, 3, activation="relu", name="conv")(image))
    return keras.Model(image, layers.Dense(5, name="fc")(layers.Dropout(0.2)(x)))


@pytest.mark.parametrize("order", ["HWC", "CHW"])
def test_weights_go_over_in_the_right_order(order: str) -> None:
    report = diptych.compare(Port(order), twin(), example=(1, 3, 8, 6), weights="transfer")
    assert report.verdict == "same", str(report)
    assert all(gate.passed and gate.compared for gate in report.gates)


@pytest.mark.parametrize(("order", "verdict"), [("HWC", "same"), ("CHW", "different")])
def test_a_kernel_that_was_copied_as_it_is(order: str, verdict: str) -> None:
    port, model = Port(order), twin()
    kernel, bias = (tensor.detach().numpy() for tensor in port.conv.parameters())
    model.get_layer("conv").set_weights([kernel.transpose(2, 3, 1, 0), bias])
    model.get_layer("fc").set_weights(
        [port.fc.weight.detach().numpy().T, *(tensor.detach().numpy() for tensor in list(port.fc.parameters())[1:])]
    )
    report = diptych.compare(port, model, example=(1, 3, 8, 6))
    assert report.verdict == verdict, str(report)
    if verdict == "different":
        assert report.gate("nodes").where == "fc"
        assert "flatten order" in report.gate("nodes").detail


class Windowed(nn.Module):
    """The same with a convolution of the whole map in the place of flatten and the linear layer, as timm's VGG."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.drop, self.fc = nn.Conv2d(3, 4, 3), nn.Dropout(0.2), nn.Conv2d(4, 5, (6, 4))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.fc(self.drop(torch.relu(self.conv(x)))).flatten(1)
        return found


@pytest.mark.parametrize("other", [twin, lambda: Port("CHW"), lambda: Port("HWC")])
def test_a_kernel_of_the_whole_map_is_a_matrix(other: Callable[[], nn.Module | keras.Model]) -> None:
    report = diptych.compare(Windowed(), other(), example=(1, 3, 8, 6), weights="transfer")
    assert report.verdict == "same", str(report)


def test_a_kernel_of_the_whole_map_that_is_turned() -> None:
    port, turned = Windowed(), Port("CHW")
    state = {name: tensor.reshape(turned.state_dict()[name].shape) for name, tensor in port.state_dict().items()}
    turned.load_state_dict(state)
    assert diptych.compare(port, turned, example=(1, 3, 8, 6)).verdict == "same"
    turned.load_state_dict(state | {"fc.weight": port.fc.weight.transpose(2, 3).reshape(5, -1)})
    assert diptych.compare(port, turned, example=(1, 3, 8, 6)).where == "fc"
