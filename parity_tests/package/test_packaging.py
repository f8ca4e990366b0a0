"""What is installed: every folder, under the right name, and no framework before it is asked for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from selection import everyday

ROOT = Path(__file__).parents[2]
TREES = {
    "diptych": "diptych",
    "diptych.common": "common",
    "diptych.tf_impl": "tf_impl",
    "diptych.torch_impl": "torch_impl",
}
FRAMEWORKS = ("torch", "tensorflow", "keras")

IMPORT_ALL = """
import importlib, pkgutil, sys

def import_all(package):
    names = [package]
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__, package + "."):
        if module.name in ("diptych.torch_impl", "diptych.tf_impl", "diptych.__main__"):
            continue
        names += import_all(module.name) if module.ispkg else [importlib.import_module(module.name).__name__]
    return names
"""

BLOCK = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "tensorflow", "keras"):
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Blocked())
"""


def settings() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def python(code: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter that finds the checkout behind its own folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def files(folder: str) -> list[Path]:
    """The files of a tree of packages, without the trees that symbolic links lead to."""
    found: list[Path] = []
    for where, folders, names in os.walk(ROOT / folder, followlinks=False):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [Path(where, name).relative_to(ROOT / folder) for name in names]
    return found


def test_every_folder_of_python_files_is_installed() -> None:
    found = set()
    for package, folder in TREES.items():
        for file in files(folder):
            if file.suffix == ".py":
                found.add(".".join([package, *file.parent.parts]))
    listed = settings()["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(found), "pyproject.toml, [tool.setuptools] packages: list every folder once"


def test_every_folder_of_python_files_is_a_package() -> None:
    folders = {(ROOT / tree / file).parent for tree in TREES.values() for file in files(tree) if file.suffix == ".py"}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_no_file_is_left_out_of_the_wheel() -> None:
    data = settings()["tool"]["setuptools"]["package-data"]
    for package, folder in TREES.items():
        others = {file for file in files(folder) if file.suffix not in (".py", ".pyc", ".po")}
        homes = {name: Path(*name.split(".")[len(package.split(".")) :]) for name in data if name.startswith(package)}
        named = [home / pattern for name, home in homes.items() for pattern in data[name]]
        missed = {
            file for file in others if not any(file.parent == one.parent and file.match(one.name) for one in named)
        }
        assert missed == set(), f"{folder}/: [tool.setuptools.package-data] must name these"


def test_the_trees_are_mapped_and_linked_into_the_package() -> None:
    assert settings()["tool"]["setuptools"]["package-dir"] == TREES
    links = {path.name: os.readlink(path) for path in (ROOT / "diptych").iterdir() if path.is_symlink()}
    assert links == {name: f"../{name}" for name in ("common", "tf_impl", "torch_impl")}


@pytest.mark.parametrize("tree", ["common", "tf_impl", "torch_impl"])
def test_a_tree_imported_by_its_folder_name_says_what_to_write(tree: str) -> None:
    done = python(f"import {tree}")
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith(f"write `import diptych.{tree}`")
    assert "ImportError" in done.stderr


def test_a_folder_called_common_does_not_collide(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "__init__.py").write_text("MINE = True\n", "utf-8")
    done = python("import common, diptych.common; assert common.MINE and not hasattr(diptych.common, 'MINE')", tmp_path)
    assert done.returncode == 0, done.stderr


def test_importing_diptych_imports_no_framework() -> None:
    code = IMPORT_ALL + (
        "names = import_all('diptych')\n"
        f"loaded = [name for name in {FRAMEWORKS} if name in sys.modules]\n"
        "assert not loaded, loaded\n"
        "assert len(names) > 20, names\n"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_a_public_name_stays_what_it_is_when_its_module_is_imported() -> None:
    code = IMPORT_ALL + (
        "import diptych, types\n"
        "import_all('diptych')\n"
        "modules = [n for n in diptych.__all__ if isinstance(getattr(diptych, n), types.ModuleType)]\n"
        "assert not modules, f'{modules} are modules: a file of the same name hides what is public'\n"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_common_needs_numpy_alone() -> None:
    code = BLOCK + IMPORT_ALL + (
        "import_all('diptych.common')\n"
        "from diptych.common.registry import spec\n"
        "assert spec('resnet50').params == 25_557_032\n"
        f"assert all(spec(name).nodes for name in {sorted(everyday())})\n"
    )  # fmt: skip
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_no_file_of_common_names_a_framework_or_the_other_trees() -> None:
    pattern = re.compile(
        r"^\s*(?:import|from)\s+(?:torch|tensorflow|keras|diptych|\.*(?:torch|tf)_impl)\b", re.MULTILINE
    )
    sources = {file: (ROOT / "common" / file).read_text("utf-8") for file in files("common") if file.suffix == ".py"}
    docless = {file: re.sub(r">>> .*", "", source) for file, source in sources.items()}
    assert [str(file) for file, source in docless.items() if pattern.search(source)] == []


def test_the_base_needs_no_framework_and_the_extras_bring_each() -> None:
    project = settings()["project"]
    extras = {extra: names(needs) for extra, needs in project["optional-dependencies"].items()}
    assert not set(FRAMEWORKS) & names(project["dependencies"])
    assert extras["torch"] == {"torch"}
    assert extras["tf"] == {"keras", "tensorflow"}
    assert project["optional-dependencies"]["all"] == ["diptych[torch,tf,draw,plot,onnx,detect,evaluate,site]"]


def test_every_requirement_is_pinned_and_the_pin_is_allowed() -> None:
    from packaging.requirements import Requirement

    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    project = settings()["project"]
    wanted = [
        *project["dependencies"],
        *(need for needs in project["optional-dependencies"].values() for need in needs),
    ]
    for requirement in map(Requirement, wanted):
        if requirement.name != "diptych":
            assert requirement.specifier.contains(pins[requirement.name]), f"{requirement} against constraints.txt"


def test_torch_is_installed_by_its_pinned_version() -> None:
    (pin,) = re.findall(r"^torch==.*$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    assert f"$(PIP) {pin}\n" in (ROOT / "Makefile").read_text("utf-8")


def test_the_version_is_said_once_and_described() -> None:
    import diptych

    version = settings()["project"]["version"]
    assert diptych.__version__ == version
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", requirement)[0] for requirement in requirements}


def test_the_citation_is_of_this_version() -> None:
    project, text = settings()["project"], (ROOT / "CITATION.cff").read_text("utf-8")
    stated = dict(re.findall(r'^(\w+): "?(.+?)"?$', text, re.MULTILINE))
    assert stated["version"] == project["version"]
    assert stated["abstract"] == project["description"]
    assert stated["license"] == project["license"]


def test_the_logo_loads_nothing() -> None:
    text = (ROOT / "diptych" / "site" / "logo.svg").read_text("utf-8")
    assert "<title>" in text
    assert re.findall(r"(?:href|src)=|url\(|<script", text) == []
