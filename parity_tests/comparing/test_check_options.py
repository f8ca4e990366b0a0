"""What `check` and `compare` share on the command line: gates, --fast, files, and options of a registered network."""

from __future__ import annotations

import inspect
import io
import json
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import torch
from command_line import run

import diptych
from diptych.checking.gates import GATES as CHECKED
from diptych.checking.last_check import recall
from diptych.common.errors import DiptychError
from diptych.comparing.compare import GATES

DOCS = Path(__file__).parents[2] / "docs"
CODE = """
import torch
from torch import nn

class Net(nn.Sequential):
    def __init__(self, slope=0.0, classes=5):
        torch.manual_seed(0)
        head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, classes)
        super().__init__(nn.Conv2d(1, 4, 3), nn.LeakyReLU(slope), *head)

def off():
    return Net(0.1)
"""
FAST = ("--gates", "structure", "--fast")
BOTH = ("compare", "mine.py:Net", "mine.py:off")
ASK = ("--example", "1x1x9x8", "--fast")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def net(slope: float = 0.0) -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3), torch.nn.LeakyReLU(slope))


def test_compare_holds_to_the_gates_that_are_named_and_says_which_are_left() -> None:
    report = diptych.compare(net(), net(), example=(1, 1, 9, 8), gates=["parameters"], fast=True)
    assert [gate.name for gate in report.gates] == ["outputs", "parameters"], "outputs always"
    assert "fast, at one size and few batches; not asked: nodes, gradients, training, dropout" in report.notes
    assert report.cases == ("1x9x8 batch 1", "1x9x8 batch 3", "1x9x8 batch 2, 0 to 255")
    whole = diptych.compare(net(), net(), example=(1, 1, 9, 8))
    assert len(whole.cases) > 10
    assert not [note for note in whole.notes if "not asked" in note]
    words = [str(item).splitlines()[0].rpartition(" (")[0].partition(": ")[2] for item in (report, whole)]
    assert words == ["the same function as far as was asked", "the same function"]


def test_fast_finds_what_it_still_asks() -> None:
    report = diptych.compare(net(), net(0.1), example=(1, 1, 9, 8), fast=True)
    assert report.verdict == "different"
    assert report.gate("nodes").where == "part_1"
    assert [gate.name for gate in report.gates] == ["outputs", "nodes", "parameters"]


def test_check_of_some_gates_is_not_remembered_as_the_last(here: Path) -> None:
    before = recall(diptych.spec("lenet5_modern"))
    done = run("check", "lenet5_modern", *FAST, "--json", "r.json")
    assert done.exit_code == 0, done.output
    (report,) = json.loads((here / "r.json").read_text())["reports"]
    assert [gate["name"] for gate in report["gates"]] == ["structure"]
    assert report["cases"] == ["1x36x32 batch 3"]
    assert "1 of 1 networks are the same function in both frameworks, as far as was asked" in done.output
    assert report["partial"]
    assert report["notes"][0].startswith("fast, at one size and few batches; not asked: transfer, forward_float64")
    assert recall(diptych.spec("lenet5_modern")) == before


def test_check_takes_a_registered_network_with_its_options(here: Path) -> None:
    words = ("--input-size", "36x32", "--num-classes", "7", "--in-channels", "2")
    done = run("check", "lenet5_modern", *words, *FAST, "--json", "-")
    (report,) = json.loads(done.stdout)["reports"]
    assert report["cases"] == ["2x36x32 batch 3"]
    sized = run("check", "squeezenet1_1", "-O", "width=0.5", *FAST)
    assert sized.exit_code == 2
    assert sized.output.startswith("error: ")
    assert "has no option 'width'" in sized.output
    two = run("check", "lenet5_modern", "lenet5_1998", *FAST)
    assert two.exit_code == 0, two.output
    wide = run("check", "mobilenet_v2", "-O", "width=0.25", "--num-classes", "3", *FAST)
    assert wide.exit_code == 0, wide.output


def test_an_alias_with_a_size_is_checked_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def check(given: Any, **rest: Any) -> Any:
        asked.append(given)
        raise DiptychError("enough")

    monkeypatch.setattr(diptych, "check", check)
    run("check", "yolov3_608")
    run("check", "resnet18", "--num-classes", "10")
    assert asked[0] == "yolov3"
    assert asked[1].options == (("num_classes", 10),)


def test_compare_builds_a_registered_network_with_its_options(here: Path) -> None:
    model = diptych.build(diptych.spec("lenet5_modern", num_classes=7, input_size=(36, 32)), "torch")
    report = diptych.compare("lenet5_modern", model, example=(1, 1, 36, 32), gates=["outputs"], fast=True)
    assert report.passed, str(report)
    other = diptych.compare(
        "lenet5_modern", model, example=(1, 1, 36, 32), options={"num_classes": 7}, gates=["outputs"], fast=True
    )
    assert other.passed
    with pytest.raises(DiptychError, match="has no option 'width'"):
        diptych.compare("lenet5_modern", model, example=(1, 1, 36, 32), options={"width": "2"})
    done = run("compare", "mine.py:Net", "mine.py:Net", *ASK, "--num-classes", "5", "-O", "width=2")
    assert done.exit_code == 2
    assert "width, num_classes: options are for a registered network" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "resnet18", "--gates", "nodes"), f"the gates are {', '.join(CHECKED)}, training_steps, not 'nodes'"),
        ((*BOTH, "--gates", "nodes,nod"), f"the gates are {', '.join(GATES)}, training_steps, not 'nod'"),
        ((*BOTH, "--gates", " ,"), "and none was named"),
        ((*BOTH, "--json", "-", "--junit", "-"), "only one of --json and --junit can be"),
        ((*BOTH, "--junit", "no/x.xml"), "no does not exist"),
        ((*BOTH, "--junit", "x", "--html", "x"), "is to be written twice"),
        (("check", "resnet18", "vgg16", "--html", "x.html"), "--html is the page of one network, and 2 are named"),
    ],
)  # fmt: skip
def test_bad_options_are_one_line_before_any_work(here: Path, words: tuple[str, ...], said: str) -> None:
    (here / "mine.py").write_text("raise SystemError('this code was run')")
    done = run(*words)
    assert done.exit_code == 2
    assert done.output.startswith("error: ")
    assert said in done.output
    assert len(done.output.splitlines()) == 1


def test_the_files_of_a_run_fit_their_schema_and_its_page_names_every_key(here: Path) -> None:
    schema = json.loads((DOCS / "report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    run("compare", "mine.py:Net", "mine.py:off", *ASK, "--baseline", "b.json", "--update")
    run("compare", "mine.py:Net", "mine.py:off", *ASK, "--baseline", "b.json", "--json", "c.json")
    run("check", "lenet5_modern", *FAST, "--json", "k.json")
    page = (DOCS / "ci.md").read_text().partition("## The JSON")[2]
    for name in ("c.json", "k.json"):
        data = json.loads((here / name).read_text())
        jsonschema.validate(data, schema)
        reports = data.get("reports", [data])
        keys = {*data, *(key for report in reports for key in (*report, *report["gates"][0]))}
        assert [key for key in keys if f"| `{key}` |" not in page] == []
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, "reports": [{**reports[0], "verdict": "fine"}]}, schema)


def test_standard_output_has_the_file_alone(here: Path) -> None:
    done = run("compare", "mine.py:Net", "mine.py:off", *ASK, "--junit", "-", "--json", "r.json")
    assert done.exit_code == 1
    assert done.stdout.startswith("<?xml")
    assert done.stdout.endswith("</testsuites>\n")
    checked = run("check", "lenet5_modern", *FAST, "--junit", "-")
    assert checked.stdout.startswith("<?xml")
    assert 'name="lenet5_modern-structure"' in checked.stdout


def test_the_page_of_a_report_is_a_file_or_standard_output(here: Path) -> None:
    done = run(*BOTH, *ASK, "--html", "-", "--json", "r.json")
    assert done.exit_code == 1
    assert done.stdout.lower().startswith("<!doctype html>")
    assert json.loads((here / "r.json").read_text())["verdict"] == "different"
    checked = run("check", "lenet5_modern", *FAST, "--html", "k.html")
    assert checked.exit_code == 0, checked.output
    assert "lenet5_modern" in (here / "k.html").read_text()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_python_shows_progress_at_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        monkeypatch.setattr(sys, "stderr", stream)
        diptych.compare(net(), net(), example=(1, 1, 9, 8), fast=True)
    assert "comparing" in terminal.getvalue()
    assert pipe.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", quiet := Terminal())
    diptych.compare(net(), net(), example=(1, 1, 9, 8), fast=True, progress=seen.append)
    assert quiet.getvalue() == ""
    assert "comparing nodes" in seen
    assert "progress" in inspect.signature(diptych.check).parameters
