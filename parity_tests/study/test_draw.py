"""`diptych draw`: the drawing fits its page and can be read, its files are right, and mistakes are one line."""

from __future__ import annotations

import dataclasses
import io
import os
import struct
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from refusal import refused
from selection import placed
from typer.testing import CliRunner

from diptych import drawing
from diptych.commands.cli import app
from diptych.common.errors import DiptychError
from diptych.common.ops.conv import conv
from diptych.common.ops.relu import relu
from diptych.common.registry import networks, spec
from diptych.common.spec import Call, Net
from diptych.common.trace import Value, block, trace
from diptych.drawing.captions import overview_diagram

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
PAGE = (595, 842)
REQUIRED = ("resnet50", "googlenet_bvlc", "densenet121")
BOXES = {"inception_v4": 90, "inception_resnet_v2": 81, "inception_resnet_v2.keras": 81}
BOXES |= dict.fromkeys(networks("yolox"), 94)
BOXES |= dict.fromkeys(networks("efficientdet"), 98)
"""The boxes of networks with six to eight kinds of modules, each drawn; elsewhere there are at most 75."""
TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.fixture
def engine() -> None:
    """Skips where the extra `draw` is not installed; the set-up of the tests installs it."""
    for name in ("pygraphviz", "resvg_py"):
        pytest.importorskip(name, reason=f"{name} is not installed: pip install 'diptych[draw]'")


@pytest.fixture
def font(engine: None) -> None:
    """Skips where no sans-serif font is installed, without which no .png is written; the reason says so."""
    from diptych.drawing.raster import PROBE, rasterise

    try:
        rasterise(PROBE)
    except DiptychError as error:
        pytest.skip(str(error))


def texts(svg: str) -> list[str]:
    """The words of an svg in their order, read as XML."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - written by diptych a moment ago
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def run(*given: str | Path) -> Any:
    return CliRunner().invoke(app, ["draw", *map(str, given)])


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("name", [placed(name) for name in networks()])
def test_a_drawing_fits_a_page_and_nothing_overlaps(name: str) -> None:
    from diptych.drawing.sheet import sheet_of

    sheet = sheet_of(spec(name))
    assert (sheet.width, sheet.height <= PAGE[1]) == (PAGE[0], True)
    assert sheet.smallest >= (6 if name in REQUIRED else 4)
    places = []
    for part in sheet.parts:
        for box, (x, y) in zip(part.layout.diagram.boxes, part.layout.corners, strict=True):
            places.append((part.x + x, part.y + part.head + y, box.width, box.height))
    assert len(places) <= (25 if name in REQUIRED else BOXES.get(name, 75))
    for x, y, width, height in places:
        assert sheet.x + sheet.scale * x >= 0
        assert sheet.x + sheet.scale * (x + width) <= PAGE[0]
        assert sheet.y + sheet.scale * (y + height) <= sheet.height
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(places, 2):
        assert ax + aw <= bx + 0.1 or bx + bw <= ax + 0.1 or ay + ah <= by + 0.1 or by + bh <= ay + 0.1


@pytest.mark.usefixtures("engine")
def test_arrows_go_down_from_the_foot_of_one_box_to_the_top_of_another() -> None:
    from diptych.drawing.engine import lay_out

    layout = lay_out(overview_diagram(spec("resnet18")))
    boxes = layout.diagram.boxes
    for link, path in zip(layout.diagram.links, layout.paths, strict=True):
        foot = layout.corners[link.source][1] + boxes[link.source].height
        assert path[0][1] == pytest.approx(foot, abs=1)
        assert path[-1][1] == pytest.approx(layout.corners[link.target][1], abs=1)
        assert path[0][1] < path[-1][1]


@pytest.mark.usefixtures("engine")
def test_the_svg_for_a_page_brings_no_colours_and_no_ids() -> None:
    text = drawing.svg("resnet50")
    root = ElementTree.fromstring(text)  # noqa: S314 - written by diptych a moment ago
    assert text.startswith("<svg ")
    assert (root.get("width"), root.get("style")) == ("100%", None)
    assert (root.get("viewBox") or "").startswith("0 0 595 ")
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == "Architecture of ResNet-50"
    assert not [element for element in root.iter() if element.get("id")]
    assert "currentColor" in text
    found = texts(text)
    shapes = [TIMES.join(map(str, (256 * 2**i, 56 // 2**i, 56 // 2**i))) for i in range(4)]
    assert set(shapes) <= set(found)
    assert {f"layer3: bottleneck {TIMES}6", "inside bottleneck", "linear, 1000"} <= set(found)


@pytest.mark.usefixtures("font")
def test_the_command_writes_both_formats(tmp_path: Path) -> None:
    from PIL import Image

    assert run("resnet18", "-o", tmp_path / "a.svg", "--num-classes", "7").exit_code == 0
    text = (tmp_path / "a.svg").read_text("utf-8")
    assert "linear, 7" in texts(text)
    assert "background:#fff" in text
    assert run("resnet18", "-o", tmp_path / "b.PNG", "--input-size", "64x96").exit_code == 0
    data = (tmp_path / "b.PNG").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert width == 1654
    assert 1 < height <= 1654 * 842 / 595 + 1
    counts = Image.open(io.BytesIO(data)).convert("L").histogram()
    assert counts[255] > width * height / 2, "the paper is white"
    assert sum(counts[:96]) > 5000, "there is dark text"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "b.PNG"]


@pytest.mark.usefixtures("engine")
def test_a_drawing_is_the_same_in_every_process_and_needs_no_program(tmp_path: Path) -> None:
    """Another hash seed, an empty PATH and no fonts to measure change nothing, and nothing is said on stderr."""
    for seed in ("1", "2"):
        command = [
            sys.executable,
            "-W",
            "error",
            "-m",
            "diptych",
            "draw",
            "googlenet",
            "-o",
            str(tmp_path / f"{seed}.svg"),
        ]
        environment = {"PATH": "", "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    first = (tmp_path / "1.svg").read_bytes()
    assert first == (tmp_path / "2.svg").read_bytes()
    drawing.draw("googlenet_bvlc", tmp_path / "3.svg")
    assert first == (tmp_path / "3.svg").read_bytes()


@block
def hostile(x: Value) -> Value:
    return relu(conv(x, 4, 3, pad=1, name="c") + conv(x, 4, 1, name="d"))


def hostile_net() -> Net:
    """A network whose every text is markup; names that tracing refuses are put in afterwards."""
    net = trace(lambda x: conv(hostile(x, name="a"), 2, 1, name="b"), "tiny", (3, 8, 8))
    (inner, last), words = net.root.body, {"a": "a&<b", "b": "]]>", "c": "<b>&", "d": '"\\N{}'}
    assert isinstance(inner, Call)

    def renamed(path: str) -> str:
        return ".".join(words.get(part, part) for part in path.split("."))

    nodes = tuple(dataclasses.replace(node, path=renamed(node.path)) for node in net.nodes)
    root = dataclasses.replace(net.root, body=(dataclasses.replace(inner, path=words["a"]), last))
    title, paper = "<script>\x00alert('&')\x1b</script>", '</svg>"&amp;'
    return dataclasses.replace(net, title=title, paper=paper, nodes=nodes, root=root)


@pytest.mark.usefixtures("engine")
def test_hostile_words_stay_words() -> None:
    found = texts(drawing.svg(hostile_net()))
    assert found[:2] == ["<script>alert('&')</script>", '</svg>"&amp;']
    assert "a&<b · 128 parameters" in found
    assert "]]> · 10 parameters" in found


@pytest.mark.usefixtures("font")
def test_hostile_words_stay_words_in_a_png(tmp_path: Path) -> None:
    assert drawing.draw(hostile_net(), tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.usefixtures("engine")
def test_a_network_of_one_op_is_drawn() -> None:
    net = trace(lambda x: relu(x), "tiny", (3, 8, 8))
    shape = TIMES.join("388")
    assert sorted(texts(drawing.svg(net))[2:]) == sorted([shape, shape, "image", "ReLU", "relu", "output"])


def test_a_mistake_is_one_line(tmp_path: Path) -> None:
    there = tmp_path / "there.svg"
    there.write_text("mine")
    assert ".svg or .png" in refused(tmp_path, "draw", "resnet18", "-o", tmp_path / "a.pdf")
    assert "--force" in refused(tmp_path, "draw", "resnet18", "-o", there)
    assert "does not exist" in refused(tmp_path, "draw", "resnet18", "-o", tmp_path / "no" / "a.svg")
    assert "resnet19" in refused(tmp_path, "draw", "resnet19", "-o", tmp_path / "a.svg")
    assert there.read_text() == "mine"


def test_without_the_engine_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert "pip install 'diptych[draw]'" in refused(tmp_path, "draw", "resnet18", "-o", tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("engine")
def test_a_png_needs_a_rasteriser_and_a_font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import resvg_py

    monkeypatch.setattr(resvg_py, "svg_to_bytes", lambda **options: b"blank")
    assert "font" in refused(tmp_path, "draw", "resnet18", "-o", tmp_path / "a.png")
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    assert "pip install 'diptych[draw]'" in refused(tmp_path, "draw", "resnet18", "-o", tmp_path / "a.png")
    assert run("resnet18", "-o", tmp_path / "a.svg").exit_code == 0
    with pytest.raises(DiptychError, match="resvg_py"):
        drawing.draw("resnet18", tmp_path / "a.png")


def test_importing_the_drawing_imports_nothing_heavy() -> None:
    code = (
        "import sys, diptych.drawing;"
        "print(sorted({'torch', 'tensorflow', 'keras', 'pygraphviz', 'resvg_py'} & set(sys.modules)))"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
