"""Choices in an ONNX graph whose condition is known: PyTorch's exporter writes one for an axis that may be 1 long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx_graphs import exported, graph, saved
from reading import TOLERANCE, built, difference, images_of, outputs, scramble
from torch import nn

import diptych

pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's exporter warns of itself
node = helper.make_node


def branch(name: str, *nodes: Any) -> Any:
    values = [helper.make_tensor_value_info(f"{name}_out", TensorProto.DOUBLE, None)]
    return helper.make_graph(list(nodes), name, [], values)


def chosen(condition: list[Any], taken: Any, folder: Path, shape: tuple[Any, ...] = ("n", 3, 8, 6)) -> Path:
    """A graph that is twice its image or its sigmoid, by a condition."""
    other = branch("other", node("Sigmoid", ["d"], ["other_out"]))
    nodes = [
        node("Add", ["x", "x"], ["d"]),
        *condition,
        node("If", ["c"], ["i"], "choice", then_branch=taken, else_branch=other),
        node("Conv", ["i", "w"], ["y"]),
    ]
    return saved(graph(nodes, {"w": np.ones((2, 3, 1, 1)), "three": np.array(3), "one": np.array([1])}, shape), folder)


HEIGHT = [node("Shape", ["x"], ["s"], start=2, end=3), node("Equal", ["s", "one"], ["c"])]
CHANNELS = [
    node("Shape", ["x"], ["s"], start=1, end=2),
    node("Squeeze", ["s"], ["t"]),
    node("Equal", ["t", "three"], ["c"]),
]


@pytest.mark.parametrize(("condition", "kind"), [(CHANNELS, "tanh"), (HEIGHT, "sigmoid")])
def test_the_branch_is_read_that_the_shape_chooses(condition: list[Any], kind: str, tmp_path: Path) -> None:
    taken = branch("taken", node("Neg", ["d"], ["e"]), node("Tanh", ["e"], ["taken_out"]))
    result = diptych.read(chosen(condition, taken, tmp_path), np.zeros((1, 3, 8, 6)))
    kinds = [item.kind for item in result.net.nodes]
    assert kind in kinds
    assert len({"tanh", "sigmoid"} & set(kinds)) == 1


@pytest.mark.parametrize(
    ("condition", "taken", "said"),
    [
        (
            [node("Cast", ["d"], ["c"], to=TensorProto.BOOL)],
            branch("t", node("Tanh", ["d"], ["t_out"])),
            "Cast: to bool",
        ),
        ([node("Relu", ["d"], ["c"])], branch("t", node("Tanh", ["d"], ["t_out"])), "depends on the image"),
        (CHANNELS, branch("t", node("Tanh", ["u"], ["t_out"]), node("Neg", ["d"], ["u"])), "what ONNX does not write"),
        (
            CHANNELS,
            branch("t", node("If", ["c"], ["t_out"], then_branch=branch("u"), else_branch=branch("v"))),
            "control flow with a graph of its own",
        ),
        (CHANNELS, branch("t", node("Sin", ["d"], ["t_out"])), "Sin"),
    ],
)
def test_other_choices_are_refused(condition: list[Any], taken: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(diptych.DiptychError, match=said):
        diptych.read(chosen(condition, taken, tmp_path), np.zeros((1, 3, 8, 6)))


@pytest.mark.parametrize("size", [5, 4])
@pytest.mark.parametrize("today", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_response_norms_of_pytorch(size: int, today: bool, tmp_path: Path) -> None:
    norm = nn.LocalResponseNorm(size, 0.25, 0.75, 2.0)  # numbers that the exporter of today does not round
    model = nn.Sequential(nn.Conv2d(3, 8, 3), norm, nn.Conv2d(8, 4, 1)).double().eval()
    scramble(model)
    result = diptych.read(exported(model, tmp_path / "model.onnx", 18, (24, 20), today), np.zeros((1, 3, 33, 26)))
    assert [item.kind for item in result.net.nodes[1:]] == ["conv", "local_response_norm", "conv"]
    images = images_of(result.net)
    assert difference(built(result, "torch", images), outputs(model, images)) < TOLERANCE
