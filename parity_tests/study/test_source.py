"""Emitted files: line-parallel, formatted, free of lint, short, and equal to the committed ones.

After a change that is meant, `make write` writes the committed files anew; read the diff.
"""

from __future__ import annotations

import ast
import functools
import re
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import selection
from op_cases import CASES, EVEN
from own_network import own_network
from writers.models import SIDES, path_of

from diptych.common.emission.source import Source
from diptych.common.errors import DiptychError
from diptych.common.registry import canonical, networks, spec, traced
from diptych.common.spec import Net
from diptych.common.trace import trace
from diptych.emission import source, twins

ROOT = Path(__file__).parents[2]
PARTLY = "# Keras's twin says that it is built"
NOTE = "    # In one of the frameworks it is "
LONGEST = {"resnet50": 120, "vgg16_d": 70, "googlenet_bvlc": 120, "densenet121": 100}
# HRNet's modules of two, three and four branches are a class each, of one function.
LONGEST |= dict.fromkeys(networks("hrnet"), 330)
# Its units with and without a gate, a shortcut and either activation are a class each.
LONGEST |= dict.fromkeys(networks("mobilenet_v3"), 315)
LONGEST |= dict.fromkeys(networks("ghostnet"), 255)
# Its stages of one, two, four and eight residual units are a class each, besides those of the neck.
LONGEST["yolov4"] = 300
# The levels of neck and head are written out, and stages of one, two and three bottlenecks are a class each.
LONGEST |= dict.fromkeys([*networks("yolov5"), *networks("yolox")], 325)
# The backbone's blocks, the fusions with and without a convolution of their own, and all levels are written out.
LONGEST |= dict.fromkeys(networks("efficientdet"), 500)


@functools.cache
def emitted(name: str) -> tuple[Source, Source]:
    return twins(traced(name, {}))


def every(*names: str) -> list[tuple[str, str]]:
    """(network, framework) of these, or of all networks."""
    return [(name, side) for name in names or networks() for side in SIDES]


NETWORKS = {"everyday": sorted(selection.everyday()), "all": networks()}
"""Whose files are looked at together."""


def text(name: str, side: str) -> str:
    return emitted(name)[SIDES.index(side)].text


def classes(name: str, side: str) -> list[str]:
    """The lines from the first class to the end of the network's own class, without what stands after it."""
    lines = text(name, side).splitlines()
    root = next(node for node in ast.parse(text(name, side)).body if getattr(node, "name", "") == emitted(name)[0].root)
    first = next(index for index, line in enumerate(lines) if line.startswith("class "))
    return lines[first : root.end_lineno]


def opening(line: str, blocks: frozenset[str]) -> tuple[int, str]:
    """How far a line is indented, and what it opens with: a keyword, what it assigns to, or some layer."""
    words = re.match(r"[\w.]*", line.lstrip())
    word = words[0] if words else ""
    layer = re.match(r"nn\.|layers\.|padded|[A-Z]", word) and word not in blocks
    return len(line) - len(line.lstrip()), "layer" if layer else word.replace("add_module", "add").rstrip("_")


@pytest.mark.parametrize("name", [selection.cheap(name) for name in networks()])
def test_line_n_of_one_is_the_twin_of_line_n_of_the_other(name: str) -> None:
    ours, theirs = emitted(name)
    assert len(ours.text.splitlines()) == len(theirs.text.splitlines()) == len(ours.origins) == len(theirs.origins)
    assert ours.instances == theirs.instances
    assert ours.origins == theirs.origins
    left, right = classes(name, "torch"), classes(name, "tf")
    assert len(left) == len(right) > 10
    pairs = [(a, b) for a, b in zip(left, right, strict=True) if not a.lstrip().startswith("#")]
    noted = [line for line in left if line.startswith(NOTE)]
    assert noted == [line for line in right if line.startswith(NOTE)]
    built = [line for line in left if line.lstrip().startswith(PARTLY)]
    assert len(left) - len(pairs) - len(noted) - len(built) == 2, "other comments stand beside Keras's `build` alone"
    assert [opening(a, ours.blocks) for a, _ in pairs] == [opening(b, ours.blocks) for _, b in pairs]


@pytest.mark.parametrize("name", [selection.cheap(name) for name in networks()])
def test_every_node_has_its_line(name: str) -> None:
    """Each kind of line is accounted for: every node of the first instance of each class is made or run somewhere."""
    net, (ours, _) = traced(name, {}), emitted(name)
    seen = {path for paths in ours.origins for path in paths}
    first = {paths[0] for paths in ours.instances.values()}
    for call in net.root.walk():
        if call.style != "stack" and call.path in first:
            assert {net.nodes[item].path for item in call.body if isinstance(item, int)} <= seen


@pytest.mark.parametrize("which", selection.some(NETWORKS, "everyday"))
def test_all_files_are_formatted_and_free_of_lint(which: str, tmp_path: Path) -> None:
    for name, side in every(*NETWORKS[which]):
        (tmp_path / f"{side}_{name.replace('.', '_')}.py").write_text(text(name, side))
    assert len(list(tmp_path.iterdir())) == 2 * len(NETWORKS[which]) >= 60
    assert ruff("format", "--check", tmp_path) == ""
    assert ruff("check", "--quiet", tmp_path) == ""


def ruff(command: str, option: str, folder: Path) -> str:
    """What ruff has to say about the files of a folder under the rules of this project."""
    asked = [sys.executable, "-m", "ruff", command, option, "--config", str(ROOT / "pyproject.toml"), str(folder)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize(("name", "side"), selection.some(every(), *every(*selection.everyday())))
def test_a_file_imports_its_framework_alone(name: str, side: str) -> None:
    tree = ast.parse(text(name, side))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert found == {"torch" if side == "torch" else "keras"}


@pytest.mark.parametrize("name", [selection.cheap(name) for name in networks()])
def test_files_read_like_hand_written_ones(name: str) -> None:
    for side in SIDES:
        tree = ast.parse(text(name, side))
        paper = " ".join((ast.get_docstring(tree) or "").split())
        assert traced(name, {}).paper in paper, "the docstring names the paper"
        assert all(ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
        assert len(text(name, side).splitlines()) <= LONGEST.get(name, 240)


def blocks(name: str, side: str) -> dict[str, ast.ClassDef]:
    """The classes of a network's blocks, without the helpers after them."""
    tree, names = ast.parse(text(name, side)), emitted(name)[0].blocks
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef) and node.name in names}


@pytest.mark.parametrize("name", [selection.cheap(name) for name in networks()])
@pytest.mark.parametrize("side", SIDES)
def test_a_docstring_names_no_parameter_that_its_class_lacks(name: str, side: str) -> None:
    for node in blocks(name, side).values():
        init = next(part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__")
        told = set((ast.get_docstring(node) or "").split("`")[1::2])
        assert told <= {argument.arg for argument in init.args.args}, node.name


@pytest.mark.parametrize("name", [selection.cheap(name) for name in networks()])
def test_equal_classes_say_why_they_are_two(name: str) -> None:
    """Equal in one framework and different in the other: a comment in both files, on the same line, tells why."""
    for side in SIDES:
        found: dict[str, list[ast.ClassDef]] = {}
        for node in blocks(name, side).values():
            found.setdefault("\n".join(ast.unparse(node).splitlines()[1:]), []).append(node)
        for same in found.values():
            commented = [node for node in same if all(notes(name, each, node) for each in SIDES)]
            assert len(same) - len(commented) <= 1, [node.name for node in same]


def notes(name: str, side: str, node: ast.ClassDef) -> list[str]:
    lines = text(name, side).splitlines()[node.lineno : node.body[1].lineno]
    return [line for line in lines if line.startswith(NOTE)]


NUMBERED = {"efficientdet_d6": {"Bifpn2"}, "efficientdet_d7": {"Bifpn2"}}
"""Classes that differ in nothing that a name says: the first cell narrows its levels inside of units of its own."""


@pytest.mark.parametrize("name", [selection.cheap(name) for name in networks()])
def test_variants_are_named_by_what_differs(name: str) -> None:
    names = emitted(name)[0].blocks - {emitted(name)[0].root} - NUMBERED.get(name, set())
    assert not [each for each in names if each.rstrip("0123456789") in names - {each}]
    assert not [each for each in names if "Without" in each]


@pytest.mark.parametrize("name", [selection.cheap(name) for name in networks()])
def test_branches_have_telling_names(name: str) -> None:
    """What three or more branches give is joined under the names of the branches, not under letters.

    What comes into a block has the name that it has there.
    """
    for node in blocks(name, "torch").values():
        entering = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
        names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
        entering -= {part.id for part in names if isinstance(part.ctx, ast.Store)}
        calls = [
            part for part in ast.walk(node) if isinstance(part, ast.Call) and ast.unparse(part.func) == "torch.cat"
        ]
        for call in calls:
            assert isinstance(call.args[0], ast.Tuple)
            joined = {part.id for part in call.args[0].elts if isinstance(part, ast.Name)}
            letters = [each for each in joined - entering if len(each) == 1]
            assert len(call.args[0].elts) < 3 or not letters, ast.unparse(call)


@pytest.mark.parametrize("which", selection.some(NETWORKS, "everyday"))
def test_the_median_function_is_about_a_dozen_lines(which: str) -> None:
    trees = [ast.parse(text(name, side)) for name, side in every(*NETWORKS[which])]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert statistics.median((node.end_lineno or 0) - node.lineno + 1 for node in functions) <= 12


def test_expressions_are_kept_and_values_are_not() -> None:
    ours = text("resnet50", "torch")
    assert "nn.Conv2d(width, 4 * width, 1, bias=False)" in ours
    assert "Shortcut(in_channels, 4 * width, stride)" in ours
    assert "layers.Conv2D(4 * width, 1, use_bias=False)" in text("resnet50", "tf")
    assert "for i in range(24):" in text("densenet121", "torch")


def test_options_reach_the_source() -> None:
    net = spec("resnet18", num_classes=7, in_channels=1)
    ours, theirs = twins(net)
    assert "def __init__(self, in_channels=1, num_classes=7):" in ours.text
    assert "def __init__(self, num_classes=7):" in theirs.text
    assert source(net, "keras") == theirs.text
    with pytest.raises(DiptychError, match="there is no framework 'jax'"):
        source(net, "jax")


@pytest.mark.parametrize(("kind", "case"), [(kind, case) for kind in CASES for case in range(len(CASES[kind]))])
def test_every_op_is_line_parallel(kind: str, case: int) -> None:
    net = trace(CASES[kind][case], "case", EVEN, title="Case")
    ours, theirs = twins(net)
    assert len(ours.text.splitlines()) == len(theirs.text.splitlines())
    for file in (ours, theirs):
        compile(file.text, kind, "exec")


def test_a_network_of_ones_own_is_line_parallel_formatted_and_free_of_lint(tmp_path: Path) -> None:
    ours, theirs = twins(own_network())
    assert len(ours.text.splitlines()) == len(theirs.text.splitlines()) == len(ours.origins)
    assert "y_channels" not in ours.text, "weights that another node owns ask for no channels"
    assert "self.output_" not in theirs.text
    assert all(f"self.{name}_" in theirs.text for name in ("layers", "name", "path", "weights"))
    for side, file in zip(SIDES, (ours, theirs), strict=True):
        (tmp_path / f"{side}.py").write_text(file.text)
    assert ruff("format", "--check", tmp_path) == ""
    assert ruff("check", "--quiet", tmp_path) == ""


def test_no_child_takes_the_name_of_an_attribute_of_kerass_classes() -> None:
    import keras

    from diptych.tf_impl.source import LANGUAGE

    classes = (keras.Model, keras.Sequential, keras.layers.Layer)
    fitted = keras.Sequential([keras.layers.Dense(1)])
    fitted.compile("sgd", "mse")
    fitted.fit(np.ones((1, 2)), np.ones((1, 1)), verbose=0)
    public = {name for kind in (*classes, fitted) for name in dir(kind) if not name.startswith("_")}
    assert {"call", "fit", "pop"} <= public
    assert [name for name in sorted(public) if LANGUAGE.attribute(name) == name] == []


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "torch_impl/helpers").glob("[a-z]*.py")))
def test_helpers_are_twins_of_as_many_lines(name: str) -> None:
    from diptych.common.emission.helpers import helper_lines

    ours, theirs = (helper_lines(ROOT / f"{side}_impl" / "helpers", name) for side in SIDES)
    assert len(ours) == len(theirs) > 0
    code = [not lines[0].startswith("#") for lines in (ours, theirs)]
    assert any(code), "a helper is code on one side at least"


def canonical_net(family: str) -> Net:
    return spec(canonical()[family])


@pytest.mark.parametrize("family", canonical())
@pytest.mark.parametrize("side", SIDES)
def test_the_committed_model_is_a_fresh_emission(family: str, side: str) -> None:
    assert canonical()[family] in networks(family)
    assert path_of(family, side).read_bytes() == source(canonical_net(family), side).encode()


def test_every_family_has_its_models() -> None:
    for side in SIDES:
        found = {path.stem for path in (ROOT / f"{side}_impl" / "models").glob("*.py")} - {"__init__"}
        assert found == set(canonical())
