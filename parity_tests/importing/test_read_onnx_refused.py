"""An ONNX file that is no network here is refused with all that stands in the way, in one error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_graphs import evaluated, graph, saved

import diptych
from diptych.common import reference

KERNEL = np.random.default_rng(0).standard_normal((3, 3, 1, 1))
node = helper.make_node


def conv(source: str, result: str, name: str = "conv") -> Any:
    return node("Conv", [source, "w"], [result], name)


def refused(nodes: Sequence[Any], folder: Path, **options: Any) -> str:
    path = saved(graph(nodes, {"w": KERNEL, **options.pop("weights", {})}, **options), folder)
    with pytest.raises(diptych.DiptychError) as error:
        diptych.read(path, np.zeros((1, 3, 8, 6)))
    said = str(error.value)
    assert "\n" not in said
    assert str(path) in said
    return said


def test_everything_is_listed_with_count_and_place(tmp_path: Path) -> None:
    branch = helper.make_graph([node("Identity", ["a"], ["b0"])], "then", [], [
        helper.make_tensor_value_info("b0", TensorProto.DOUBLE, None)])  # fmt: skip
    nodes = [
        conv("x", "a"),
        node("If", ["a"], ["b"], "branch", then_branch=branch, else_branch=branch),
        node("Einsum", ["a"], ["c"], "first", equation="nchw->nchw"),
        node("Einsum", ["c"], ["d"], "second", equation="nchw->nchw"),
        node("QLinearAdd", ["d", "w"], ["e"], "whole"),
        node("FusedConv", ["e", "w"], ["f"], "fused", domain="com.example"),
        node("Sum", ["b", "f"], ["y"], "sum"),
    ]
    said = refused(nodes, tmp_path, domain="com.example")
    for part in (
        "If: control flow that depends on the image (once, first in branch)",
        "Einsum (2 times, first in first)",
        "QLinearAdd: quantised (once",
        "FusedConv: of the domain com.example (once, first in fused)",
    ):
        assert part in said


FAULTS: dict[str, tuple[list[Any], dict[str, Any], str]] = {
    "a cycle": ([node("Add", ["x", "z"], ["y"]), node("Relu", ["y"], ["z"])], {}, "a node after it, or itself, makes"),
    "itself": ([node("Add", ["x", "y"], ["y"], "again")], {}, "a node after it, or itself, makes"),
    "no such value": ([conv("nothing", "y")], {}, "takes 'nothing', which nothing makes"),
    "a value made twice": ([conv("x", "y"), conv("x", "y")], {}, "makes 'y' twice"),
    "a weight's name": ([conv("x", "w")], {"outputs": ("w",)}, "makes 'w' twice"),
    "no such output": ([conv("x", "z")], {}, "nothing makes its output 'y'"),
    "two inputs": ([node("Add", ["x", "z"], ["y"])], {"inputs": ("x", "z")}, "takes 2 inputs (x, z)"),
    "another rank": ([node("Relu", ["x"], ["y"])], {"shape": ("n", 3, 8)}, "images of four axes"),
    "any channels": ([node("Relu", ["x"], ["y"])], {"shape": ("n", "c", 8, 6)}, "the number of channels is free"),
    "another size": ([conv("x", "y")], {"shape": ("n", 3, 9, 9)}, "takes images of 9 x 9, not 8 x 6"),
    "a huge image": ([conv("x", "y")], {"shape": (1 << 40, 3, 8, 6)}, "expected 1 to 65,536 of each"),
    "kernels of another rank": ([node("Conv", ["x", "v"], ["y"])], {"weights": {"v": np.ones(3)}}, "kernel of 1 axes"),
    "kernels of other channels": (
        [node("Conv", ["x", "v"], ["y"])], {"weights": {"v": np.ones((2, 5, 1, 1))}}, "with a weight of shape",
    ),
    "a kernel that is computed": ([node("Conv", ["x", "x"], ["y"])], {}, "a kernel that depend on the image"),
    "the same answer": ([node("Relu", ["w"], ["y"])], {}, "is the same for every image"),
    "channels last in a convolution": (
        [conv("x", "c"), node("Transpose", ["c"], ["a"], perm=[0, 2, 3, 1]),
         node("Conv", ["a", "v"], ["y"])], {"weights": {"v": np.ones((2, 8, 1, 1))}}, "whose channels come last",
    ),
    "huge constants": (
        [node("ConstantOfShape", ["s"], ["a"]), node("Add", ["x", "a"], ["y"])],
        {"weights": {"s": np.array([1 << 20, 1 << 20], np.int64)}}, "constants of the shape",
    ),
    "a huge map": (
        [node("Resize", ["x", "", "f"], ["y"])], {"weights": {"f": np.array([1, 1, 1e9, 1e9], np.float32)}}, "Resize",
    ),
    "an attribute of another type": ([node("Conv", ["x", "w"], ["y"], strides="two")], {}, "strides"),
    "pixels weighted as in TensorFlow": (
        [node("Resize", ["x", "", "f"], ["y"], mode="cubic", cubic_coeff_a=-0.5, exclude_outside=1)],
        {"weights": {"f": np.array([1, 1, 2, 2], np.float32)}}, "cubic as TensorFlow has it",
    ),
    "a matrix of rows": (
        [node("MatMul", ["m", "x"], ["y"])], {"weights": {"m": np.eye(8)[::-1] * 2}}, "neither a resize nor",
    ),
    "rows backwards": (
        [node("Slice", ["x", "a", "b", "c", "d"], ["y"])],
        {"weights": dict(zip("abcd", np.array([[-1], [-9], [2], [-1]], np.int64), strict=True))}, "backwards",
    ),
    "a sum over places": (
        [node("ReduceSum", ["x", "a"], ["y"])], {"weights": {"a": np.array([2, 3])}}, "the sum over HW",
    ),
    "axes turned by no order": (
        [node("Sigmoid", ["x"], ["a"]), node("Transpose", ["a"], ["b"]), node("Mul", ["x", "b"], ["y"])], {}, "Mul",
    ),
    "axes in no order": (
        [node("Sigmoid", ["x"], ["a"]), node("Transpose", ["a"], ["b"], perm=[0, 9]), node("Mul", ["x", "b"], ["y"])],
        {}, "Transpose",
    ),
    "a view of another size": (
        [node("Reshape", ["x", "s"], ["y"])], {"weights": {"s": np.array([1, 7, -1], np.int64)}}, "Reshape",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_faults(name: str, tmp_path: Path) -> None:
    nodes, options, wanted = FAULTS[name]
    assert wanted in refused(nodes, tmp_path, **dict(options))


def test_layers_of_one_name_with_numbers_that_are_none(tmp_path: Path) -> None:
    """NaN is not equal to itself; each of two layers still has a name of its own."""
    weights = {name: np.full((1, 3, 1, 1), number) for name, number in zip("abcd", (np.nan, 2, np.nan, 3), strict=True)}
    nodes = [node(kind, [source, weight], [result]) for kind, source, weight, result in (
        ("Mul", "x", "a", "p"), ("Add", "p", "b", "q"), ("Mul", "q", "c", "r"), ("Add", "r", "d", "y"))]  # fmt: skip
    result = diptych.read(saved(graph(nodes, weights), tmp_path), np.zeros((1, 3, 8, 6)))
    assert [item.kind for item in result.net.nodes[1:]] == ["scale", "scale"]
    assert len(result.weights) == 4


def test_numbers_that_tf2onnx_leaves_out(tmp_path: Path) -> None:
    model = graph([node("Sub", ["x", "model/Sub/y:0"], ["y"])], {}, inputs=("x", "model/Sub/y:0"))
    model.producer_name = "tf2onnx"
    with pytest.raises(diptych.DiptychError, match=r"takes 2 inputs.*what a Normalization layer holds"):
        diptych.read(saved(model, tmp_path), np.zeros((1, 3, 8, 6)))


def test_precision(tmp_path: Path) -> None:
    said = refused([node("Conv", ["x", "h"], ["y"])], tmp_path, weights={"h": KERNEL.astype(np.float16)})
    assert "weights of 16 bits (1, first h)" in said
    said = refused([node("Cast", ["x"], ["a"], to=TensorProto.FLOAT16), conv("a", "y")], tmp_path)
    assert "Cast: float16" in said


def test_weights_that_are_not_there(tmp_path: Path) -> None:
    model = graph([conv("x", "y")], {"w": KERNEL})
    path = tmp_path / "model.onnx"
    onnx.save(model, path, save_as_external_data=True, location="model.onnx.data", size_threshold=0)
    assert diptych.read(path, np.zeros((1, 3, 8, 6))).weights
    (tmp_path / "model.onnx.data").unlink()
    with pytest.raises(diptych.DiptychError, match="which is not there"):
        diptych.read(path, np.zeros((1, 3, 8, 6)))


def test_names_twice_and_functions(tmp_path: Path) -> None:
    model = graph([conv("x", "y")], {"w": KERNEL})
    model.graph.initializer.append(numpy_helper.from_array(KERNEL, "w"))
    with pytest.raises(diptych.DiptychError, match="one name twice"):
        diptych.read(saved(model, tmp_path))
    model = graph([conv("x", "y")], {"w": KERNEL})
    model.functions.append(helper.make_function("own", "f", ["a"], ["b"], [node("Relu", ["a"], ["b"])],
                                                [helper.make_opsetid("", 21)]))  # fmt: skip
    with pytest.raises(diptych.DiptychError, match=r"has functions of its own \(f\)"):
        diptych.read(saved(model, tmp_path))


def test_another_network_at_another_size(tmp_path: Path) -> None:
    """A graph that takes the height for a number is one network at each size, and another at the next."""
    nodes = [
        conv("x", "a"),
        node("Shape", ["x"], ["s"], start=2, end=3),
        node("Cast", ["s"], ["h"], to=TensorProto.DOUBLE),
        node("Mul", ["a", "h"], ["y"], "scaled"),
    ]
    path = saved(graph(nodes, {"w": KERNEL}, ("n", 3, "h", "w")), tmp_path)
    with pytest.raises(diptych.DiptychError, match="not the same network"):
        diptych.read(path, np.zeros((1, 3, 8, 6)))
    assert diptych.read(path, np.zeros((1, 3, 8, 6)), one_size=True).net.nodes[2].op.factor == 8  # type: ignore[attr-defined]


@pytest.mark.parametrize("own", [(3, 1, 1), (3,)])
def test_a_scale_of_columns_is_none_of_channels(tmp_path: Path, own: tuple[int, ...]) -> None:
    nodes = [
        node("Mul", ["x", "x"], ["square"]),
        node("ReduceMean", ["square", "axes"], ["mean"], keepdims=1),
        node("Add", ["mean", "eps"], ["more"]),
        node("Sqrt", ["more"], ["root"]),
        node("Div", ["x", "root"], ["unit"]),
        node("Mul", ["unit", "scale"], ["y"], "scaled"),
    ]
    scale = np.random.default_rng(0).standard_normal(own)
    weights = {"axes": np.array([1]), "eps": np.array(1e-6), "scale": scale}
    model = graph(nodes, weights, shape=("n", 3, 8, 3))
    path = saved(model, tmp_path)
    result = diptych.read(path)
    images = np.random.default_rng(1).standard_normal((2, 3, 8, 3))
    (found,) = reference.outputs(result.net, result.weights, images)
    np.testing.assert_allclose(found, evaluated(model, images)[0], rtol=1e-10, atol=1e-12)


def test_an_output_whose_channels_come_last_is_said(tmp_path: Path) -> None:
    nodes = [conv("x", "a"), node("Transpose", ["a"], ["y"], perm=[0, 2, 3, 1])]
    result = diptych.read(saved(graph(nodes, {"w": KERNEL}), tmp_path))
    assert result.net.nodes[-1].shape == (3, 8, 6)
    assert "its output y has its channels last in the file, and first here" in result.notes
