"""The plugin of pytest: a test for each gate, one comparison for all, and nothing loaded that is not asked for."""

from __future__ import annotations

import inspect
import os
import tomllib
from pathlib import Path
from typing import Any

import keras
import pytest
import torch

import diptych
from diptych.checking.report import Gate
from diptych.ci import verdicts
from diptych.comparing.compare import GATES
from diptych.comparing.report import Comparison

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]
PLUGIN = ("-p", "no:hypothesispytest")
MODELS = """
import torch
from torch import nn

class Net(nn.Sequential):
    def __init__(self, slope=0.0):
        torch.manual_seed(0)
        super().__init__(nn.Conv2d(3, 4, 3), nn.LeakyReLU(slope))

def off():
    return Net(0.1)

def nothing():
    model = Net()
    nn.init.constant_(model[0].bias, float("nan"))
    return model
"""


def made_up(one: Any, other: Any, *, gates: Any = None, fast: bool = False, progress: Any = None) -> Comparison:
    """A comparison of two names, which leaves a line: of unlike ones the nodes differ, and nobody asks for training."""
    with Path("made.txt").open("a") as file:
        file.write(f"{one} {other}\n")
    passed = {"nodes": one == other, "training": None}
    found = tuple(Gate(name, passed.get(name, True), 0.5, 1e-10, "here", "", 1) for name in GATES)
    return Comparison("both", found, (), unsure=("NaN",) if one == "nan" else ())


@pytest.fixture
def lines(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder in whose sessions the comparison is made up."""
    monkeypatch.setattr(verdicts, "compare", made_up)
    return pytester


def made(pytester: pytest.Pytester) -> list[str]:
    return (pytester.path / "made.txt").read_text().splitlines()


@pytest.mark.slow  # a process of its own: pytester takes out of this one what a session loads, and torch stays in part
def test_a_line_makes_a_test_for_each_gate_of_a_real_comparison(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(mine=MODELS)
    pytester.makepyfile(
        """
        from diptych.pytest_plugin import parity
        from mine import Net, nothing, off

        test_right = parity(Net, Net(), example=(1, 3, 9, 8))
        test_wrong = parity(Net, off, example=(1, 3, 9, 8), gates=["nodes"])
        test_unsure = parity(nothing, nothing, example=(1, 3, 9, 8), fast=True)
        """
    )
    result = pytester.runpytest_subprocess(*PLUGIN, "-v", "-W", "error")
    ids = [f"*::test_right[[]{gate}[]] PASSED*" for gate in ("outputs", "nodes", "parameters", "gradients", "training")]
    result.stdout.fnmatch_lines([*ids, "*::test_wrong[[]outputs[]] FAILED*", "*::test_wrong[[]nodes[]] FAILED*"])
    result.stdout.fnmatch_lines(
        [
            "nodes: different, * at part_1, *slope, 0.0 in*",
            "the first PyTorch model and the second PyTorch model: NOT the same function*",
            "outputs: cannot tell, output is not finite in both models; look for NaN*",
        ]
    )
    assert result.parseoutcomes() == {"passed": 6, "failed": 5}
    for noise in ("Traceback", "traceback", "torch.__trace", "diptych/pytest_plugin.py"):
        result.stdout.no_fnmatch_line(f"*{noise}*")


def test_models_and_makers_of_them_are_compared_and_judged() -> None:
    torch.manual_seed(0)
    net = torch.nn.Conv2d(3, 4, 3)
    options = {"example": (1, 3, 9, 8), "fast": True}
    found = verdicts.Verdicts.of(verdicts.reported((net, lambda: torch.nn.Sequential(net, torch.nn.ReLU())), options))
    again = verdicts.Verdicts.from_json(found.to_json())
    assert again == found
    outcome, said = verdicts.judged(again, "nodes", ["outputs", "nodes", "parameters"])
    assert outcome == "failed"
    assert said.startswith("nodes: different, ")
    assert said.endswith(found.text)
    assert verdicts.judged(again, "parameters", ["outputs", "nodes", "parameters"])[0] == "passed"
    assert verdicts.judged(again, "outputs", ["outputs"])[0] == "failed", "what has no test of its own is not lost"


def chained() -> keras.Model:
    image = keras.Input((9, 8, 3))
    return keras.Model(image, keras.layers.LeakyReLU(negative_slope=0.2)(keras.layers.Conv2D(4, 3)(image)))


def test_a_report_says_the_line_of_a_maker_of_keras() -> None:
    pair = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.LeakyReLU(0.1)), chained
    report = verdicts.reported(pair, {"weights": "transfer", "gates": ["nodes"], "fast": True})
    assert any("test_pytest_plugin.py" in line and "negative_slope=0.2" in line for line in report.gate("nodes").lines)


def test_a_network_as_the_third_is_what_both_must_be() -> None:
    net = diptych.spec("lenet5_modern", input_size=(28, 28))
    weights = diptych.init(net)
    pair = tuple(diptych.build(net, side, weights=weights) for side in ("torch", "tf"))
    good = verdicts.Verdicts.of(verdicts.reported((*pair, net), {"batches": (2,)}))
    assert {item.state for item in good.gates} <= {"same", "open"}
    pair[0].c1.bias.data.add_(1e-3)
    bad = verdicts.Verdicts.of(verdicts.reported((*pair, net), {"batches": (2,)}))
    assert verdicts.judged(bad, "outputs", ["outputs"])[0] == "failed"


def test_a_mark_takes_fixtures_and_parameters_and_compares_once_for_all_gates(lines: pytest.Pytester) -> None:
    lines.makepyfile(
        """
        import pytest

        @pytest.fixture
        def more():
            return "+"

        class TestPort:
            @pytest.mark.parametrize("name", ["resnet50", "vgg16"])
            @pytest.mark.parity
            def test_net(self, name, more):
                return name, lambda: f"{name}{more if name == 'vgg16' else ''}"

        def test_other():
            pass
        """
    )
    result = lines.runpytest(*PLUGIN, "-v", "-rs")
    result.stdout.fnmatch_lines(
        ["*::TestPort::test_net[[]resnet50-gradients[]] PASSED*", "*::TestPort::test_net[[]vgg16-nodes[]] FAILED*"]
    )
    result.stdout.fnmatch_lines(["*SKIPPED *: training: open, not reached, for nodes differs"])
    assert result.parseoutcomes() == {"passed": 5 + 4 + 1, "failed": 1, "skipped": 2}
    assert made(lines) == ["resnet50 resnet50", "vgg16 vgg16+"]


def test_what_cannot_tell_is_no_pass(lines: pytest.Pytester) -> None:
    lines.makepyfile("from diptych.pytest_plugin import parity\n\ntest_nan = parity('nan', 'nan')\n")
    result = lines.runpytest(*PLUGIN)
    assert result.parseoutcomes() == {"passed": 5, "failed": 1}
    result.stdout.fnmatch_lines(["training: cannot tell, NaN; what cannot be told is no pass*"])


def test_to_collect_makes_nothing_and_shows_the_line_of_the_test(lines: pytest.Pytester) -> None:
    lines.makepyfile(
        """
        from diptych.pytest_plugin import parity

        def broken():
            raise ValueError("no model today")

        test_broken = parity(broken, broken)
        """
    )
    result = lines.runpytest(*PLUGIN, "--collect-only", "-q")
    assert [line.partition("::")[2] for line in result.outlines if "::" in line] == [
        f"test_broken[{gate}]" for gate in ("outputs", "nodes", "parameters", "gradients", "training", "dropout")
    ]
    result = lines.runpytest(*PLUGIN, "-v")
    result.stdout.fnmatch_lines(
        [
            "test_to_collect_makes_nothing_and_shows_the_line_of_the_test.py::test_broken[[]outputs[]] FAILED*",
            "E       ValueError: no model today",
            "not compared: ValueError: no model today; the first of these gates shows where",
        ]
    )
    assert result.parseoutcomes() == {"failed": 6}
    assert "\n".join(result.outlines).count("E       ValueError") == 1


def test_steps_have_a_test_of_their_own(lines: pytest.Pytester) -> None:
    lines.makepyfile("from diptych.pytest_plugin import parity\n\ntest_a = parity('a', 'a', steps=20)\n")
    found = lines.runpytest(*PLUGIN, "--collect-only", "-q").outlines
    names = [line.partition("[")[2].rstrip("]") for line in found if "::" in line]
    assert names == [*GATES, "training_steps"]


def test_the_options_of_the_command_choose_gates(lines: pytest.Pytester) -> None:
    lines.makepyfile("from diptych.pytest_plugin import parity\n\ntest_a = parity('a', 'a', gates=['dropout'])\n")
    for words, gates in (
        ((), "outputs dropout"),
        (("--parity-gates", "nodes,outputs"), "outputs nodes"),
        (("--parity-fast",), "outputs dropout"),
        (("--parity-gates", "training_steps"), "outputs training_steps"),
    ):
        found = lines.runpytest(*PLUGIN, "--collect-only", "-q", *words).outlines
        assert [line.partition("[")[2].rstrip("]") for line in found if "::" in line] == gates.split()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("(3, 4)", "parity: parity takes options by name, such as example=(1, 3, 64, 64), not 3"),
        ("(gates=['nods'])", "parity: the gates are outputs, nodes, *, not 'nods'"),
        ("(exemple=(1, 3, 9, 8))", "parity: 'exemple' is no option of diptych.compare or *: did you mean 'example'*"),
    ],
)
def test_a_wrong_mark_is_one_line_where_it_is_collected(pytester: pytest.Pytester, options: str, said: str) -> None:
    pytester.makepyfile(f"import pytest\n\n@pytest.mark.parity{options}\ndef test_a():\n    return 1, 2\n")
    result = pytester.runpytest(*PLUGIN)
    assert result.parseoutcomes() == {"errors": 1}
    result.stdout.fnmatch_lines([said])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("None", "cannot tell: a parity test returns a pair * this one returned None"),
        ("1, 2", "cannot tell: expected a torch.nn.Module or a keras.Model, got builtins.int"),
        ("'resnet18', 'resnet34'", "cannot tell: resnet18 and resnet34 are names of networks*"),
        ("1, 2, 'resnet18'", "cannot tell: 'example' is no option of diptych.check: *"),
    ],
)
def test_what_a_function_returns_wrongly_is_told(pytester: pytest.Pytester, returned: str, said: str) -> None:
    pytester.makepyfile(
        f"import pytest\n\n@pytest.mark.parity(fast=True, example=(1, 3, 9, 8))\ndef test_a():\n    return {returned}\n"
    )
    result = pytester.runpytest(*PLUGIN, "-k", "outputs")
    assert result.parseoutcomes() == {"failed": 1, "deselected": 2}
    result.stdout.fnmatch_lines([said])


IN_A_FILE = f"""
from pathlib import Path
from typing import Any

from diptych.checking.report import Gate
from diptych.ci import verdicts
from diptych.comparing.compare import GATES
from diptych.comparing.report import Comparison

{inspect.getsource(made_up)}

verdicts.compare = made_up
"""


@pytest.mark.parametrize("dist", ["load", pytest.param("loadscope", marks=pytest.mark.slow)])
def test_processes_share_one_comparison(pytester: pytest.Pytester, dist: str) -> None:
    pytester.makeconftest(IN_A_FILE)
    code = "from diptych.pytest_plugin import parity\n\ntest_a = parity('a', 'b')\ntest_b = parity('b', 'b')\n"
    pytester.makepyfile(code)
    result = pytester.runpytest_subprocess(*PLUGIN, "-n", "2", "--dist", dist, "--strict-markers")
    assert result.parseoutcomes() == {"passed": 9, "failed": 1, "skipped": 2}
    assert sorted(made(pytester)) == ["a b", "b b"]


def test_it_loads_nothing_and_may_be_named_twice(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an installed diptych has it, whose entry point pytest loads, and as -p and a conftest name it besides."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    points = settings["project"]["entry-points"]["pytest11"]
    assert points == {"diptych.pytest_plugin": "diptych.pytest_plugin"}
    home = pytester.mkdir("installed") / "diptych_copy-1.0.dist-info"
    home.mkdir()
    (home / "METADATA").write_text("Metadata-Version: 2.1\nName: diptych-copy\nVersion: 1.0\n")
    entries = "".join(f"{name} = {value}\n" for name, value in points.items())
    (home / "entry_points.txt").write_text(f"[pytest11]\n{entries}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(home.parent), str(ROOT)]))
    pytester.makepyfile(
        """
        import sys

        def test_nothing_is_loaded(pytestconfig):
            assert pytestconfig.pluginmanager.hasplugin("diptych.pytest_plugin")
            assert not {"torch", "tensorflow", "keras", "numpy"} & set(sys.modules)
            assert not [name for name in sys.modules if name.startswith("diptych.") and "plugin" not in name]
        """
    )
    only = ("-p", "no:xdist", "-p", "no:hypothesispytest", "--strict-markers")
    assert pytester.runpytest_subprocess(*only).parseoutcomes() == {"passed": 1}
    pytester.makeconftest("pytest_plugins = ['diptych.pytest_plugin']")
    named = ("-p", "diptych.pytest_plugin")
    assert pytester.runpytest_subprocess(*PLUGIN, *named, *only).parseoutcomes() == {"passed": 1}
