"""An op is three files: those of a new one, put beside the others, are all that it takes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from op_cases import EVEN, MIXED, ODD, chained
from op_parity import TOLERANCE, assert_parity, difference, images, meaning, traced

import diptych.common.ops
import diptych.tf_impl.ops
import diptych.torch_impl.ops
from diptych import backends, check
from diptych.common.analysis import table
from diptych.common.errors import SpecError
from diptych.common.onnx_graph import Graph
from diptych.common.ops import examples, kinds
from diptych.common.ops.conv import conv
from diptych.common.spec import Net, Op
from diptych.common.summary import summary
from diptych.common.twins import file_of
from diptych.common.weights import scrambled
from diptych.drawing.wording import describe
from diptych.onnx_impl import build
from diptych.onnx_impl.runtimes import evaluate
from diptych.tf_impl.source import source as keras_source
from diptych.torch_impl.source import source as torch_source

KIND = "hard_tanh"
COMMON = '''
"""Hyperbolic tangent in straight lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..onnx_graph import Graph
from ..spec import Array
from ..trace import Value, apply
from ..traits import Example, of_vector
from ._elementwise import Elementwise


@dataclass(frozen=True)
class HardTanh(Elementwise):
    """min(max(x, -1), 1)."""

    kind: ClassVar[str] = "hard_tanh"
    title: ClassVar[str] = "hard tanh"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.hard_tanh(x),
        of_vector(lambda x, op: op.hard_tanh(x)),
    )

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.clip(arrays[0], -1, 1)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Clip", *inputs, g.constant(-1.0), g.constant(1.0))


def hard_tanh(x: Value, *, name: str | None = None) -> Value:
    """Clip a map or a vector at -1 and 1."""
    return apply(HardTanh(), x, name=name)
'''
TWIN = '''
"""Hyperbolic tangent in straight lines."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.hard_tanh import HardTanh
from ...common.spec import Shape


def hard_tanh(op: HardTanh, x: Shape) -> Lowering:
    """A layer in a chain, {function} elsewhere."""
    return Lowering(({layer},), function=Function("{function}", (X,)))
'''
FILES = {
    diptych.common.ops: COMMON,
    diptych.torch_impl.ops: TWIN.format(layer='Make("nn.Hardtanh")', function="nn.functional.hardtanh"),
    diptych.tf_impl.ops: TWIN.format(layer='Make("layers.Activation", ("hard_tanh",))', function="ops.hard_tanh"),
}
PLUGIN = """
import importlib

for name, folder in {paths!r}.items():
    importlib.import_module(name).__path__.append(folder)
"""


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[list[Path]]:
    """The folders of the three files, where Python looks for ops too; afterwards nothing of them is left."""
    made = [tmp_path / str(number) for number in range(3)]
    for folder, (package, text) in zip(made, FILES.items(), strict=True):
        folder.mkdir()
        (folder / f"{KIND}.py").write_text(text.lstrip())
        package.__path__.append(str(folder))
    yield made
    for package in FILES:
        package.__path__.pop()
        sys.modules.pop(f"{package.__name__}.{KIND}", None)
        vars(package).pop(KIND, None)
    Op.classes.pop(KIND, None)
    file_of.cache_clear()


def test_three_files_are_all_that_a_new_op_takes(folders: list[Path]) -> None:
    assert KIND in kinds()
    for shape in (ODD, EVEN, MIXED):
        for example in examples(KIND):
            net = traced(example, shape)
            assert_parity(net, 2)
            graph = Graph(net, "float64")
            found = evaluate(build.model(graph, scrambled(net)), graph.outputs, images(shape, 2))
            assert difference(found[0], meaning(net, images(shape, 2))) < TOLERANCE
            assert Net.from_json(net.to_json()) == net
            assert f"{KIND}:" in summary(net)
            assert table(net)[-1].type == KIND
            assert describe(net.nodes[-1]) == ("hard tanh", None, "")
    assert check(traced(lambda x: examples(KIND)[0](conv(x, 3, 1)), ODD)).passed


def test_it_is_written_in_both_languages(folders: list[Path]) -> None:
    alone, chain = (traced(f, ODD) for f in (examples(KIND)[0], chained(examples(KIND)[0])))
    assert "return nn.functional.hardtanh(x)" in torch_source(alone).text
    assert "return ops.hard_tanh(x)" in keras_source(alone).text
    assert "nn.Hardtanh()," in torch_source(chain).text
    assert 'layers.Activation("hard_tanh"),' in keras_source(chain).text
    assert_parity(chain, 1)


@pytest.mark.slow
def test_its_examples_are_cases_of_every_test_of_ops(folders: list[Path], tmp_path: Path) -> None:
    """pytest, run anew on the tests of ops with the new files in place, asks the same of it as of every other op."""
    paths = dict(zip((package.__name__ for package in FILES), map(str, folders), strict=True))
    plugin = tmp_path / "new_files.py"
    plugin.write_text(PLUGIN.format(paths=paths))
    home = Path(__file__).parent
    tests = [str(home / name) for name in ("test_ops.py", "test_onnx_ops.py")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "new_files", *tests, "-k", KIND, "-p", "no:cacheprovider"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    passed = int(done.stdout.split(" passed")[0].split()[-1])
    assert passed == 2 + 7 + 6  # each example in three ways, seven tests of the op's files, six of its graphs


@pytest.mark.parametrize("side", ["torch_impl", "tf_impl"])
def test_without_its_twin_the_error_names_the_folder(folders: list[Path], side: str) -> None:
    (folders[1 if side == "torch_impl" else 2] / f"{KIND}.py").unlink()
    backend = backends.get("torch" if side == "torch_impl" else "tf")
    net = traced(examples(KIND)[0], ODD)
    with pytest.raises(SpecError, match=f"hard_tanh: the op 'hard_tanh' has no twin in {side}/ops; add a file"):
        backend.build(net, None)
