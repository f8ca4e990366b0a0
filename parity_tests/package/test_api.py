"""The public functions take what the README says, and refuse the rest in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

import diptych
from diptych.common.errors import DiptychError

OPTIONS: dict[str, Any] = {"num_classes": 7, "in_channels": 1, "input_size": (64, 48), "width": 0.5}


@pytest.mark.parametrize("framework", ["torch", "tf"])
def test_build_takes_the_options_of_a_network_by_name(framework: str) -> None:
    net = diptych.spec("mobilenet_v2", **OPTIONS)
    model = diptych.build("mobilenet_v2", framework, **OPTIONS)
    shapes = {name: array.shape for name, array in diptych.weights(model, net).items()}
    assert shapes == {name: tuple(map(int, weight.shape)) for name, weight in net.weights.items()}
    assert shapes["classifier.1.weight"][0] == 7


def test_a_net_takes_no_options_and_the_error_says_what_to_do() -> None:
    with pytest.raises(DiptychError, match=r"build got num_classes=7, width=0.5 with a Net.*options to `spec`"):
        diptych.build(diptych.spec("mobilenet_v2"), "torch", num_classes=7, width=0.5)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        (
            "resnet18",
            {"weigths": {}},
            "no option 'weigths'; it takes output_stride, stem, num_classes, in_channels, input_size",
        ),
        ("lenet5_1998", {"depth": 3}, "no option 'depth'; it takes in_channels, input_size"),
        ("resnet18", {"num_classes": -1}, "resnet18: num_classes is a positive whole number"),
        (50, {}, "the name of a network is text such as 'resnet50', not 50"),
    ],
)
def test_a_senseless_option_of_build_is_named(name: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(DiptychError, match=said):
        diptych.build(name, "torch", **options)


def test_every_name_of_a_framework_means_the_same_in_every_function() -> None:
    text = {name: diptych.source("lenet5_modern", name) for name in ("torch", "pytorch", "tf", "tensorflow", "keras")}
    assert text["torch"] == text["pytorch"] != text["tf"] == text["tensorflow"] == text["keras"]
    for name in ("keras", "tensorflow"):
        assert type(diptych.build("lenet5_modern", name)).__module__.startswith("keras.")
    assert type(diptych.build("lenet5_modern", "pytorch")).__name__ == "LeNet5Modern"


@pytest.mark.parametrize("function", [diptych.build, diptych.source])
def test_an_unknown_framework_is_refused_with_the_known_ones(function: Any) -> None:
    with pytest.raises(DiptychError, match=r"there is no framework 'jax'; use 'torch' or 'tf'"):
        function("lenet5_modern", "jax")


def test_a_net_shows_itself_in_a_line() -> None:
    assert repr(diptych.spec("resnet50")) == "<Net resnet50: 175 nodes, 25,557,032 parameters, input (3, 224, 224)>"
