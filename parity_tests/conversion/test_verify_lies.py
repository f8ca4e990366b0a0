"""Reports that lie: every false field is named, and absurd ones are refused before anything is built."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from lies import Sound, changed, converted, stating, verdict

from diptych.conversion.report_schema import MOST


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """(out.npz, its report), converted and run in float32."""
    return converted(tmp_path_factory.mktemp("lies"))


FALSE: list[tuple[str, Any, str]] = [
    ("matched", 9, "its matched is 9, it has 10"),
    ("bitwise", False, "its bitwise is False, it has True"),
    ("versions", {"torch": "9.9"}, "its versions is {'torch': '9.9'}, its record has"),
    ("versions", {}, "its versions is {}"),
    ("proof", None, "its proof.difference is None, its record has"),
    ("proof.difference", 1e-17, "its proof.difference is 1e-17, its record has"),
    ("proof.difference", 3e-9, "its proof.difference is 3e-09, its record has"),
    ("proof.difference", 1, "its proof.difference is 1, its record has"),
    ("proof.precision", "float64", "its proof.precision is 'float64', its record has 'float32'"),
    ("proof.tolerance", 1e-3, "its proof.tolerance is 0.001, it has 0.0001"),
    ("proof.tolerance", 0, "its proof.tolerance is 0"),
    ("proof.size", [16, 16], "its proof.size is (16, 16)"),
    ("proof.outputs", 2, "its proof.outputs is 2, it has 1"),
    ("proof.source", "TensorFlow", "its proof.source is 'TensorFlow', it has 'PyTorch'"),
    ("proof.result", "JAX", "its proof.result is 'JAX'"),
    ("proof.rounding", 1e-7, "its proof.rounding is 1e-07, and of its weights none were rewritten"),
    ("not_compared", [], "its not_compared is ()"),
    ("not_compared", ["nothing"], "its not_compared is ('nothing',)"),
    ("mapping", [["a", "b", "c"]], "its mapping is not that of its source and its result: entry 0 is ['a', 'b', 'c']"),
    ("source.sha256", "0" * 64, "its source.sha256 is '0000"),
    ("source.names", "timm", "its source.names is 'timm', its record has 'diptych'"),
    ("source.names", "x", "its source.names is 'x'"),
    ("source.format", "keras", "its proof.source is 'PyTorch', it has 'TensorFlow'"),
    ("source.format", "npz", "its source.format is 'npz', its source has 'torch'"),
    ("source.network", "vgg11_a", "its mapping is not that of"),
    ("source.network", "lenet5_modern.folded", "its networks and names have no meaning"),
    ("source.network", "nothing", "there is no network 'nothing'"),
    ("source.options", {"num_classes": 11}, "its source.options is {'num_classes': 11}"),
    ("source.options", {"self": 1}, "its source.options is {'self': 1}"),
    ("source.options", {"depth": 30.0}, "its source.options is {'depth': 30.0}"),
    ("source.options", {"input_size": [20000, 20000]}, "its source.options is"),
    ("result.options", {"num_classes": 10**6}, "its result.options is"),
    ("result.options", {"input_size": [20000, 20000]}, "its result.options is"),
    ("result.options", {"num_classes": None}, "its result.options is"),
    ("result.options", {"num_classes": True}, "its result.options is"),
    ("result.network", "lenet5_original", "its result.network is 'lenet5_original', its record has 'lenet5_modern'"),
    ("result.network", "lenet5_modern.folded", "its result.network is"),
    ("result.names", "torchvision", "its result.names is 'torchvision', its record has 'diptych'"),
    ("result.format", "torch", "its result.format is 'torch', it has 'npz'"),
    ("result.sha256", "f" * 64, "the file was changed after the conversion"),
]


@pytest.mark.parametrize(("field", "value", "said"), FALSE, ids=lambda item: str(item)[:30])
def test_a_false_field_is_named(sound: Sound, field: str, value: Any, said: str) -> None:
    path, report = sound
    with stating(path, changed(report, field, value)):
        found, text = verdict(path)
    assert found is not None, text
    assert (found.passed, found.unknown) == (False, False)
    assert said in text


SENSELESS: list[tuple[str, Any]] = [
    ("source", [1]),
    ("source", {}),
    ("result", None),
    ("source.path", "in.pth"),
    ("source.path", "../in.pth"),
    ("source.path", ""),
    ("source.path", "/a\0b.pth"),
    ("source.path", "/" + "a" * 5000),
    ("source.path", 3),
    ("source.path", "/\ud800.pth"),
    ("source.sha256", "0"),
    ("result.sha256", "\x1b[31m\n"),
    ("result.sha256", None),
    ("source.network", ""),
    ("source.network", "x\n\x1b[31m"),
    ("result.network", "\0"),
    ("result.names", "\u202e"),
    ("result.format", 1),
    ("result.options", [1]),
    ("result.options", {"num_classes": -1}),
    ("source.options", {"num_classes": 10**15}),
    ("source.options", {"num_classes": {}}),
    ("source.options", {"num_classes": [[1]]}),
    ("source.options", {"input_size": [10**6, 10**6]}),
    ("source.options", {"input_size": [1, 2, 3, 4]}),
    ("source.options", {"depth": float("inf")}),
    ("source.options", {"depth": float("nan")}),
    ("source.options", {"Bad Name": 1}),
    ("source.options", {f"option{number}": 1 for number in range(1000)}),
    ("matched", -1),
    ("matched", True),
    ("matched", 10**30),
    ("matched", "10"),
    ("bitwise", 1),
    ("bitwise", "yes"),
    ("versions", {"torch": "x" * 10**5}),
    ("versions", {"\x1b[31m": "1"}),
    ("versions", ["torch"]),
    ("proof", []),
    ("proof", {"difference": 0.0}),
    ("proof.difference", float("nan")),
    ("proof.difference", float("inf")),
    ("proof.difference", -1e-9),
    ("proof.difference", "1e-16"),
    ("proof.precision", "float16"),
    ("proof.tolerance", 1e9),
    ("proof.size", [1, 2, 3]),
    ("proof.size", [10**9, 10**9]),
    ("proof.seconds", -1),
    ("proof.added", 1),
    ("seconds", float("nan")),
    ("notes", "none"),
    ("notes", [1]),
    ("not_compared", None),
    ("mapping", {}),
    ("mapping", []),
    ("mapping", [["a", "b"]]),
    ("mapping", [["a", "b", 3]]),
    ("added", 1),
]


@pytest.mark.parametrize(("field", "value"), SENSELESS, ids=lambda item: str(item)[:30])
def test_a_field_without_sense_is_refused_with_its_name(sound: Sound, field: str, value: Any) -> None:
    path, report = sound
    with stating(path, changed(report, field, value)):
        found, text = verdict(path)
    assert found is None, text
    assert "is no report of a conversion" in text
    assert field.rpartition(".")[2] in text
    assert text.endswith("convert anew")


@pytest.mark.parametrize("field", ["source", "result", "versions", "proof", "mapping", "not_compared", "bitwise"])
def test_a_field_that_is_missing_is_named(sound: Sound, field: str) -> None:
    path, report = sound
    with stating(path, {key: value for key, value in report.items() if key != field}):
        found, text = verdict(path)
    assert found is None
    assert f"it has no field {field!r}" in text


TEXTS: dict[str, str | bytes] = {
    "deep lists": "[" * 200_000,
    "deep objects": '{"a":' * 200_000,
    "null": "null",
    "a list": "[]",
    "nothing": "",
    "a large number": "9" * 10_000,
    "no UTF-8": b"\xff\xfe\x00\x80",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "half of a surrogate pair": '"\\ud800"',
    "too long": " " * (MOST + 1),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_is_no_report_is_refused(sound: Sound, name: str) -> None:
    path, _ = sound
    with stating(path, TEXTS[name]):
        found, text = verdict(path)
    assert found is None
    assert f"{path.name}.report.json" in text


def test_a_name_that_is_said_twice_is_refused(sound: Sound) -> None:
    """JSON takes the last, other readers the first."""
    path, report = sound
    with stating(path, json.dumps(report)[:-1] + ', "matched": 10}'):
        found, text = verdict(path)
    assert (found, "'matched' is there twice" in text) == (None, True)


@pytest.mark.parametrize("entry", [0, -1])
@pytest.mark.parametrize("column", [0, 1, 2])
def test_one_name_of_the_mapping_is_found(sound: Sound, entry: int, column: int) -> None:
    path, report = sound
    data = copy.deepcopy(report)
    data["mapping"][entry][column] = "c9.weight"
    with stating(path, data):
        found, text = verdict(path)
    assert found is not None
    assert "its mapping is not that of its source and its result" in text


def test_two_swapped_names_of_the_mapping_are_found_without_the_source(sound: Sound, tmp_path: Path) -> None:
    path, report = sound
    data = changed(report, "source.path", str(tmp_path / "gone.pth"))
    data["mapping"][0], data["mapping"][1] = data["mapping"][1], data["mapping"][0]
    with stating(path, data):
        found, _ = verdict(path)
    assert found is not None
    assert (found.passed, found.unknown) == (False, False)
