"""Export to ONNX: what the command says, what it needs, and that nothing is written where anything is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from refusal import refused
from stored import tensors
from typer.testing import CliRunner

from diptych import DiptychError, spec
from diptych.commands.cli import app
from diptych.common.compare import same_bits
from diptych.common.ops import op_class
from diptych.common.ops.conv import conv
from diptych.common.ops.local_response_norm import local_response_norm
from diptych.common.trace import trace
from diptych.common.weights import scrambled
from diptych.deployment.export import export
from diptych.files import write
from diptych.onnx_impl import build, runtimes

NARROW = 1e-5


def stored(folder: Path, name: str = "lenet5_modern", **options: Any) -> Path:
    net = spec(name, **options)
    write(folder / "in.safetensors", net, scrambled(net), {})
    return folder / "in.safetensors"


def blocked(code: str, *words: str | Path, absent: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Code in a process in which importing some modules fails as if they were not installed."""
    code = f"import sys; sys.modules.update(dict.fromkeys({absent!r})); {code}"
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})


FRAMEWORKS = ("torch", "tensorflow", "keras", "onnxscript")
COMMAND = "from diptych.commands.cli import main; main()"


def test_export_needs_no_framework(tmp_path: Path) -> None:
    source = stored(tmp_path, "resnet18", num_classes=10)
    done = blocked(COMMAND, "export", "resnet18", source, tmp_path / "x.onnx", absent=FRAMEWORKS)
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first == f"{tmp_path}/x.onnx: resnet18 in float32, 69 operators of opset 27, any batch, height and width"
    assert second.startswith("  ONNX Runtime differs from the NumPy meaning in float64 by ")
    assert not same_bits(tensors(source).arrays, tensors(tmp_path / "x.onnx").arrays).first


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_without_onnx_it_says_what_to_install_and_without_onnx_runtime_the_evaluator_checks(
    missing: str, tmp_path: Path
) -> None:
    words = "export", "lenet5_modern", stored(tmp_path), tmp_path / "x.onnx"
    done = blocked(COMMAND, *words, absent=(*FRAMEWORKS, missing))
    if missing == "onnx":
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "error: onnx is not installed; install it with `pip install 'diptych[onnx]'`\n"
        assert os.listdir(tmp_path) == ["in.safetensors"]
        return
    assert (done.returncode, done.stderr) == (0, "")
    assert "onnx's reference evaluator differs from the NumPy meaning" in done.stdout
    assert "note: ONNX Runtime is not installed (pip install 'diptych[onnx]')" in done.stdout


def test_without_onnx_runtime_response_normalisation_is_judged_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """onnx's own evaluator has LRN wrong; unless that is put right, AlexNet could not be exported."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    net = trace(lambda x: local_response_norm(conv(x, 12, 3), alpha=1.0), "own", (3, 12, 10))
    done = export(net, scrambled(net), tmp_path / "x.onnx")
    assert done.runner == "onnx's reference evaluator"
    assert done.difference is not None
    assert done.difference < NARROW
    assert "LRN" in {node.op_type for node in onnx.load(tmp_path / "x.onnx").graph.node}


def test_the_command_in_float64_and_an_older_opset(tmp_path: Path) -> None:
    words = ["export", "lenet5_modern", stored(tmp_path), tmp_path / "x.onnx", "--dtype", "float64", "--opset", "22"]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].endswith("lenet5_modern in float64, 12 operators of opset 22, any batch")
    assert "note: ONNX Runtime has no kernel of Conv in this precision" in done.stdout
    model = onnx.load(tmp_path / "x.onnx")
    assert [entry.version for entry in model.opset_import] == [22]
    assert {tensor.data_type for tensor in model.graph.initializer} == {onnx.TensorProto.DOUBLE}
    again = CliRunner().invoke(app, [*map(str, words), "--force", "--no-check"])
    assert (again.exit_code, len(again.stdout.splitlines())) == (0, 1)


def test_an_existing_destination_is_kept_without_force(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_text("mine")
    error = refused(tmp_path, "export", "lenet5_modern", stored(tmp_path), tmp_path / "x.onnx")
    assert error.endswith("x.onnx exists already; write over it with --force (in Python, force=True)")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["lenet5_moderm", "{in}", "{out}.onnx"], "there is no network 'lenet5_moderm'; did you mean 'lenet5_modern'"),
        (["resnet18", "{in}", "{out}.onnx"], "weights do not fit resnet18: missing conv1.weight 64x3x7x7"),
        (["lenet5_modern", "{in}", "{out}.onnx", "--num-classes", "11"], "output.bias has shape 10, expected 11"),
        (["lenet5_modern", "{in}", "{out}.pb"], "out.pb does not end in .onnx"),
        (["lenet5_modern", "{in}", "{out}"], "out does not end in .onnx"),
        (["lenet5_modern", "{in}", "{out}/x.onnx"], "out does not exist"),
        (["lenet5_modern", "{in}", "{in}", "--force"], "is the source itself"),
        (["lenet5_modern", "{in}", "{out}.onnx", "--opset", "21"], "written for opset 22 to 27, not 21"),
        (["lenet5_modern", "{in}", "{out}.onnx", "--opset", "99"], "written for opset 22 to 27, not 99"),
        (["lenet5_modern", "{in}", "{out}.onnx", "--input-size", "wide"], "'wide'"),
        (["lenet5_modern", "{nan}", "{out}.onnx"], "c1.weight holds 150 values that are NaN or infinite"),
        (["lenet5_modern", "{out}.pth", "{out}.onnx"], "out.pth does not exist"),
    ],
)
def test_what_cannot_be_exported_is_one_line_and_leaves_no_file(
    words: list[str], complaint: str, tmp_path: Path
) -> None:
    places = {"in": stored(tmp_path), "nan": tmp_path / "nan.safetensors", "out": tmp_path / "out"}
    net = spec("lenet5_modern")
    spoilt = scrambled(net)
    spoilt["c1.weight"][:] = np.nan
    write(places["nan"], net, spoilt, {})
    assert complaint in refused(tmp_path, "export", *(word.format_map(places) for word in words))


def test_a_dtype_that_is_none_of_the_two_is_refused(tmp_path: Path) -> None:
    net = spec("lenet5_modern")
    with pytest.raises(DiptychError, match="dtype is float32 or float64, not 'float16'"):
        export(net, scrambled(net), tmp_path / "x.onnx", dtype="float16")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def _other_pads(g: Any, *inputs: str, **weights: str) -> str:
    name: str = g.add("Conv", *inputs, *weights.values(), kernel_shape=(5, 5), pads=(2, 2, 2, 2), strides=(1, 1))
    return name


@pytest.mark.parametrize(
    ("kind", "written", "complaint"),
    [
        ("tanh", lambda self, g, *inputs, **w: g.add("Softsign", *inputs), "ONNX Runtime differs from the NumPy mean"),
        ("conv", lambda self, g, *inputs, **w: _other_pads(g, *inputs, **w), "lenet5_modern: onnx"),
        ("tanh", lambda self, g, *inputs, **w: g.add("Tangent", *inputs), "onnx's checker says"),
    ],
)
def test_a_graph_that_is_wrong_is_not_written(
    kind: str, written: Any, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(op_class(kind), "onnx", written)
    net = spec("lenet5_modern")
    with pytest.raises(DiptychError, match=complaint):
        export(net, scrambled(net), tmp_path / "x.onnx")
    assert not list(tmp_path.iterdir())


def test_a_file_that_does_not_hold_the_weights_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faithful = build._tensor
    monkeypatch.setattr(
        build,
        "_tensor",
        lambda name, array: faithful(name, np.nextafter(array, 9) if name == "f6.bias" else array),
    )
    net = spec("lenet5_modern")
    with pytest.raises(DiptychError, match=r"x.onnx was not written: read back, f6.bias differs"):
        export(net, scrambled(net), tmp_path / "x.onnx", check=False)
    assert not list(tmp_path.iterdir())


def test_more_than_a_protocol_buffer_holds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = spec("lenet5_modern")
    monkeypatch.setattr(build, "LIMIT", (1 << 24) + 4 * 61_706 - 1)
    with pytest.raises(DiptychError, match="lenet5_modern has 246824 bytes of weights, and an ONNX file ends at 2 GB"):
        export(net, scrambled(net), tmp_path / "x.onnx")
    assert not list(tmp_path.iterdir())


def test_the_opset_is_one_that_the_installed_runtime_takes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """onnx is often newer than ONNX Runtime, which then refuses its newest opset."""
    monkeypatch.setattr(build, "runs", lambda opset: opset <= 24)
    net = spec("lenet5_modern")
    done = export(net, scrambled(net), tmp_path / "x.onnx")
    assert done.opset == 24
    monkeypatch.undo()
    assert runtimes.runs(build.NEWEST)


def test_a_runtime_that_is_older_than_the_opset_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("Unsupported model IR version: 11, max supported IR version: 10")

    monkeypatch.setattr(onnxruntime, "InferenceSession", refuse)
    with pytest.raises(DiptychError, match=r"ONNX Runtime .* is older than the opset of the model"):
        runtimes.open_session(Path("x.onnx"))
    assert not runtimes.runs.__wrapped__(22)
