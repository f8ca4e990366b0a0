"""Types of numbers: wider is exact, narrower is rounded with the difference said, and both are verified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import diptych
from diptych.common.errors import DiptychError
from diptych.conversion.dtypes import cast


def made(path: Path, dtype: str) -> Path:
    """A file of weights of a type."""
    numbers = np.random.default_rng(0)
    found = {
        n: a + 1e-3 * numbers.standard_normal(a.shape) for n, a in diptych.init(diptych.spec("lenet5_modern")).items()
    }
    kept: dict[str, Any] = {name: array.astype(dtype) for name, array in found.items()}
    np.savez(path, **kept)
    return path


@pytest.mark.parametrize(
    ("source", "result", "words"),
    [
        ("float64", "float32", "float64 was rounded to float32: no weight moved by more than"),
        ("float32", "float16", "float32 was rounded to float16: no weight moved by more than"),
        ("float32", "float64", "float32 was widened to float64"),
        ("float16", "float64", "float16 was widened to float64"),
        ("float32", "float32", ""),
    ],
)
def test_the_type_that_is_asked_for(tmp_path: Path, source: str, result: str, words: str) -> None:
    given, out = made(tmp_path / "in.npz", source), tmp_path / "out.safetensors"
    done = diptych.convert(given, out, dtype=result)
    assert [note.startswith(words) for note in done.notes if " to float" in note] == [True] * bool(words)
    assert done.proof is not None
    assert (done.proof.rounding is not None) == ("rounded" in words)
    assert diptych.verify(out).passed
    from safetensors.numpy import load_file

    before = np.load(given)
    for name, array in load_file(out).items():
        np.testing.assert_array_equal(array, before[name].astype(result), strict=True)


def test_a_weight_that_another_type_cannot_hold() -> None:
    with pytest.raises(DiptychError, match="too large for float16"):
        cast({"a": np.array([1e6], np.float32)}, "float16")


@pytest.mark.parametrize(
    ("dtype", "why"), [("bfloat16", "NumPy has no"), ("int8", "quantisation"), ("x", "not as 'x'")]
)
def test_types_that_are_refused(tmp_path: Path, dtype: str, why: str) -> None:
    with pytest.raises(DiptychError, match=why):
        diptych.convert(made(tmp_path / "in.npz", "float32"), tmp_path / "out.npz", dtype=dtype)
    assert not (tmp_path / "out.npz").exists()
