"""What a file says of the conversion that wrote it: every format keeps it, with the names of layers that changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import diptych
from diptych.common.dialect import OWN, Dialect, dialect, dialects
from diptych.common.registry import spec, traced
from diptych.common.spec import Net
from diptych.common.weights import scrambled
from diptych.conversion import report
from diptych.conversion.identify import Identified
from diptych.conversion.report import LONGEST, digest, record, report_path, versions
from diptych.files import FORMATS, read, write
from diptych.files.tensors import Tensors

NET = spec("mobilenet_v3_small.timm", num_classes=3)
SUFFIXES = [suffix for known in FORMATS for suffix in known.suffixes if not known.silent]


def layers(path: Path) -> set[str]:
    """The names of the layers that a file holds."""
    found = read(path)
    return {name.rpartition(".")[0] for name in found.arrays} if isinstance(found, Tensors) else set(found.names)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in timm's names."""
    path = tmp_path_factory.mktemp("record") / "in.pth"
    write(path, NET, scrambled(NET), {}, dialect=dialect("timm", NET.name))
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_keeps_where_its_weights_come_from(tmp_path: Path, theirs: Path, suffix: str) -> None:
    out = tmp_path / f"out{suffix}"
    done = diptych.convert(theirs, out, NET.name, check="float32" if suffix == ".weights.h5" else None)
    said = dict(read(out).stated.record)
    mapping = said.pop("mapping")
    assert (said.pop("sha256"), said.pop("versions")) == (digest(theirs), versions())
    measured = {"difference": done.proof.difference, "precision": "float32"} if done.proof else {}
    assert said == {"from": "timm", "to": "diptych"} | measured
    assert mapping["conv_stem"] == "features.0.0"
    assert mapping.keys() <= layers(theirs)
    assert set(mapping.values()) <= layers(out)


def test_the_mapping_is_that_of_the_report(tmp_path: Path, theirs: Path) -> None:
    diptych.convert(theirs, tmp_path / "out.npz", NET.name, check=None)
    mapping = read(tmp_path / "out.npz").stated.record["mapping"]
    for before, _, after in json.loads(report_path(tmp_path / "out.npz").read_text("utf-8"))["mapping"]:
        layer = before.rpartition(".")[0]
        assert mapping.get(layer, layer) == after.rpartition(".")[0]


def test_a_file_of_keras_applications_names_their_layers(tmp_path: Path) -> None:
    net = spec("mobilenet_v3_small.keras", num_classes=3)
    write(tmp_path / "in.npz", net, scrambled(net), {})
    diptych.convert(tmp_path / "in.npz", tmp_path / "out.weights.h5", net.name, to="keras", check=None)
    mapping = read(tmp_path / "out.weights.h5").stated.record["mapping"]
    assert mapping["features.0.0"] == "conv"
    assert set(mapping.values()) == layers(tmp_path / "out.weights.h5")


def test_where_no_name_differs_the_mapping_is_empty(tmp_path: Path) -> None:
    net = spec("lenet5_modern")
    write(tmp_path / "in.pth", net, scrambled(net), {})
    diptych.convert(tmp_path / "in.pth", tmp_path / "out.keras", check=None)
    assert read(tmp_path / "out.keras").stated.record["mapping"] == {}


def test_a_long_mapping_is_left_to_the_report(tmp_path: Path, theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "LONGEST", 1000)
    diptych.convert(theirs, tmp_path / "out.weights.h5", NET.name, check=None)
    assert read(tmp_path / "out.weights.h5").stated.record["mapping"] == "in the report"


def said(net: Net, before: Dialect, after: Dialect) -> dict[str, str | list[str]]:
    """The mapping of a network between two libraries."""
    found = record(Identified(net, Tensors(Path(), ""), before), net, after, "")["mapping"]
    assert isinstance(found, dict)
    return found


def test_layers_of_the_same_name_are_left_out() -> None:
    net = traced("ghostnet_0_5", {})
    found = said(net, dialect("timm", net.name), dialect(OWN, net.name))
    assert found["blocks.3.0.se.conv_reduce"] == "blocks.3.0.se.fc1"
    assert len(found) == 16
    assert all(before != after for before, after in found.items())


def test_a_layer_of_keras_that_is_two_of_ours_has_both() -> None:
    net = traced("xception.keras", {})
    ours, keras = dialect(OWN, net.name), dialect("keras.applications", net.name)
    there, back = said(net, keras, ours), said(net, ours, keras)
    assert there["block2_sepconv1"] == ["block1.rep.0.conv1", "block1.rep.0.pointwise"]
    assert [back[name] for name in there["block2_sepconv1"]] == ["block2_sepconv1"] * 2


@pytest.mark.slow
def test_the_mapping_of_every_registered_network_is_in_the_file() -> None:
    for item in dialects():
        net, ours = traced(item.network, {}), dialect(OWN, item.network)
        assert len(json.dumps(said(net, ours, item))) <= LONGEST
        assert len(json.dumps(said(net, item, ours))) <= LONGEST
