"""The command line: what it prints, how it ends, and that `list` and `table` are quick and need no framework."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import process, run

import diptych
from diptych.checking.gates import GATES
from diptych.checking.report import Gate, Report
from diptych.commands.quiet import native_stderr_kept
from diptych.common.errors import DiptychError
from diptych.common.registry import networks, spec
from diptych.common.weights import scrambled
from diptych.files import write


def test_table_of_vgg16_shows_shapes_counts_and_the_rule() -> None:
    text = run("table", "vgg16").stdout
    assert "64x224x224" in text
    assert "224x224x64" in text
    assert "parameters   138,357,544" in text
    assert "15,237,608 per image = 61 MB" in text
    assert "does not write over its input" in text


def test_table_as_json_is_the_table() -> None:
    data = json.loads(run("table", "alexnet", "--json").stdout)
    assert data["network"] == "alexnet_original"
    assert data["rows"][1]["nhwc"] == [55, 55, 96]
    assert data["rows"][-1]["receptive_field"] is None
    assert sum(row["kept_values"] for row in data["rows"]) == data["totals"]["kept"]


def test_table_takes_options() -> None:
    done = run("table", "resnet18", "--num-classes", "10", "--in-channels", "1", "--input-size", "64x48", "--json")
    data = json.loads(done.stdout)
    assert (data["input"], data["rows"][-1]["nchw"]) == ([1, 64, 48], [10])
    assert json.loads(run("table", "resnet18", "--input-size", "96", "--json").stdout)["input"] == [3, 96, 96]


def test_tf_and_keras_are_one_option_and_torch_is_the_other() -> None:
    tf, keras, torch = (run("source", "lenet5_modern", word).stdout for word in ("--tf", "--keras", "--torch"))
    assert tf == keras != torch
    assert "import keras" in tf
    for words in ([], ["--torch", "--keras"]):
        done = run("source", "lenet5_modern", *words)
        assert (done.exit_code, "say --torch for PyTorch, or --tf" in done.stderr) == (2, True)


def test_a_pipe_gets_every_column_in_full() -> None:
    done = process("table", "googlenet")
    assert done.returncode == 0
    assert "…" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) > 120
    assert done.stderr == ""


@pytest.mark.parametrize("words", [["list"], ["table", "resnet152"], ["--version"]])
def test_list_and_table_import_no_framework(words: list[str]) -> None:
    code = (
        "import sys; from diptych.commands.cli import app; app(standalone_mode=False);"
        "heavy = {'torch', 'tensorflow', 'keras', 'h5py', 'scipy', 'matplotlib'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    assert process(*words, code=code).stderr.split() == ["[]"]


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").stdout == f"diptych {diptych.__version__}\n"
    assert process("--version", code="import runpy; runpy.run_module('diptych', run_name='__main__')").returncode == 0


def test_convert_says_what_it_took_the_file_for(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file(scrambled(spec("resnet18", num_classes=10)), str(tmp_path / "in.safetensors"))
    done = run("convert", tmp_path / "in.safetensors", tmp_path / "out.pth")
    assert done.exit_code == 0
    assert "resnet18, num_classes=10" in done.stdout
    assert "read back bitwise equal" in done.stdout
    assert "the only registered network" in done.stdout
    assert run("convert", tmp_path / "in.safetensors", tmp_path / "out.pth", "--force").exit_code == 0


@pytest.mark.slow
def test_convert_to_keras_is_silent_on_stderr(tmp_path: Path) -> None:
    net = spec("lenet5_modern", input_size=(36, 32))
    write(tmp_path / "in.pth", net, scrambled(net), {})
    done = process("convert", tmp_path / "in.pth", tmp_path / "out.keras", "--network", "lenet5_modern")
    assert (done.returncode, done.stderr) == (0, "")
    assert "lenet5_modern, input_size=(36, 32)" in done.stdout


def test_an_interrupt_ends_quietly_and_leaves_nothing(tmp_path: Path) -> None:
    """The conversion is stopped by a signal where it has written half of its file."""
    net = spec("lenet5_modern")
    write(tmp_path / "in.pth", net, scrambled(net), {})
    code = (
        "import signal, sys, time, diptych.commands.cli; diptych.convert\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job in the background ignores it
        "def slow(path, *rest):\n"
        "    path.write_text('half'); print('ready', flush=True); time.sleep(60)\n"
        "sys.modules['diptych.conversion.written'].write_content = slow\n"
        "diptych.commands.cli.main()"
    )
    command = [sys.executable, "-c", code, "convert", str(tmp_path / "in.pth"), str(tmp_path / "out.pth")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == "ready\n"
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
        assert running.stderr.read() == ""
    assert os.listdir(tmp_path) == ["in.pth"]


def test_native_messages_are_kept_back_unless_the_error_is_unexpected(capfd: pytest.CaptureFixture[str]) -> None:
    def noisy(error: type[Exception] | None) -> None:
        with native_stderr_kept():
            os.write(2, b"greetings\n")
            if error:
                raise error("no")

    noisy(None)
    with pytest.raises(DiptychError):
        noisy(DiptychError)
    assert capfd.readouterr().err == ""
    with pytest.raises(RuntimeError) as raised:
        noisy(RuntimeError)
    assert capfd.readouterr().err == ""
    assert raised.value.__notes__ == ["native code said:\ngreetings\n"], "a traceback shows it"


def report(name: str, passed: bool) -> Report:
    gates = tuple(Gate(gate, passed, 1e-15, 1e-10, compared=1) for gate in GATES)
    return Report(name, gates, ("one case",))


def judged(monkeypatch: pytest.MonkeyPatch, verdicts: dict[str, bool | None]) -> list[str]:
    """Let the check answer as told (None: it cannot tell), and note what it was asked."""
    asked: list[str] = []

    def check(name: str, **rest: Any) -> Report:
        asked.append(name)
        verdict = verdicts.get(name, True)
        if verdict is None:
            raise DiptychError("nothing can be told")
        return report(name, verdict)

    monkeypatch.setattr(diptych, "check", check)
    return asked


def test_check_exits_with_0_for_the_same_function(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = judged(monkeypatch, {})
    done = run("check", "resnet18", "vgg16", "vgg16_d")
    assert (done.exit_code, asked) == (0, ["resnet18", "vgg16_d"])
    assert "2 of 2 networks are the same function in both frameworks" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["vgg16_d", *["1.0e-15"] * 4, "-", "-", "0"] in rows, "with several networks, a line of figures each"


def test_check_exits_with_1_for_another_function(monkeypatch: pytest.MonkeyPatch) -> None:
    judged(monkeypatch, {"resnet18": False, "resnet34": None})
    assert run("check", "resnet18").exit_code == 1
    assert run("check", "resnet34", "resnet18", "resnet50").exit_code == 1


def test_check_exits_with_2_where_it_cannot_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    judged(monkeypatch, {"resnet34": None})
    done = run("check", "resnet18", "resnet34", "--json", tmp_path / "r.json")
    assert done.exit_code == 2
    assert "error: cannot check resnet34: nothing can be told" in done.stderr
    data = json.loads((tmp_path / "r.json").read_text())
    assert (data["passed"], data["cannot_tell"]) == (False, {"resnet34": "nothing can be told"})
    assert [item["network"] for item in data["reports"]] == ["resnet18"]


@pytest.mark.slow
def test_check_all_asks_for_every_network(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = judged(monkeypatch, {})
    assert run("check", "--all").exit_code == 0
    assert asked == networks()


@pytest.mark.parametrize("words", [["check"], ["check", "--all", "vgg16"], ["check", "--wrong"], ["wrong"], []])
def test_a_wrong_command_line_exits_with_2(words: list[str]) -> None:
    assert run(*words).exit_code == 2


def test_check_does_not_work_for_a_report_it_cannot_write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = judged(monkeypatch, {})
    done = run("check", "resnet18", "--json", tmp_path / "absent" / "r.json")
    assert (done.exit_code, asked) == (2, [])
    assert "error: cannot write" in done.stderr


@pytest.mark.slow
def test_a_real_check_of_a_small_network(tmp_path: Path) -> None:
    done = process("check", "lenet5_modern", "--json", tmp_path / "r.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "r.json").read_text())["passed"] is True
