"""The proof of a conversion, its report and its page, and `diptych verify`, which repeats the proof later."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusal import refused
from stored import tensors
from typer.testing import CliRunner, Result

import diptych
from diptych.commands.cli import app
from diptych.common.errors import DiptychError
from diptych.common.registry import spec
from diptych.common.rewriting.forms import rewritten
from diptych.common.spec import Array, Net
from diptych.common.weights import scrambled
from diptych.conversion.report import digest, report_path
from diptych.files import read, write

NET = spec("lenet5_modern")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def source(folder: Path, net: Net = NET, name: str = "in.pth") -> Path:
    """A file of ours in which every weight differs."""
    write(folder / name, net, scrambled(net), {})
    return folder / name


@pytest.fixture
def converted(tmp_path: Path) -> Path:
    """out.keras, from in.pth beside it."""
    diptych.convert(source(tmp_path), tmp_path / "out.keras", check=None)
    return tmp_path / "out.keras"


def report_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(report_path(path).read_text("utf-8"))
    return found


def restated(path: Path, **changes: Any) -> None:
    """The report with other entries, side__key for those of a side."""
    data = report_of(path)
    for key, value in changes.items():
        side, _, inner = key.partition("__")
        data[side][inner] = value
    report_path(path).write_text(json.dumps(data), "utf-8")


def test_a_converted_file_is_verified(converted: Path) -> None:
    done = run("verify", converted)
    assert done.exit_code == 0, done.output
    assert "lenet5_modern: verified" in done.stdout
    assert f"its source {converted.with_name('in.pth')} is unchanged" in done.stdout
    assert "PyTorch against TensorFlow in float64" in done.stdout
    found = diptych.verify(converted, "float32")
    assert found.passed
    assert found.proof is not None
    assert (found.proof.precision, found.proof.tolerance) == ("float32", 1e-4)


def test_a_rewritten_form_is_verified_against_the_other_form(tmp_path: Path) -> None:
    net = spec("mobilenet_v3_small.timm", num_classes=3)
    file = tmp_path / "out.safetensors"
    done = diptych.convert(source(tmp_path, net), file, net.name, form="mobilenet_v3_small")
    assert (done.origin, done.network) == (net.name, "mobilenet_v3_small")
    assert done.proof is not None
    assert done.proof.difference < 1e-10 < (done.proof.rounding or 0) < 1e-4
    found = diptych.verify(file)
    assert found.passed, str(found)
    assert found.proof is not None
    assert found.proof.rounding == done.proof.rounding


def test_a_changed_byte_is_found(converted: Path) -> None:
    data = bytearray(converted.read_bytes())
    data[len(data) // 2] ^= 1
    converted.write_bytes(bytes(data))
    done = run("verify", converted)
    assert done.exit_code == 1
    assert "NOT verified" in done.stdout
    assert "the file was changed after the conversion" in done.stdout


def test_another_weight_is_found_though_the_report_agrees_with_the_file(converted: Path) -> None:
    """Whoever changes a file may change its digest, too; the source still tells."""
    found = read(converted)
    weights = found.named(NET)
    weights["c3.weight"] = weights["c3.weight"] + np.float32(1e-3)
    write(converted, NET, weights, {}, record=found.stated.record)
    restated(converted, result__sha256=digest(converted))
    done = run("verify", converted)
    assert done.exit_code == 1
    assert "is unchanged" in done.stdout
    assert "c3.weight has other bits than in the source" in done.stdout


def test_a_file_that_is_gone_is_not_verified(converted: Path) -> None:
    converted.unlink()
    done = run("verify", converted)
    assert done.exit_code == 1
    assert "that of no file" in done.stdout


def test_without_a_report_there_is_nothing_to_verify(converted: Path) -> None:
    report_path(converted).unlink()
    assert "has no out.keras.report.json beside it" in refused(converted.parent, "verify", converted)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"source": {}, "result": {}}', '{"source": 3}'])
def test_a_broken_report_is_named(converted: Path, text: str) -> None:
    report_path(converted).write_text(text, "utf-8")
    assert "is no report of a conversion" in refused(converted.parent, "verify", converted)


@pytest.mark.parametrize(
    "changes",
    [
        {"result__options": [1]},
        {"result__options": {"num_classes": "many"}},
        {"result__options": {"colour": 3}},
        {"result__network": "resnet81"},
        {"result__network": None},
        {"source__path": 3},
        {"source__options": "x"},
    ],
)
def test_a_report_that_says_nonsense_ends_in_an_error(converted: Path, changes: dict[str, Any]) -> None:
    restated(converted, **changes)
    done = run("verify", converted)
    assert done.exit_code in (1, 2), done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)


def test_the_report_says_what_was_done_and_measured(tmp_path: Path) -> None:
    net = spec("lenet5_modern", num_classes=7)
    done = diptych.convert(source(tmp_path, net), tmp_path / "out.keras")
    data = report_of(tmp_path / "out.keras")
    assert done.report == tmp_path / "out.keras.report.json"
    sides = {
        "source": {"path": str(tmp_path / "in.pth"), "format": "torch", "sha256": digest(tmp_path / "in.pth")},
        "result": {"path": str(tmp_path / "out.keras"), "format": "keras", "sha256": digest(tmp_path / "out.keras")},
    }
    stated = {"names": "diptych", "network": "lenet5_modern", "options": {"num_classes": 7}}
    assert {side: data[side] for side in sides} == {side: entry | stated for side, entry in sides.items()}
    assert (data["matched"], data["bitwise"]) == (len(net.weights), True)
    assert data["notes"] == list(done.notes)
    assert {"diptych", "python", "numpy", "torch", "tensorflow", "keras"} <= data["versions"].keys()
    assert done.proof is not None
    assert (data["proof"]["difference"], data["proof"]["precision"]) == (done.proof.difference, "float64")
    assert data["proof"]["difference"] < data["proof"]["tolerance"] == 1e-10
    assert data["proof"]["size"] == list(done.proof.size)
    assert data["proof"]["size"][0] != data["proof"]["size"][1] or net.input_shape[1:] == tuple(data["proof"]["size"])
    assert data["mapping"] == [[name, name, name] for name in net.weights]
    assert data["seconds"] > 0
    assert data["not_compared"] == list(done.not_compared)
    assert "weights alone do not say how they are wired" in done.not_compared[0]
    assert f"not compared: {done.not_compared[0]}" in str(done)


def test_the_report_names_the_weights_on_both_sides(tmp_path: Path) -> None:
    net = spec("mobilenet_v3_small.timm", num_classes=3)
    diptych.convert(source(tmp_path, net), tmp_path / "out.pth", net.name, to="timm", check=None)
    data = report_of(tmp_path / "out.pth")
    assert (data["source"]["names"], data["result"]["names"], data["proof"]) == ("diptych", "timm", None)
    assert ["features.0.0.weight", "features.0.0.weight", "conv_stem.weight"] in data["mapping"]
    assert [entry[2] for entry in data["mapping"]] == list(tensors(tmp_path / "out.pth").arrays)


def test_the_page_shows_names_and_difference_and_escapes_all(tmp_path: Path) -> None:
    path = source(tmp_path, name="<b onload=alert(1)>&.pth")
    page = tmp_path / "report.html"
    done = run("convert", path, tmp_path / "out.keras", "--html", page)
    assert done.exit_code == 0, done.output
    text = page.read_text("utf-8")
    data = report_of(tmp_path / "out.keras")
    assert "<b " not in text
    assert html.escape(str(path)) in text
    assert f"{data['proof']['difference']:.1e}" in text
    assert re.findall(r"<code>([\w.]+)</code>", text)[:3] == ["c1.weight"] * 3
    assert all(f"<td><code>{name}</code></td>" in text for name in NET.weights)
    assert data["result"]["sha256"] in text
    assert "<script" not in text
    assert "http" not in text


def test_the_page_of_an_unproven_conversion_says_so(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    run("convert", source(tmp_path), tmp_path / "out.pth", "--no-check", "--html", page)
    assert "The two were not run against each other" in page.read_text("utf-8")
    error = refused(tmp_path, "convert", tmp_path / "in.pth", tmp_path / "other.pth", "--html", page)
    assert "exists already" in error


@pytest.mark.parametrize("fast", [True, False])
def test_the_precision_of_the_check(tmp_path: Path, fast: bool) -> None:
    done = run("convert", source(tmp_path), tmp_path / "out.keras", *(["--fast"] if fast else []))
    assert done.exit_code == 0, done.output
    wanted = ("float32", 1e-4) if fast else ("float64", 1e-10)
    proof = report_of(tmp_path / "out.keras")["proof"]
    assert (proof["precision"], proof["tolerance"]) == wanted
    assert f"in {wanted[0]} on 2 random images" in done.stdout


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_wrong_layout_fails_the_proof_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that mirrors kernels, and a reader that mirrors them back: bits alone would not tell."""
    from diptych.common.layouts import to_canonical, to_framework
    from diptych.files import layers
    from diptych.files.keras_archive import store
    from diptych.tf_impl import build, saved, state

    def written(array: Array, *rest: Any) -> Array:
        return to_framework(array[..., ::-1] if array.ndim == 4 else array, *rest)

    def found(array: Array, *rest: Any) -> Array:
        made = to_canonical(array, *rest)
        return made[..., ::-1] if made.ndim == 4 else made

    diptych.convert(source(tmp_path), tmp_path / "out.keras", check=None)
    before = listing(tmp_path)
    for module in (build, state, saved, store):
        monkeypatch.setattr(module, "to_framework", written)
    monkeypatch.setattr(layers, "to_canonical", found)
    error = refused(tmp_path, "convert", tmp_path / "in.pth", tmp_path / "new.keras")
    assert "the converted network is another function: PyTorch against TensorFlow differ by" in error
    refused(tmp_path, "convert", tmp_path / "in.pth", tmp_path / "out.keras", "--force", "--html", tmp_path / "p.html")
    assert listing(tmp_path) == before


def test_a_wrong_rewriting_fails_the_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from diptych.conversion import forms

    right = rewritten

    def wrong(*given: Any) -> Any:
        moved, notes = right(*given)
        return moved | {"features.0.1.running_var": moved["features.0.1.running_var"] * (1 + 1e-7)}, notes

    net = spec("mobilenet_v3_small.timm", num_classes=3)
    path = source(tmp_path, net)
    monkeypatch.setattr(forms, "rewritten", wrong)
    with pytest.raises(DiptychError, match=r"another function: .*differ by .* in float64, allowed is 1e-10"):
        diptych.convert(path, tmp_path / "out.pth", net.name, form="mobilenet_v3_small")
    assert list(listing(tmp_path)) == [str(path)]


def test_outputs_of_zero_prove_nothing(tmp_path: Path) -> None:
    path = tmp_path / "in.pth"
    write(path, NET, {name: np.zeros_like(array) for name, array in scrambled(NET).items()}, {})
    error = refused(tmp_path, "convert", path, tmp_path / "out.keras")
    assert "every output of lenet5_modern is 0 with these weights" in error
    done = run("convert", path, tmp_path / "out.keras", "--no-check")
    assert done.exit_code == 0
    assert report_of(tmp_path / "out.keras")["proof"] is None
    assert "random images" not in done.stdout
    assert "not compared: the outputs: the two were not run against each other" in done.stdout
    verified = run("verify", tmp_path / "out.keras")
    assert verified.exit_code == 1
    assert "is 0 with these weights" in verified.stdout
