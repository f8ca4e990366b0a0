"""Keras files of an application and a Dense layer of one's own: the registered network, or the reader of models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hollow import hollow, zeros

from diptych.common.dialect import dialect
from diptych.common.errors import SpecError
from diptych.common.registry import traced
from diptych.conversion.head_words import LOUD
from diptych.conversion.heads import Unconverted
from diptych.conversion.identify import Identified, identified
from diptych.files.layers import Layers

NAME, OUTER = "mobilenet_v2.keras", "mobilenetv2_1.00_64"
POOL, DENSE = ("pool", "GlobalAveragePooling2D"), ("dense_3", "Dense")


def bare() -> dict[str, Any]:
    """The layers of the application without its top, of zeros."""
    found = hollow(traced(NAME, {"num_classes": 0}), dialect("keras.applications", NAME), layers=True)
    assert isinstance(found, Layers)
    return dict(found.layers)


def file(around: list[tuple[str, str]] | None, nested: bool, *dense: str, activation: str = "linear") -> Layers:
    """A file of the application, None for one without a config, with these layers after it or before it."""
    own = {f"{OUTER}/{name}" if nested else name: arrays for name, arrays in bare().items()}
    layers = own | {name: [zeros((1280, 5)), zeros((5,))] for name in dense or ("dense_3",)}
    middle = [(OUTER, "Functional")] if nested else []
    entries = [*middle, *((name, "Conv2D") for name in own)]
    config = None
    if around is not None:
        place = around.index(("", "")) if ("", "") in around else 0
        names = [*around[:place], *entries, *around[place + (("", "") in around) :]]
        more = {"activation": activation}
        config = {n: {"class_name": kind, "config": more if kind == "Dense" else {}} for n, kind in names}
    return Layers(Path("in.keras"), "keras", layers, {}, config=config)


def found(checkpoint: Layers, **given: Any) -> Identified:
    return identified(checkpoint, None, given)


@pytest.mark.parametrize("nested", [False, True])
def test_one_dense_layer_after_the_pool_is_the_head(nested: bool) -> None:
    front = [("scale", "Rescaling"), ("flip", "RandomFlip"), ("", "")]
    one = found(file([*front, POOL, ("drop", "Dropout"), DENSE], nested, activation="softmax"))
    assert one.net == traced(NAME, {"num_classes": 5})
    assert one.checkpoint.named(one.net).keys() == one.net.weights.keys()
    said = " | ".join(one.notes)
    assert "left out in front of the network: Rescaling (scale)" in said
    assert "the softmax that ends the source is left out" in said
    assert "the layer 'dense_3' in the file, 'classifier.1' here" in said


def test_weights_alone_say_less_and_it_is_said() -> None:
    one = found(file(None, nested=False))
    assert one.net == traced(NAME, {"num_classes": 5})
    assert any("was not seen" in note for note in one.notes)


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    "around",
    [
        [("pool", "GlobalMaxPooling2D"), DENSE],
        [POOL, ("relu", "ReLU"), DENSE],
        [("flatten", "Flatten"), DENSE],
        [("conv", "Lambda"), ("", ""), POOL, DENSE],
        [DENSE],
    ],
)
def test_another_graph_is_left_to_the_reader_of_models(around: list[tuple[str, str]], nested: bool) -> None:
    with pytest.raises(Unconverted, match=f"^{LOUD}: .*dense_3.*--backbone"):
        found(file(around, nested))


def test_another_activation_and_another_dense_are_left_to_it_too() -> None:
    for one in (
        file([POOL, DENSE], True, activation="relu"),
        file([POOL, DENSE, ("more", "Dense")], True, "dense_3", "more"),
    ):
        with pytest.raises(Unconverted, match=LOUD):
            found(one)


@pytest.mark.parametrize("nested", [False, True])
def test_the_backbone_alone_is_asked_for(nested: bool) -> None:
    one = found(file([POOL, DENSE], nested), num_classes=0)
    assert one.net == traced(NAME, {"num_classes": 0})
    assert any(note.startswith(f"{LOUD}, as asked: dense_3") for note in one.notes)


def mlp(*more: tuple[str, list[Any]], nested: bool = False) -> Layers:
    """A file of weights alone with a head of two Dense layers, whose names do not tell their order, and `more`."""
    own = {f"{OUTER}/{name}" if nested else name: arrays for name, arrays in bare().items()}
    head = {"dense_2": [zeros((8, 5)), zeros((5,))], "dense_9": [zeros((1280, 8)), zeros((8,))]}
    return Layers(Path("in.weights.h5"), "weights.h5", {**head, **own, **dict(more)}, {})


@pytest.mark.parametrize("nested", [False, True])
def test_dense_layers_in_a_row_are_asked_for_and_taken_by_their_widths(nested: bool) -> None:
    with pytest.raises(Unconverted, match=r'dense_9 and dense_2, linear layers 1280 -> 8 -> 5; .* --head "relu"'):
        found(mlp(nested=nested))
    one = found(mlp(nested=nested), head="relu,dropout")
    assert dict(one.net.options)["head"] == "linear:8,relu,dropout,linear:5"
    assert one.checkpoint.named(one.net).keys() == one.net.weights.keys()
    assert [array.shape for array in one.checkpoint.named(one.net).values()].count((8, 1280)) == 1
    assert any("dense_9 and dense_2" in note and "was not seen" in note for note in one.notes)


def test_a_normalisation_between_them_has_its_place() -> None:
    one = found(mlp(("norm", [zeros((8,))] * 4)), head="relu")
    assert dict(one.net.options)["head"] == "linear:8,batch_norm,relu,linear:5"


@pytest.mark.parametrize(
    "more",
    [
        [("dense_5", [zeros((8, 8)), zeros((8,))]), ("dense_6", [zeros((8, 8)), zeros((8,))])],
        [("odd", [zeros((8, 3))])],
        [("conv", [zeros((1, 1, 8, 8))])],
    ],
)
def test_a_head_of_which_the_order_is_not_told_is_refused(more: list[tuple[str, list[Any]]]) -> None:
    with pytest.raises(Unconverted, match=f"{LOUD}: .*and other layers with weights"):
        found(mlp(*more), head="relu")


def test_what_is_said_to_lie_between_them_must_fit() -> None:
    with pytest.raises(SpecError, match=r"in.weights.h5: the head .* is not that of the file"):
        found(mlp(), head="linear:4,relu,linear:5")
