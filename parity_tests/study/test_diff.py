"""`diptych diff`: equal bits whatever the format, what changed and by how much, what only one file has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run

import diptych
from diptych.viewing.changes import BLOCK, changes
from diptych.viewing.files import File, opened

Weights = dict[str, Any]


@pytest.fixture
def weights() -> Weights:
    return dict(diptych.init("lenet5_modern"))


def saved(path: Path, weights: Weights) -> Path:
    np.savez(path, **weights)
    return path


def test_a_checkpoint_and_its_conversion_are_equal(tmp_path: Path, weights: Weights) -> None:
    one = saved(tmp_path / "a.npz", weights)
    assert run("convert", one, tmp_path / "b.keras", "--no-check").exit_code == 0
    done = run("diff", one, tmp_path / "b.keras", "-o", tmp_path / "out.html")
    assert done.exit_code == 0, done.output
    assert "All 10 tensors are the same, bit for bit" in done.output
    assert "Equal." in (tmp_path / "out.html").read_text("utf-8")


def test_what_changed_is_measured(tmp_path: Path, weights: Weights) -> None:
    other = dict(weights)
    other["c3.weight"] = np.array(weights["c3.weight"])
    other["c3.weight"][2, 1, 3, 4] += np.float32(0.5)
    other["f6.weight"] = weights["f6.weight"] * np.float32(1.25)
    paths = saved(tmp_path / "a.npz", weights), saved(tmp_path / "b.npz", other)
    done = run("diff", *paths, "-o", tmp_path / "out.html", "--json", tmp_path / "out.json")
    assert done.exit_code == 1
    found = json.loads((tmp_path / "out.json").read_text("utf-8"))
    first, second, *rest = found["tensors"]
    assert [first["name"], second["name"]] == ["f6.weight", "c3.weight"], "the largest relative change first"
    assert first["relative_change"] == pytest.approx(0.25, rel=1e-6)
    assert second["largest_at"] == [2, 1, 3, 4]
    assert second["norm_of_change"] == pytest.approx(0.5, rel=1e-6)
    assert second["norms"][0] == pytest.approx(float(np.linalg.norm(weights["c3.weight"])), rel=1e-6)
    assert all(item["same_bits"] and item["relative_change"] == 0 for item in rest)
    text = (tmp_path / "out.html").read_text("utf-8")
    assert text.count("<svg") == 2
    assert "8 tensors are equal" in text
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)
    told = run("diff", *paths, "--json", "-")
    assert json.loads(told.stdout)["same"] is False, "nothing but the figures"


def test_names_and_shapes_that_one_file_has_are_told(tmp_path: Path, weights: Weights) -> None:
    """Of no registered network: the names are those in the files."""
    left = {"body.weight": np.ones((3, 4), "float32"), "head.weight": np.ones((5, 3), "float32"), "old": np.zeros(2)}
    right = {"body.weight": np.ones((3, 4), "float32"), "head.weight": np.ones((7, 3), "float32"), "new": np.zeros(2)}
    paths = saved(tmp_path / "a.npz", left), saved(tmp_path / "b.npz", right)
    done = run("diff", *paths, "-o", tmp_path / "out.html")
    assert done.exit_code == 1
    assert "only in" in done.output
    assert "head.weight 5x3 and 7x3" in done.output
    text = (tmp_path / "out.html").read_text("utf-8")
    assert "Only in a.npz" in text
    assert "Only in b.npz" in text
    registered = saved(tmp_path / "c.npz", weights)
    one = opened(registered, registered)[0]
    assert one.network.startswith("lenet5_modern")
    ten = diptych.init(diptych.spec("lenet5_modern", num_classes=4))
    found = changes(one, opened(registered, saved(tmp_path / "d.npz", dict(ten)))[1])
    assert set(found.reshaped) == {name for name in weights if weights[name].shape != ten[name].shape} != set()


def of(**arrays: Any) -> File:
    return File(Path("x"), arrays)


def test_bits_types_and_numbers_that_are_none() -> None:
    zero, minus = np.zeros(3, "float32"), -np.zeros(3, "float32")
    found = changes(of(w=zero), of(w=minus))
    assert not found.same, "minus zero has other bits"
    assert found.changed[0].moved == 0
    half = changes(of(w=np.ones(3, "float32")), of(w=np.ones(3, "float16")))
    assert not half.same
    assert half.changed[0].relative == 0
    broken = changes(of(w=np.array([1.0, 2.0])), of(w=np.array([1.0, np.nan])))
    assert broken.changed[0].strange == (0, 1)
    assert broken.to_dict()["tensors"][0]["relative_change"] is None
    json.dumps(broken.to_dict(), allow_nan=False)
    assert changes(of(w=np.zeros((0, 3))), of(w=np.zeros((0, 3)))).same


def test_a_large_tensor_is_measured_block_by_block() -> None:
    a = np.random.default_rng(0).standard_normal((3, BLOCK // 2)).astype("float32")
    b = a.copy()
    b[2, 5] += 9
    change = changes(of(w=a), of(w=b)).changed[0]
    assert change.where == (2, 5)
    assert change.norms[0] == pytest.approx(float(np.linalg.norm(a.astype("float64"))), rel=1e-12)
    assert [sum(counts) for counts in change.counts] == [a.size, a.size]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none.npz", "A"), "does not exist"),
        ((__file__, "A"), "is code"),
        (("A", "A", "-o", "x.pdf"), "-o writes a page"),
        (("A", "A", "-o", "A"), "-o writes a page"),
        (("A", "A", "--network", "resnet18"), "do not fit resnet18"),
    ],
)
def test_what_is_wrong_is_one_line_and_2(words: tuple[str, ...], said: str, tmp_path: Path, weights: Weights) -> None:
    path = str(saved(tmp_path / "a.npz", weights))
    done = run("diff", *(path if word == "A" else word for word in words))
    assert done.exit_code == 2
    assert said in done.output
    assert [item.name for item in tmp_path.iterdir()] == ["a.npz"]
