"""A file that no network fits: refused soon, or held against the nearest networks, which samples of names choose."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hollow import hollow, zeros
from refusal import refused

from diptych.common import registry
from diptych.common.dialect import EMITTED, OWN
from diptych.common.errors import DiptychError
from diptych.common.registry import networks, traced
from diptych.conversion import signatures
from diptych.conversion.emitted import dialect_for
from diptych.conversion.identify import identify
from diptych.conversion.sketches import LEAST, SAMPLE, packed, short_digest, short_digests, unpacked
from diptych.files.checkpoint import Checkpoint
from diptych.files.layers import Layers
from diptych.files.tensors import Tensors

STRANGE = [f"encoder.{block}.attention.{kind}" for block in range(40) for kind in ("query", "key", "value")]
NORMAL = ("weight", "bias", "running_mean", "running_var")
SMALL = [*(f"conv{n}.weight" for n in range(12)), *(f"bn{n}.{kind}" for n in range(3) for kind in NORMAL)]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The networks that were asked for since, as if no file had been identified before."""
    found, before = set[str](), registry._traced

    def counted(name: str, options: tuple[tuple[str, Any], ...]) -> Any:
        found.add(name)
        return before(name, options)

    monkeypatch.setattr(registry, "_traced", counted)
    signatures._vocabulary.cache_clear()
    return found


def strange(layers: bool) -> Checkpoint:
    """A checkpoint of something else."""
    if layers:
        return Layers(Path("in.keras"), "keras", {name: [zeros((3,))] for name in STRANGE}, {})
    return Tensors(Path("in.pth"), "torch", {name: zeros((3,)) for name in STRANGE})


@pytest.mark.parametrize("layers", [False, True])
def test_for_strange_names_hardly_a_network_is_traced(layers: bool, seen: set[str]) -> None:
    with pytest.raises(DiptychError, match="are those of no registered network"):
        identify(strange(layers))
    assert len(seen) <= 3


@pytest.mark.parametrize("layers", [False, True])
def test_for_a_near_miss_few_networks_are_traced(layers: bool, seen: set[str]) -> None:
    whole = hollow(traced("resnet18", {}), dialect_for(OWN, "resnet18"), layers)
    seen.clear()
    assert identify(damaged(whole, "left out")).runners_up[0].net.name == "resnet18"
    assert len(seen) < len(networks()) / 3


def test_what_is_held_against_a_file_is_counted(seen: set[str]) -> None:
    for key in list(signatures._sketches("tensors"))[:6]:
        signatures._vocabulary(key, "tensors")
    assert len(seen) >= 3


def damaged(whole: Checkpoint, how: str) -> Checkpoint:
    """A checkpoint of which every seventh name is left out, renamed or has another shape."""
    if isinstance(whole, Tensors):
        return replace(whole, arrays=_changed(whole.arrays, how))
    assert isinstance(whole, Layers)
    layers = _changed(whole.layers, how)
    return replace(whole, layers=layers, places=layers if whole.places else {})


def _changed(found: Mapping[str, Any], how: str) -> dict[str, Any]:
    changed = {}
    for place, (name, value) in enumerate(found.items()):
        hit = place % 7 == 3
        odd = [zeros((3, 3, 3))] * len(value) if isinstance(value, list) else zeros((3, 3, 3))
        if not hit or how != "left out":
            new = f"{name}_ema" if hit and how == "renamed" else name
            changed[new] = odd if hit and how == "another shape" else value
    return changed


@pytest.mark.parametrize(
    ("name", "library", "layers", "how"),
    [
        ("resnet50", OWN, False, "left out"),
        ("resnet34", OWN, True, "renamed"),
        ("vgg16_bn", OWN, False, "renamed"),
        ("densenet121", OWN, False, "another shape"),
        ("inception_v4", OWN, False, "left out"),
        ("inception_v3", OWN, True, "left out"),
        ("preresnet50", "pytorchcv", False, "renamed"),
        ("squeezenet1_1", "pytorchcv", False, "left out"),
        ("resnet50.keras", "keras.applications", True, "left out"),
        ("xception.keras", "keras.applications", True, "renamed"),
        ("shufflenet_v2_x0_5", EMITTED, True, "left out"),
        ("squeezenet1_1", EMITTED, True, "another shape"),
    ],
)
def test_the_nearest_network_of_a_damaged_file_is_named_first(name: str, library: str, layers: bool, how: str) -> None:
    found = identify(damaged(hollow(traced(name, {}), dialect_for(library, name), layers), how))
    assert found.matches == ()
    nearest = found.runners_up[0]
    assert (nearest.net.name, nearest.dialect.library) == (name, library)
    assert 0.6 < nearest.confidence < 0.95


def test_samples_choose_and_do_not_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples that speak for other networks alone give worse matches, but none that is said to be better than it is."""
    whole = hollow(traced("resnet18", {}), dialect_for(OWN, "resnet18"), False)
    other = hollow(traced("resnet34", {}), dialect_for(OWN, "resnet34"), False)
    key, mine = (signatures.digest(file.labels()) for file in (other, whole))
    liar = {key: signatures._sketches("tensors")[mine]}
    monkeypatch.setattr(signatures, "_sketches", lambda kind: liar)
    assert identify(whole).matches[0].net.name == "resnet18"
    found = identify(damaged(whole, "left out"))
    assert found.matches == ()
    assert {item.net.name for item in found.runners_up} == {"resnet34"}
    assert all(item.confidence < 0.6 for item in found.runners_up)


def test_of_few_names_the_overlap_is_exact() -> None:
    sketch = unpacked(packed(SMALL))
    file = [*SMALL[2:], "head.weight"]
    assert sketch.overlap(short_digests(SMALL), len(SMALL)) == 1
    assert sketch.overlap(short_digests(file), len(file)) == pytest.approx((len(SMALL) - 2) / (len(SMALL) + 1))
    assert sketch.overlap(short_digests(STRANGE), len(SMALL)) == 0


def test_a_file_of_another_size_is_ruled_out() -> None:
    sketch, digests = unpacked(packed(SMALL)), short_digests(SMALL)
    assert sketch.overlap(digests, round(len(SMALL) / LEAST)) > 0
    assert sketch.overlap(digests, round(len(SMALL) / LEAST) + 1) == 0


def test_folded_names_are_those_without_normalisations() -> None:
    sketch, left = unpacked(packed(SMALL)), SMALL[:12]
    assert sketch.may_be_folded(short_digests(left), len(left))
    assert not sketch.may_be_folded(short_digests(left[1:]), len(left))
    assert not sketch.may_be_folded(short_digests(SMALL), len(SMALL) + 1)
    assert not unpacked(packed(left)).may_be_folded(short_digests(left), len(left))


@pytest.mark.parametrize("names", [SMALL * 5, STRANGE])
def test_a_sketch_is_small_and_of_the_smallest_digests(names: list[str]) -> None:
    many = [f"{name}{turn}" for turn, name in enumerate(names)]
    sketch = unpacked(packed(many))
    assert (sketch.layers.count, len(sketch.layers.digests)) == (len(many), SAMPLE)
    assert list(sketch.layers.digests) == sorted(map(short_digest, many))[:SAMPLE]


def test_half_a_character_in_a_name_is_refused(tmp_path: Path) -> None:
    head = json.dumps({"a\ud800b": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "in.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + bytes(4))
    assert "is no Unicode text" in refused(tmp_path, "identify", tmp_path / "in.safetensors")


def test_a_width_is_found_by_few_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 43 widths, a damaged file of one is held against a few."""
    net = traced("mobilenet_v3_small", {"width": 0.75})
    whole = hollow(net, dialect_for(OWN, "mobilenet_v3_small"), False)
    asked, before = set[Any](), registry._traced

    def counted(name: str, options: tuple[tuple[str, Any], ...]) -> Any:
        asked.update((name, value) for option, value in options if option == "width")
        return before(name, options)

    monkeypatch.setattr(registry, "_traced", counted)
    near = identify(damaged(whole, "left out")).runners_up
    assert near[0].net.name == "mobilenet_v3_small"
    assert len({(item.net.name, item.dialect.library, item.checkpoint.path) for item in near}) == len(near)
    counts = {name: sum(other == name for other, _ in asked) for name, _ in asked}
    assert dict(near[0].net.options)["width"] == 0.75
    assert 1 <= counts["mobilenet_v3_small"] <= max(counts.values()) <= 2
