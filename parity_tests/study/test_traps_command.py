"""The command `diptych traps`: the list, one of them with its code, a run of it, JSON, and what is refused."""

from __future__ import annotations

import json

import pytest
from command_line import process, run
from writers import changes
from writers.__main__ import written

from diptych.commands import traps
from diptych.common.errors import DiptychError
from diptych.common.registry import networks, traced
from diptych.traps import met
from diptych.traps.catalogue import catalogue, find
from diptych.traps.trap import SECTIONS, Trap

TRAPS = list(catalogue().values())


def _pads_same(name: str) -> bool:
    """Whether a network halves a map by a convolution with TensorFlow's SAME."""
    ops = [node.op for node in traced(name, {}).nodes if node.kind == "conv"]
    return any((op.pads, op.stride) == ("same", (2, 2)) for op in ops)  # type: ignore[attr-defined]


def _of_tensorflow(name: str) -> bool:
    return name.endswith((".tf", ".keras")) or name.startswith("efficientdet_")


def test_traps_lists_all_of_them() -> None:
    done = run("traps")
    assert done.exit_code == 0
    for each in TRAPS:
        assert each.id in done.stdout
        assert each.title in done.stdout
    from_tensorflow = [name for name in networks() if _of_tensorflow(name) and _pads_same(name)]
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("torch_refuses_same_at_stride_2 ")]
    assert len(from_tensorflow) > 20
    assert line.split()[-3:] == ["1", "0", str(len(from_tensorflow))]


def test_traps_shows_one_with_its_code() -> None:
    done = run("traps", "ceil-mode-adds-a-window")
    trap = find("ceil_mode_adds_a_window")
    assert done.exit_code == 0
    assert done.stdout.endswith(trap.source)
    assert trap.title in done.stdout
    assert trap.thread in done.stdout
    assert "googlenet_bvlc (4)" in done.stdout
    assert "measured" not in done.stdout


@pytest.mark.slow
def test_traps_runs_one() -> None:
    done = process("traps", "max_pool_pads_with_minus_infinity", "--run")
    assert (done.returncode, done.stderr) == (0, "")
    (measured,) = [line for line in done.stdout.splitlines() if line.startswith("measured")]
    assert measured == "measured  wrong 2.87, right 0"


def test_a_run_without_a_framework_says_what_to_install() -> None:
    def twin() -> tuple[float, float]:
        raise ModuleNotFoundError("No module named 'keras'", name="keras")

    with pytest.raises(DiptychError, match="needs keras: pip install"):
        traps.measure(Trap(twin, SECTIONS[0], "t", "a", "b", "c", 1.0, 0.0))


def test_traps_as_json() -> None:
    everything = json.loads(run("traps", "--json").stdout)
    assert [item["id"] for item in everything] == list(catalogue())
    one = json.loads(run("traps", "kernel_axes", "--run", "--json").stdout)
    assert one["source"] == find("kernel_axes").source
    assert one["measured"]["wrong"] > 1
    assert list(one["networks"]) == networks()
    assert "measured" not in everything[0]
    assert "places" not in everything[0]
    assert everything[0]["networks"] == met.meeting(TRAPS[0])
    assert {name: len(paths) for name, paths in one["places"].items()} == one["networks"]


def test_what_is_committed_of_networks_and_traps_is_what_they_are() -> None:
    assert changes(written("met")) == {}


def test_a_network_and_a_trap_that_the_file_does_not_know_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    trap, name = find("kernel_axes"), "lenet5_modern"
    whole = met.meeting(trap)
    kept = json.loads(met.FILE.read_text())
    del kept["networks"][name]
    monkeypatch.setattr(met, "_kept", lambda: kept)
    assert met.meeting(trap) == whole
    assert whole[name] == len(met.places(trap, name)) > 0
    monkeypatch.setattr(met, "networks", lambda: [name])
    monkeypatch.setattr(met, "_kept", lambda: {"traps": [], "networks": kept["networks"]})
    assert met.meeting(trap) == {name: whole[name]}


@pytest.mark.parametrize("words", [("traps", "nonsuch"), ("traps", "nonsuch", "--json"), ("traps", "--nonsuch")])
def test_an_unknown_trap_exits_with_2(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert done.stdout == ""


@pytest.mark.slow
def test_listing_the_traps_imports_no_framework() -> None:
    code = (
        "import sys; from diptych.commands.cli import app; app(standalone_mode=False);"
        "print(sorted({'torch', 'tensorflow', 'keras'} & set(sys.modules)), file=sys.stderr)"
    )
    assert process("traps", code=code).stderr == "[]\n"
