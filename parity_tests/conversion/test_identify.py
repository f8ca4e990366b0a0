"""A checkpoint is known by its names and shapes: every network, in every library's names, whole and changed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hollow import hollow, zeros
from selection import QUICKEST

from diptych.common.dialect import NUMBERED_KERAS, OWN, Dialect, dialect
from diptych.common.registry import network, networks, traced
from diptych.conversion.identify import Identification, identified, identify
from diptych.conversion.signatures import FILE, dialects_of, signature_table
from diptych.files.checkpoint import Checkpoint
from diptych.files.layers import Layers
from diptych.files.tensors import Tensors

VARIANTS: dict[str, dict[str, int]] = {
    "full": {},
    "10 classes": {"num_classes": 10},
    "no head": {"num_classes": 0},
    "1 channel": {"in_channels": 1},
}


def cases() -> Iterator[tuple[str, Dialect, bool]]:
    """(network, dialect, whether the file has Keras layers)."""
    for name in networks():
        for item in dialects_of(name):
            yield from ((name, item, layers) for layers in (False, True) if item.library == OWN)
            if item.library not in (OWN, NUMBERED_KERAS):  # whose files are recognised by a graph
                yield name, item, item.of_layers


def outcome(found: Identification, name: str, options: dict[str, Any]) -> str:
    """How an identification went: "alone", "tie" of networks with the same names and shapes, or what was wrong."""
    mine = [item for item in found.matches if name in (item.net.name, *item.also)]
    if not mine:
        return f"wrong: {found.names}"
    own = {"num_classes": network(name).num_classes, "in_channels": network(name).in_channels}
    options = {key: value for key, value in options.items() if own[key] != value}
    if any(dict(item.net.options) != options for item in mine if item.net.name == name):
        return f"wrong options: {[dict(item.net.options) for item in mine]}"
    return "alone" if len(found.matches) == 1 else "tie"


def _signature(checkpoint: Checkpoint) -> dict[str, Any]:
    if isinstance(checkpoint, Tensors):
        return {name: array.shape for name, array in checkpoint.arrays.items()}
    assert isinstance(checkpoint, Layers)
    return {name: [array.shape for array in arrays] for name, arrays in checkpoint.layers.items()}


def measured(names: Collection[str]) -> dict[str, int]:
    """How many checkpoints of networks are told alone, or tie with others in all names and shapes; none wrongly."""
    counts = {"alone": 0, "tie": 0, "not applicable": 0}
    wrong = []
    for name, item, layers in cases():
        for variant, options in VARIANTS.items() if name in names else ():
            if "num_classes" in options and network(name).num_classes is None:
                counts["not applicable"] += 1
                continue
            checkpoint = hollow(traced(name, options), item, layers)
            found = identify(checkpoint)
            kind = outcome(found, name, options)
            if kind not in counts:
                wrong.append((name, item.library, "layers" if layers else "names", variant, kind))
                continue
            counts[kind] += 1
            if kind == "tie":  # of networks that no method could tell apart
                for other in found.matches:
                    twin = hollow(other.net, other.dialect, layers)
                    assert _signature(twin) == _signature(checkpoint), (name, item.library, variant)
    assert not wrong, wrong
    return counts


@pytest.mark.slow
def test_every_network_in_every_dialect_is_identified() -> None:
    """Some networks, whole, with other heads and without; a tie is one that no method could break."""
    counts = measured({*QUICKEST, "efficientdet_d0"})
    assert counts["alone"] > counts["tie"] > 0


@pytest.mark.full
def test_all_networks_in_every_dialect_are_identified() -> None:
    counts = measured(networks())
    assert counts["alone"] > counts["tie"] > 0


@pytest.mark.slow
def test_the_signatures_are_those_of_the_networks() -> None:
    """Written anew by `make write`."""
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(json.dumps(signature_table()))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("resnet50", {"num_classes": 21841}),
        ("resnet50", {"num_classes": 1, "in_channels": 4}),
        ("mobilenet_v2", {"num_classes": 0, "width": 0.35}),
        ("mobilenet_v3_small.timm", {"num_classes": 2, "in_channels": 1}),
        ("vgg16_bn", {"num_classes": 37}),
        ("densenet121", {"num_classes": 0}),
        ("inception_v3", {"num_classes": 12}),
    ],
)
@pytest.mark.parametrize("layers", [False, True])
def test_options_are_read_off_the_shapes(name: str, options: dict[str, Any], layers: bool) -> None:
    found = identify(hollow(traced(name, options), dialect(OWN, name), layers))
    mine = next(item for item in found.matches if name in (item.net.name, *item.also))
    assert dict(mine.net.options) == options


def near(**changes: Any) -> Identification:
    """What a checkpoint of ResNet-18 is taken for with other shapes by name, __ a full stop; None leaves out."""
    whole = hollow(traced("resnet18", {}), dialect(OWN, "resnet18"), False)
    assert isinstance(whole, Tensors)
    arrays = dict(whole.arrays)
    for name, shape in changes.items():
        arrays.pop(name.replace("__", "."), None)
        if shape is not None:
            arrays[name.replace("__", ".")] = zeros(shape)
    return identify(replace(whole, arrays=arrays))


@pytest.mark.parametrize(
    ("changes", "missing", "extra", "misfits"),
    [
        ({"layer2__0__bn1__bias": None}, ("layer2.0.bn1.bias",), (), ()),
        ({"queue": (8, 8)}, (), ("queue",), ()),
        (
            {"layer1__0__conv1__weight": (3, 64, 64, 3)},
            (),
            (),
            ("layer1.0.conv1.weight is 3x64x64x3, expected 64x64x3x3",),
        ),
        ({"bn1__weight": None, "bn1__gamma": (64,)}, ("bn1.weight",), ("bn1.gamma",), ()),
    ],
)
def test_a_near_miss_is_named(
    changes: dict[str, Any], missing: tuple[str, ...], extra: tuple[str, ...], misfits: tuple[str, ...]
) -> None:
    found = near(**changes)
    assert found.matches == ()
    nearest = found.runners_up[0]
    assert nearest.net.name == "resnet18"
    assert (nearest.missing, nearest.extra, nearest.misfits) == (missing, extra, misfits)
    count = len(traced("resnet18", {}).weights)
    assert nearest.confidence == pytest.approx(nearest.matched / (count + len(extra)))
    assert 0.98 < nearest.confidence < 1
    assert len(found.runners_up) > 1
    scores = [item.confidence for item in found.runners_up]
    assert scores == sorted(scores, reverse=True)


def test_a_transposed_matrix_is_no_match() -> None:
    found = near(fc__weight=(512, 1000))
    assert found.matches == ()
    assert found.runners_up[0].net.name == "resnet18"
    assert "fc.weight is 512x1000, expected 1000x512" in found.runners_up[0].misfits


def test_a_tie_is_reported_as_one() -> None:
    found = identify(hollow(traced("mobilenet_v2", {}), dialect(OWN, "mobilenet_v2"), False))
    assert set(found.names) == {"mobilenet_v2", "mobilenet_v2.keras"}
    assert all(item.confidence == 1 for item in found.matches)


def test_another_name_of_the_same_function_is_no_tie() -> None:
    found = identify(hollow(traced("mnasnet_0_5", {}), dialect(OWN, "mnasnet_0_5"), False))
    assert len(found.matches) == 1
    assert "mnasnet_0_5" in (found.matches[0].net.name, *found.matches[0].also)


def test_an_alias_with_a_size_asks_for_the_network_at_that_size() -> None:
    file = hollow(traced("yolov3", {"num_classes": 2}), dialect(OWN, "yolov3"), layers=False)

    def asked(name: str, size: tuple[int, int] | None = None) -> Any:
        return dict(identified(file, name, {"input_size": size}).net.options).get("input_size")

    assert [asked("yolov3"), asked("yolov3_416"), asked("yolov3_608")] == [None, None, (608, 608)]
    assert asked("yolov3_608", (64, 96)) == (64, 96)
