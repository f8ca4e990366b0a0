"""Activations that few networks have, as the ONNX that they are here, read again."""

from __future__ import annotations

from pathlib import Path

import pytest
from op_cases import CASES, EVEN
from op_parity import difference, images, traced

import diptych
from diptych.common import reference
from diptych.common.onnx_graph import Graph
from diptych.common.weights import scrambled
from diptych.onnx_impl import build


@pytest.mark.parametrize("kind", ["exponential", "log_softmax", "softsign", "threshold"])
def test_it_is_the_same_op(kind: str, tmp_path: Path) -> None:
    x, path = images(EVEN, 2), tmp_path / "model.onnx"
    for function in CASES[kind]:
        net = traced(function, EVEN)
        weights = scrambled(net)
        path.write_bytes(build.model(Graph(net, "float64"), weights).SerializeToString())
        result = diptych.read(path, x)
        assert kind in {node.op.kind for node in result.net.nodes}
        wanted = reference.outputs(net, weights, x)
        for a, b in zip(reference.outputs(result.net, result.weights, x), wanted, strict=True):
            assert difference(a, b) < 1e-12
