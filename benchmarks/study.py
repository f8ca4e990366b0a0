"""How long the page, the two sources and the drawings take, beside building ResNet-50 in PyTorch.

Run `python -m benchmarks.study`; it prints the best of three runs that take turns, and the ratio to the build. What is
imported or read once is there before the first run; every run traces its network anew.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import diptych
from diptych.common.registry import spec
from diptych.drawing import draw
from diptych.emission import twins
from diptych.page.render import study_page

DRAWN = ("resnet50", "googlenet_bvlc", "densenet121")
SMALL = "lenet5_modern"


def page(name: str, folder: Path) -> None:
    """Write the page as `diptych show --html` does, without the figures of a check."""
    net = spec(name)
    (folder / "page.html").write_text(study_page(net, *twins(net)), encoding="utf-8")


def drawing(name: str, folder: Path) -> None:
    """Write the drawing of a network as an SVG."""
    draw(name, folder / "drawing.svg", force=True)


def timed(folder: Path) -> dict[str, Callable[[], object]]:
    """What is timed, by its name; the first is what the others are compared with."""
    found: dict[str, Callable[[], object]] = {
        "build resnet50 in torch": partial(diptych.build, "resnet50", "torch"),
        "page of resnet50": partial(page, "resnet50", folder),
        "sources of resnet50": lambda: twins(spec("resnet50")),
    }
    return found | {f"drawing of {name}": partial(drawing, name, folder) for name in DRAWN}


def warm(folder: Path) -> None:
    """Do everything once with a small network, so that no run pays for imports."""
    diptych.build(SMALL, "torch")
    page(SMALL, folder)
    drawing(SMALL, folder)


def seconds(run: Callable[[], object]) -> float:
    """The time one run takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main(runs: int = 3) -> None:
    """Print the best time of each and its ratio to the first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warm(folder)
        tasks = timed(folder)
        turns = [{label: seconds(run) for label, run in tasks.items()} for _ in range(runs)]
    best = {label: min(turn[label] for turn in turns) for label in tasks}
    base = next(iter(best.values()))
    for label, value in best.items():
        print(f"{label:<26} {value:.3f} s  {value / base:.2f} times")


if __name__ == "__main__":
    main()
