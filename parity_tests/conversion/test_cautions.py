"""A word, once, where names and shapes do not tell the function; none where they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hollow import hollow

from diptych.common.dialect import OWN, dialect
from diptych.common.registry import traced
from diptych.conversion.cautions import cautions
from diptych.conversion.identify import Identified
from diptych.conversion.layer_heads import SOFTMAX, UNSEEN
from diptych.files import format_of
from diptych.files.layers import Layers
from diptych.files.provenance import Provenance
from diptych.files.tensors import Tensors

COUNTED = {"bn1.num_batches_tracked": 1}


def said(name: str, source: str, result: str, library: str = OWN, **more: Any) -> str:
    """The notes on a conversion of a network between files of two names."""
    net, item = traced(name, {}), dialect(OWN, name)
    arrays = hollow(net, item, layers=False)
    assert isinstance(arrays, Tensors)
    found = Identified(net, Tensors(Path(source), "torch", arrays.arrays, **more), item)
    return " | ".join(cautions(found, net, library, format_of(Path(result)), format_of(Path(source))))


@pytest.mark.parametrize(
    "name", ["inception_v3", "inception_v3_aux", "googlenet_torchvision_bn", "googlenet_torchvision_bn_aux"]
)
def test_torchvisions_renormalisation_is_named(name: str) -> None:
    assert "transform_input=True" in said(name, "in.pth", "out.keras", extras=COUNTED)
    assert not said(name, "in.keras", "out.keras", extras=COUNTED)
    assert not said(name, "in.pth", "out.keras", stated=Provenance(name))


def test_a_file_without_counters_may_have_another_epsilon() -> None:
    assert "here it is 1e-05" in said("resnet18", "in.pth", "out.keras")
    assert not said("resnet18", "in.pth", "out.keras", extras=COUNTED)
    assert not said("resnet18", "in.safetensors", "out.keras")
    assert not said("vgg11_a", "in.pth", "out.keras")


def test_weights_that_another_class_of_torchvisions_takes() -> None:
    note = said("mobilenet_v2.keras", "in.keras", "out.pth")
    assert note.startswith("torchvision's mobilenet_v2 loads this file, too, and computes something else")
    assert 'diptych.build("mobilenet_v2.keras", "torch")' in note
    assert not said("mobilenet_v2", "in.keras", "out.pth")
    assert not said("mobilenet_v2.keras", "in.keras", "out.keras")
    assert not said("mobilenet_v2.keras", "in.keras", "out.pth", library="timm")
    assert not said("resnet50.keras", "in.keras", "out.pth")  # it has biases that torchvision's has not


KERAS, CONFIG = "vgg16_d", {"predictions": {"class_name": "Dense", "config": {"activation": "softmax"}}}


def of_layers(config: dict[str, Any] | None, classes: int = 1000, notes: tuple[str, ...] = ()) -> str:
    """The notes on a file in the names of keras.applications."""
    net, item = traced(KERAS, {"num_classes": classes}), dialect("keras.applications", KERAS)
    found = Identified(net, Layers(Path("in.keras"), "keras", {}, {}, config=config), item, notes)
    return " | ".join(cautions(found, net, OWN, format_of(Path("out.pth")), format_of(Path("in.keras"))))


def test_a_softmax_at_the_end_of_a_file_of_keras_is_said_to_be_left_out() -> None:
    assert of_layers(CONFIG) == SOFTMAX
    assert of_layers({"end": {"class_name": "Softmax", "config": {}}}) == SOFTMAX
    assert not of_layers({**CONFIG, "more": {"class_name": "Dense", "config": {"activation": "linear"}}})
    assert not of_layers(CONFIG, classes=0)
    assert not of_layers(CONFIG, notes=(SOFTMAX,))


def test_weights_alone_do_not_say_whether_there_is_one() -> None:
    assert "classifier_activation=None, which no file of weights says" in of_layers(None)
    assert not of_layers(None, notes=(UNSEEN,))
    assert not of_layers(None, classes=0)


def test_a_policy_of_half_precision_is_said() -> None:
    three = {"class_name": "DTypePolicy", "config": {"name": "mixed_bfloat16"}}
    for policy, name in (("mixed_float16", "mixed_float16"), (three, "mixed_bfloat16")):
        config = {"conv": {"class_name": "Conv2D", "config": {"dtype": policy}}}
        assert of_layers(config) == f"the source computes in {name}, and so rounds what this network does not"
    assert not of_layers({"conv": {"class_name": "Conv2D", "config": {"dtype": "float32"}}})


def test_a_keras_that_is_newer_than_known_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not said("resnet18", "in.pth", "out.keras", extras=COUNTED)
    monkeypatch.setattr("diptych.conversion.cautions.versions_of", lambda names: {"keras": "3.16.0"})
    assert "Keras 3.16.0" in said("resnet18", "in.pth", "out.keras", extras=COUNTED)
    assert not said("resnet18", "in.pth", "out.npz", extras=COUNTED)
    monkeypatch.setattr("diptych.conversion.cautions.versions_of", lambda names: {})
    assert not said("resnet18", "in.pth", "out.keras", extras=COUNTED)
