"""Types of numbers: wider is exact, narrower is rounded with the difference said, and both are verified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file as load_torch

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


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_bfloat16_is_written_where_a_format_has_it(tmp_path: Path, suffix: str) -> None:
    given, out = made(tmp_path / "in.npz", "float64"), tmp_path / f"out{suffix}"
    done = diptych.convert(given, out, dtype="bfloat16")
    assert any(
        note.startswith("float64 was rounded to bfloat16: no weight moved by more than 3.") for note in done.notes
    )
    assert done.proof is not None
    assert done.proof.rounding is not None
    assert diptych.verify(out).passed
    found = load_torch(out) if suffix == ".safetensors" else torch.load(out, weights_only=True)
    before = np.load(given)
    for name, tensor in found.items():
        assert tensor.dtype == torch.bfloat16
        assert torch.equal(tensor, torch.from_numpy(before[name]).bfloat16())
    diptych.convert(out, tmp_path / "back.npz")
    for name, array in np.load(tmp_path / "back.npz").items():
        if name != "diptych.json":
            np.testing.assert_array_equal(array, found[name].float().numpy())


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
def test_bfloat16_is_refused_where_a_format_has_no_type_for_it(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(DiptychError, match=r"HDF5 has no type for bfloat16; write .safetensors or .pth"):
        diptych.convert(made(tmp_path / "in.npz", "float32"), tmp_path / f"out{suffix}", dtype="bfloat16")


def test_a_weight_that_another_type_cannot_hold() -> None:
    with pytest.raises(DiptychError, match="too large for float16"):
        cast({"a": np.array([1e6], np.float32)}, "float16")


@pytest.mark.parametrize(
    ("dtype", "why"), [("bfloat16", "NumPy has no type for bfloat16"), ("int8", "quantisation"), ("x", "not as 'x'")]
)
def test_types_that_are_refused(tmp_path: Path, dtype: str, why: str) -> None:
    with pytest.raises(DiptychError, match=why):
        diptych.convert(made(tmp_path / "in.npz", "float32"), tmp_path / "out.npz", dtype=dtype)
    assert not (tmp_path / "out.npz").exists()


def refused(path: Path, network: str | None = "lenet5_modern") -> str:
    """The words of the refusal to convert a file, which leaves nothing."""
    out = path.with_name("out.keras")
    with pytest.raises(DiptychError) as error:
        diptych.convert(path, out, network=network)
    assert not out.exists()
    return str(error.value)


def test_whole_numbers_and_packed_ones_are_refused_with_the_reason(tmp_path: Path) -> None:
    net = diptych.spec("lenet5_modern")
    floats: dict[str, Any] = {name: array.astype("float32") for name, array in diptych.init(net).items()}
    np.savez(tmp_path / "int8.npz", **{**floats, "c1.weight": np.zeros(floats["c1.weight"].shape, "int8")})
    assert "is quantised: c1.weight is int8. Such numbers stand for others" in refused(tmp_path / "int8.npz")
    gptq = {name: array for name, array in floats.items() if name != "f6.weight"}
    np.savez(tmp_path / "gptq.npz", **{**gptq, "f6.qweight": np.zeros((15, 84), "int32")})
    assert "is quantised: f6.qweight is int32" in refused(tmp_path / "gptq.npz", None)
    (tmp_path / "m.tflite").write_bytes(b"\x1c\0\0\0TFL3" + bytes(64))
    assert "is a program of TFLite, which diptych does not read as weights" in refused(tmp_path / "m.tflite", None)


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (np.zeros((3, 4), "int8"), "is quantised: dense is int8"),
        (np.zeros((3, 4), "V2"), "is bfloat16, as Keras writes it under that policy"),
        (np.zeros((3, 4), "V1"), "is a float of 8 bits"),
    ],
)
def test_variables_of_keras_that_are_no_numbers_of_their_own(tmp_path: Path, array: Any, why: str) -> None:
    import h5py

    with h5py.File(tmp_path / "in.weights.h5", "w") as file:
        group = file.create_group("layers/dense/vars")
        group.attrs["name"] = "dense"
        group["0"] = array
    assert why in refused(tmp_path / "in.weights.h5", None)
