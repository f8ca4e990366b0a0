"""`diptych show`: both codes on a terminal and in a pipe, the page in a file, and what is refused."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from refusal import refused
from rich.console import Console
from shown import Page, report, run, sources

import diptych
from diptych.common.registry import spec
from diptych.page.figures import nchw_text
from diptych.page.terminal import print_sources


def printed(name: str, width: int, terminal: bool = True) -> str:
    file = io.StringIO()
    texts = (sources(name)[0].text, sources(name)[1].text)
    print_sources(spec(name), texts, Console(file=file, width=width, force_terminal=terminal, color_system="standard"))
    return file.getvalue()


def plain(text: str) -> list[str]:
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()]


def test_a_wide_terminal_shows_two_columns_with_one_number_for_both() -> None:
    text = printed("resnet50", 170)
    assert "\x1b[" in text
    sides = [side.text.splitlines() for side in sources("resnet50")]
    found = {
        int(line.split()[0]): line for line in plain(text) if re.match(r" *\d+ ", line) or re.match(r" *\d+$", line)
    }
    assert list(found) == list(range(1, len(sides[0]) + 1))
    for number, line in found.items():
        for side in sides:
            assert side[number - 1].strip()[:40] in line
    assert max(map(len, plain(text))) <= 170


@pytest.mark.parametrize("width", [60, 159])
def test_a_narrow_terminal_shows_one_under_the_other(width: int) -> None:
    lines = plain(printed("resnet50", width))
    assert max(map(len, lines)) <= width
    heads = [number for number, line in enumerate(lines) if line.startswith(("PyTorch (NCHW)", "TensorFlow (NHWC)"))]
    assert heads[0] == 0
    assert len(heads) == 2
    assert any("Module" in line for line in lines[: heads[1]])
    assert not any("keras" in line for line in lines[: heads[1]])
    assert any("keras" in line for line in lines[heads[1] :])


def test_folding_loses_no_character() -> None:
    text = sources("googlenet_bvlc")[0].text
    lines = plain(printed("googlenet_bvlc", 70))
    first = lines[1 : next(n for n, line in enumerate(lines) if line.startswith("TensorFlow"))]
    assert "".join("".join(line[5:].split()) for line in first) == "".join(text.split())


def test_a_pipe_gets_plain_text_under_headings() -> None:
    done = run("show", "lenet5_modern")
    torch, tf = (diptych.emission.source("lenet5_modern", framework) for framework in ("torch", "tf"))
    assert done.exit_code == 0
    assert done.stdout == f"# lenet5_modern: PyTorch (NCHW)\n{torch}# lenet5_modern: TensorFlow (NHWC)\n{tf}"


def test_show_takes_options_and_writes_the_page(tmp_path: Path) -> None:
    done = run("show", "resnet18", "--num-classes", "10", "--input-size", "64x48", "--html", tmp_path / "r.html")
    assert (done.exit_code, done.stdout) == (0, "")
    words = " ".join(Page((tmp_path / "r.html").read_text("utf-8")).words)
    assert nchw_text((3, 64, 48)) in words
    assert "num_classes=10" in words
    assert refused(tmp_path, "show", "resnet18", "--html", tmp_path / "r.html").endswith("(in Python, force=True)")
    assert run("show", "resnet18", "--html", tmp_path / "r.html", "--force").exit_code == 0


def test_what_cannot_be_shown_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"reports": [{"network": "resnet18"}]}')
    (tmp_path / "text.json").write_text("no JSON")
    (tmp_path / "other.json").write_text(json.dumps({"reports": [report("resnet34").to_dict()]}))
    to = ("--html", tmp_path / "page.html")
    assert "did you mean" in refused(tmp_path, "show", "resnet51", *to)
    assert "does not exist" in refused(tmp_path, "show", "resnet18", "--html", tmp_path / "no" / "page.html")
    assert "is a folder" in refused(tmp_path, "show", "resnet18", "--html", tmp_path)
    assert "--html FILE" in refused(tmp_path, "show", "resnet18", "--check", tmp_path / "bad.json")
    for name in ("bad.json", "text.json"):
        assert "holds no reports" in refused(tmp_path, "show", "resnet18", "--check", tmp_path / name, *to)
    assert "it has resnet34" in refused(tmp_path, "show", "resnet18", "--check", tmp_path / "other.json", *to)
    assert "does not exist" in refused(tmp_path, "show", "resnet18", "--check", tmp_path / "none.json", *to)
    assert "itself" in refused(tmp_path, "show", "resnet34", "--check", tmp_path / "other.json", "--html",
                               tmp_path / "other.json", "--force")  # fmt: skip
