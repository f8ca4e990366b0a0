"""A network with a pyramid, a shared head with a normalisation for each level, layer scale and named outputs."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_detector import detector_net

import diptych
from diptych import Net
from diptych.common.analysis import table
from diptych.common.spec import Array
from diptych.common.text import TIMES
from diptych.common.weights import Weights, scrambled
from diptych.drawing import svg
from diptych.emission import twins
from diptych.page.render import study_page

OUTPUTS = [f"{kind}_p{level}" for level in (3, 4, 5) for kind in ("boxes", "classes")] + ["fused"]


@functools.cache
def net() -> Net:
    return detector_net()


@functools.cache
def models() -> tuple[Any, Any]:
    weights = scrambled(net())
    return diptych.build(net(), "torch", weights=weights), diptych.build(net(), "tf", weights=weights)


def image() -> Array:
    return np.random.default_rng(0).standard_normal((2, *net().input_shape)).astype("float32")


@pytest.mark.parametrize("size", [(37, 48), (64, 33)])
def test_it_passes_all_gates(size: tuple[int, int]) -> None:
    report = diptych.check(detector_net(size), referee=True)
    assert report.passed, str(report)
    assert [gate.name for gate in report.gates][-2:] == ["training_float64", "onnx"]


def test_both_models_name_their_outputs() -> None:
    import torch

    ours, theirs = models()
    assert list(ours(torch.tensor(image()))) == OUTPUTS
    assert sorted(theirs(image().transpose(0, 2, 3, 1))) == sorted(OUTPUTS)


def test_its_weights_are_there_once_and_come_back() -> None:
    names = [name for name in net().weights if name.startswith("head.")]
    assert names[0] == "head.conv_rep.0.conv_dw.weight"
    assert [name for name in names if name.endswith("running_mean")] == [
        f"head.bn_rep.0.bn.{n}.running_mean" for n in (0, 1, 2)
    ]
    assert {name.removesuffix(".num_batches_tracked") for name in models()[0].state_dict()} >= set(net().weights)
    for model in models():
        back: Weights = diptych.weights(model, net())
        assert all(np.array_equal(back[name], array) for name, array in scrambled(net()).items())


@pytest.mark.slow
def test_exchanged_normalisations_of_two_levels_are_found() -> None:
    wrong = dict(scrambled(net()))
    for kind in ("weight", "bias", "running_mean", "running_var"):
        one, two = (f"head.bn_rep.0.bn.{level}.{kind}" for level in (0, 1))
        wrong[one], wrong[two] = wrong[two], wrong[one]
    report = diptych.check(net(), models=(models()[0], diptych.build(net(), "tf", weights=wrong)))
    assert not report.passed
    assert report.where.startswith("head.bn_rep.0.bn."), str(report)


def test_it_has_a_table_a_drawing_a_page_and_twin_sources() -> None:
    assert [row.parameters for row in table(net()) if row.type.startswith("parameter")].count(3) == 1
    drawing = svg(net())
    assert all(f">{name}<" in drawing for name in OUTPUTS)
    assert f">head {TIMES}3<" in drawing
    ours, theirs = twins(net())
    assert len(ours.text.splitlines()) == len(theirs.text.splitlines())
    assert "self.head(y, level=1)" in ours.text or "self.head(y, 1)" in ours.text
    assert "conv_rep" in study_page(net(), ours, theirs)


@pytest.mark.slow
def test_its_files_say_the_same(tmp_path: Path) -> None:
    weights = scrambled(net())
    diptych.export(net(), weights, tmp_path / "out.onnx")
    assert (tmp_path / "out.onnx").exists()
    for name in ("folded.onnx", "folded.pt2", "folded.tflite", "folded"):
        diptych.deploy(net(), weights, tmp_path / name)
        assert (tmp_path / name).exists()


def test_a_trained_module_reads_and_writes_its_state_dict(tmp_path: Path) -> None:
    import torch

    ours, _ = models()
    torch.save(ours.state_dict(), tmp_path / "state.pth")
    again = diptych.build(net(), "torch")
    again.load_state_dict(torch.load(tmp_path / "state.pth", weights_only=True))
    x = torch.tensor(image())
    with torch.no_grad():
        assert all(torch.equal(ours(x)[name], again(x)[name]) for name in OUTPUTS)
