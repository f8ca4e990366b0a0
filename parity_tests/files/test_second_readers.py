"""The proof reads each file twice: a fault in either reader of each format is found, and nothing is left."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import diptych
from diptych.common.errors import DiptychError
from diptych.common.registry import spec
from diptych.common.spec import Array
from diptych.common.weights import init, scrambled
from diptych.files import FORMATS, write
from diptych.files.again import Again, read_again
from diptych.files.again.compare import SAME, compare
from diptych.files.checkpoint import Checkpoint
from diptych.files.layers import Layers
from diptych.files.tensors import Tensors

NET = spec("lenet5_modern", num_classes=16)
"""Two of its biases have 16 numbers."""
SHARED = {"weights.h5": "h5", "keras": "h5"}
KINDS = ("safetensors", "npz", "onnx", "external", "keras", "weights.h5", "h5", "frozen", "bundle")


@cache
def twins() -> dict[str, Array]:
    """Weights of which no two are equal, nor two numbers of one."""
    return scrambled(NET)


def source(folder: Path, kind: str) -> Path:
    """A sound file of a kind."""
    if kind in ("safetensors", "npz", "keras", "weights.h5"):
        write(folder / f"in.{kind}", NET, twins(), {})
        return folder / f"in.{kind}"
    if kind in ("onnx", "external"):
        return onnx_file(folder / "in.onnx", outside=kind == "external")
    model = diptych.build(NET, "tf", weights=twins())
    if kind == "h5":
        model.save(folder / "in.h5")
        return folder / "in.h5"
    return (frozen_file if kind == "frozen" else bundle_file)(folder, model)


def onnx_file(path: Path, outside: bool) -> Path:
    import onnx

    diptych.export(NET, twins(), path)
    if outside:
        model = onnx.load(path)
        onnx.save(model, path, save_as_external_data=True, location=f"{path.name}.data", size_threshold=0)
    return path


def frozen_file(folder: Path, model: Any) -> Path:
    from foreign import frozen

    frozen(
        folder / "in.pb", {f"{layer.name}/{var.name}": var.numpy() for layer in model.layers for var in layer.weights}
    )
    return folder / "in.pb"


def bundle_file(folder: Path, model: Any) -> Path:
    import tensorflow as tf

    tf.train.Checkpoint(model=model).write(str(folder / "in"))
    return folder / "in.index"


def swapped(arrays: list[Array]) -> list[Array]:
    """Two arrays of one shape exchanged."""
    shapes = [array.shape for array in arrays]
    one = next(index for index, shape in enumerate(shapes) if shapes.count(shape) > 1)
    two = shapes.index(shapes[one], one + 1)
    arrays[one], arrays[two] = arrays[two], arrays[one]
    return arrays


def one_byte(arrays: list[Array]) -> list[Array]:
    changed = arrays[-1].copy()
    changed.reshape(-1).view(np.uint8)[-1] ^= 1
    return [*arrays[:-1], changed]


def shifted(arrays: list[Array]) -> list[Array]:
    return [np.roll(array, 1) if index == 0 else array for index, array in enumerate(arrays)]


def other_zeros(arrays: list[Array]) -> list[Array]:
    """A zero that became a negative one: equal as numbers, not as bits."""
    return [np.where(array == 0, -array, array) if (array == 0).any() else array for array in arrays]


FAULTS: tuple[Callable[[list[Array]], list[Array]], ...] = (swapped, one_byte, shifted)


def faulty(checkpoint: Checkpoint, fault: Callable[[list[Array]], list[Array]]) -> Checkpoint:
    """The checkpoint as a reader with this fault gives it."""
    if isinstance(checkpoint, Tensors):
        return replace(
            checkpoint, arrays=dict(zip(checkpoint.arrays, fault([*checkpoint.arrays.values()]), strict=True))
        )
    assert isinstance(checkpoint, Layers)
    flat = iter(fault([array for arrays in checkpoint.layers.values() for array in arrays]))
    layers = {layer: [next(flat) for _ in arrays] for layer, arrays in checkpoint.layers.items()}
    return replace(checkpoint, layers=layers)


def spoil_first(monkeypatch: pytest.MonkeyPatch, name: str, fault: Callable[[list[Array]], list[Array]]) -> None:
    known = next(item for item in FORMATS if item.name == name)
    spoilt = replace(known, read=lambda path: faulty(known.read(path), fault))
    others = tuple(spoilt if item is known else item for item in FORMATS)
    monkeypatch.setattr("diptych.files._formats", lambda: others)


def spoil_second(monkeypatch: pytest.MonkeyPatch, name: str, fault: Callable[[list[Array]], list[Array]]) -> None:
    module = importlib.import_module(f"diptych.files.again.{SHARED.get(name, name)}")
    sound = module.read

    def read(path: Path) -> Again:
        with sound(path) as found:
            arrays = {key: array for key, array in found.arrays.items() if np.ndim(array) and array.dtype == np.float32}
            return Again(dict(zip(arrays, fault([*arrays.values()]), strict=True)), found.reader)

    monkeypatch.setattr(module, "read", read)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_in_either_reader_is_found(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = source(tmp_path, kind)
    before = sorted(os.listdir(tmp_path))
    sound = diptych.files.read(path)
    assert compare(sound, path)
    for fault in FAULTS:
        for spoil in (spoil_first, spoil_second):
            with monkeypatch.context() as patch:
                spoil(patch, sound.format, fault)
                with pytest.raises(DiptychError, match=r"two readers differ at .* please report it"):
                    diptych.convert(path, tmp_path / "out.npz")
                assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("spoil", [spoil_first, spoil_second])
def test_a_fault_in_reading_a_model_of_ones_own_is_found(
    spoil: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    layers = [keras.layers.Conv2D(3, 3, name="conv"), keras.layers.GlobalAveragePooling2D(name="pool")]
    keras.Sequential([keras.Input((8, 8, 3)), *layers], name="own").save(tmp_path / "in.keras")
    with monkeypatch.context() as patch:
        spoil(patch, "keras", one_byte)
        with pytest.raises(DiptychError, match=r"two readers differ at .* please report it"):
            diptych.convert(tmp_path / "in.keras", tmp_path / "out.npz")
    assert os.listdir(tmp_path) == ["in.keras"]
    assert "source" in diptych.convert(tmp_path / "in.keras", tmp_path / "out.npz").readers


@pytest.mark.parametrize("suffix", [".npz", ".safetensors", ".keras", ".weights.h5"])
def test_a_fault_in_reading_the_result_leaves_nothing(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = source(tmp_path, "onnx")
    spoil_second(monkeypatch, suffix[1:], one_byte)
    with pytest.raises(DiptychError, match=f"out{suffix}: two readers differ"):
        diptych.convert(path, tmp_path / f"out{suffix}", check="float32")
    assert os.listdir(tmp_path) == ["in.onnx"]


def test_the_report_names_the_readers(tmp_path: Path) -> None:
    path = source(tmp_path, "safetensors")
    done = diptych.convert(path, tmp_path / "out.npz", check="float32")
    assert "the safetensors package" in done.readers["source"]
    assert "numpy.load" in done.readers["result"]
    said = json.loads(done.report.read_text())["readers"]
    assert said == dict(done.readers)
    assert all(reader in str(done) for reader in said.values())


def test_without_a_check_nothing_is_read_again_and_the_report_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = source(tmp_path, "safetensors")
    spoil_second(monkeypatch, "safetensors", one_byte)
    done = diptych.convert(path, tmp_path / "out.npz", check=None)
    assert json.loads(done.report.read_text())["readers"] == {}
    assert "neither file was read again" in str(done)


def test_bits_are_compared_and_not_numbers(tmp_path: Path) -> None:
    arrays: Mapping[str, Any] = {"a": np.array([np.nan, 0.0, -0.0], np.float32), "b": np.zeros(0), "c": np.float64(0)}
    np.savez(tmp_path / "in.npz", **arrays)
    found = diptych.files.read(tmp_path / "in.npz")
    assert compare(found, tmp_path / "in.npz")
    with pytest.raises(DiptychError, match="differ at a"):
        compare(faulty(found, other_zeros), tmp_path / "in.npz")
    assert isinstance(found, Tensors)
    with pytest.raises(DiptychError, match=r"differ at d.* does not find it"):
        compare(replace(found, arrays={**found.arrays, "d": np.zeros(1)}), tmp_path / "in.npz")
    wider = replace(found, arrays={**found.arrays, "a": found.arrays["a"].astype(np.float64)})
    with pytest.raises(DiptychError, match=r"differ at a.*float32"):
        compare(wider, tmp_path / "in.npz")


def test_batch_counters_are_compared(tmp_path: Path) -> None:
    net = spec("resnet18")
    write(tmp_path / "in.safetensors", net, init(net), {"bn1.num_batches_tracked": 7})
    found = diptych.files.read(tmp_path / "in.safetensors")
    assert compare(found, tmp_path / "in.safetensors")
    with pytest.raises(DiptychError, match=r"differ at bn1\.num_batches_tracked"):
        compare(replace(found, extras={"bn1.num_batches_tracked": 8}), tmp_path / "in.safetensors")


def test_every_format_has_a_second_reader_but_those_of_others(tmp_path: Path) -> None:
    np.savez(tmp_path / "in.npz", a=np.ones(2))
    assert read_again(tmp_path / "in.npz", "no_such_format") is None
    found = replace(diptych.files.read(tmp_path / "in.npz"), format="no_such_format")
    assert compare(found, tmp_path / "in.npz") == SAME
