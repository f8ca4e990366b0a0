"""Each op of ours as the ONNX that it says it is, read again: the same function, or refused."""

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

REFUSED = {
    "adaptive_max_pool": (1, 2, 3),  # a maximum for each window
    "avg_pool": (3,),  # in ceil mode, where a window begins in the border
    "channel_reduce": (4,),  # a variance of runs of channels
    "dropout": (0,),  # nothing but the image
    "max_pool": (3,),
    "rbf": (0, 1),
}
OTHERWISE = {
    "adaptive_avg_pool": ("adaptive_avg_pool", (0, 1, 2, 4)),
    "blur": ("blur", (0, 1, 2)),
    "group_norm": ("group_norm", (0, 1, 2)),
    "layer_norm": ("layer_norm", (0, 1, 2, 3)),
    "leaky_relu": ("leaky_relu", (0, 1, 2)),
    "local_response_norm": ("local_response_norm", (0, 1, 2, 3, 4)),
    "place_reduce": ("place_reduce", (3,)),
    "resize": ("resize", tuple(range(14))),
    "scale": ("scale", (0, 2)),
    "selu": ("selu", (0, 1)),
}
"""An op that ONNX writes out in others in float64, and the examples that are one of it when they are read."""
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("kind", CASES)
def test_what_is_read_is_the_same_function(kind: str, dtype: str, tmp_path: Path) -> None:
    x, path = images(EVEN, 2), tmp_path / "model.onnx"
    for number, function in enumerate(CASES[kind]):
        net = traced(function, EVEN)
        weights = {name: array.astype(dtype).astype(float) for name, array in scrambled(net).items()}
        path.write_bytes(build.model(Graph(net, dtype), weights).SerializeToString())
        if number in REFUSED.get(kind, ()):
            with pytest.raises(diptych.DiptychError):
                diptych.read(path, x)
            continue
        result = diptych.read(path, x)
        wanted = reference.outputs(net, weights, x)
        for a, b in zip(reference.outputs(result.net, result.weights, x), wanted, strict=True):
            assert difference(a, b) < TOLERANCE[dtype]
        own, examples = OTHERWISE.get(kind, (kind, ()))
        if number in examples:
            assert [node.kind for node in result.net.nodes].count(own) == [node.kind for node in net.nodes].count(own)
