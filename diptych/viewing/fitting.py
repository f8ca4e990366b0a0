"""A photograph as the input of a network, as its card says that public weights expect it.

A card says it in words, since that is how libraries say it; here they are read: "mean ... std ..." of numbers from 0
to 1, "scale ... offset ...", or a chain such as "/127.5, minus 1". What needs a file that nobody has, such as Caffe's
mean image, is passed over. The photograph is resized until it covers the input, and cut at its middle, as torchvision
and timm do it; a detector has a rule of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.detection.detector import Detector
from ..common.detection.letterbox import letterbox
from ..common.errors import DiptychError
from ..common.registry import network, registered
from ..common.spec import Array, Net
from ..detecting.images import Pixels, pillow

NUMBER = r"-?\d+(?:\.\d+)?"
NUMBERS = rf"{NUMBER}(?: {NUMBER}){{0,2}}"
STEP = re.compile(rf"(?:^|[ ,])(/|minus |times )({NUMBERS})(/\d+)?")
STANDARD = "RGB, /255, mean 0.485 0.456 0.406, std 0.229 0.224 0.225"
"""What most networks expect, for those that do not say what they do."""
CROP = 0.875
"""The part of the shorter side that is kept where nobody says how much: 224 of 256."""
SMALL = 96
"""Inputs of a shorter side below this, of digits and the like, take all of the photograph."""


@dataclass(frozen=True)
class Fit:
    """How bytes become numbers: `scale` times the pixel and `offset` more, by channel in the order of the network.

    `source` is whose weights want it so, and `words` what the card says; `part` of the shorter side is kept.
    """

    words: str
    source: str
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    bgr: bool = False
    part: float = CROP
    cubic: bool = False


def rules_of(net: Net) -> Mapping[str, str]:
    """What a network's card says, by whose weights; nothing for a network of somebody's own."""
    return network(net.name).card.preprocessing if registered(net.name) else {}


def detector_of(net: Net) -> Detector | None:
    """The rules of a registered detector."""
    return network(net.name).detector if registered(net.name) else None


def fit_of(net: Net, like: str | None = None) -> Fit:
    """The first rule of a network's card that can be read, or the first whose source has `like` in its name.

    Raises DiptychError where no source has it, with those there are.
    """
    told = rules_of(net)
    wanted = {source: words for source, words in told.items() if like is None or like.lower() in source.lower()}
    if like is not None and not wanted:
        known = ", ".join(told) or "none"
        raise DiptychError(f"no preprocessing of {net.name} is called {like!r}; its card has {known}")
    for source, words in wanted.items():
        found = read(words, source)
        if found is not None:
            return found
    if like is not None:
        raise DiptychError(
            f"the preprocessing {like!r} of {net.name} is {next(iter(wanted.values()))!r}, which needs more than a "
            "photograph; leave it out"
        )
    return Fit(STANDARD, "ImageNet in most libraries, since no card says more", *(_standardised(STANDARD) or ((), ())))


def read(words: str, source: str) -> Fit | None:
    """The rule of a card's words; None for what needs more than a photograph.

    >>> read("RGB, /127.5, minus 1, crop 299", "keras").offset
    (-1.0, -1.0, -1.0)
    """
    text = words.lower()
    if "mean image" in text:
        return None
    numbers = _of_ink(text) or _standardised(text) or _scaled(text) or _chained(text)
    part = re.search(r"resize (\d+), crop (\d+)", text)
    kept = re.search(r"crop(?:_pct)? ([01]\.\d+)", text)
    share = int(part[2]) / int(part[1]) if part else float(kept[1]) if kept else CROP
    return Fit(words, source, *numbers, bgr="bgr" in text, part=min(share, 1.0), cubic="bicubic" in text)


Numbers = tuple[tuple[float, ...], tuple[float, ...]]


def _of_ink(text: str) -> Numbers | None:
    """LeNet's: paper is the one number, ink the other; digits are white on black as MNIST has them."""
    found = re.search(rf"background ({NUMBER}), ink ({NUMBER})", text)
    if not found:
        return None
    paper, ink = float(found[1]), float(found[2])
    return ((ink - paper) / 255,) * 3, (paper,) * 3


def _standardised(text: str) -> Numbers | None:
    found = re.search(rf"mean ({NUMBERS})(?: \*255)?, std ({NUMBERS})", text)
    if not found:
        return None
    mean, spread = _three(found[1]), _three(found[2])
    return tuple(1 / (255 * s) for s in spread), tuple(-m / s for m, s in zip(mean, spread, strict=True))


def _scaled(text: str) -> Numbers | None:
    found = re.search(rf"scale ({NUMBERS}), offset ({NUMBERS})", text)
    return (_three(found[1]), _three(found[2])) if found else None


def _chained(text: str) -> Numbers:
    """Steps one after the other; numbers as they are where there is none, but for those that are said to end at 1."""
    scale, offset = np.ones(3), np.zeros(3)
    text = text.replace("0 to 1;", "/255") if "0 to 1;" in text else re.split(r"as it is|; |\bthe model\b|x /", text)[0]
    for kind, numbers, divisor in STEP.findall(text):
        given = np.array(_three(numbers)) / (float(divisor[1:]) if divisor else 1)
        if kind == "minus ":
            offset = offset - given
        else:
            factor = 1 / given if kind == "/" else given
            scale, offset = scale * factor, offset * factor
    return tuple(map(float, scale)), tuple(map(float, offset))


def _three(text: str) -> tuple[float, ...]:
    numbers = [float(word) for word in text.split()]
    return tuple(numbers if len(numbers) == 3 else numbers[:1] * 3)


def fitted(net: Net, pixels: Pixels, fit: Fit | None) -> Array:
    """A photograph (H, W, 3) of bytes as a batch (1, C, H, W) in float64; without a rule by that of the detector.

    Raises DiptychError for a network whose input has neither one channel nor three.
    """
    channels, height, width = map(int, net.input_shape)
    detector = detector_of(net)
    if fit is None and detector is not None:
        return letterbox(pixels, (height, width), detector.fit)[0].transpose(2, 0, 1)[None]
    if channels not in (1, 3):
        raise DiptychError(f"{net.name} takes {channels} channels, and a photograph has 1 or 3")
    rule = fit or fit_of(net)
    values = np.asarray(_cut(pixels, (height, width), rule), np.float64)
    if channels == 1:
        grey = values @ np.array([0.299, 0.587, 0.114])  # as Pillow's mode L has it
        return np.asarray((grey * rule.scale[0] + rule.offset[0])[None, None])
    values = values[..., ::-1] if rule.bgr else values
    return np.ascontiguousarray((values * rule.scale + rule.offset).transpose(2, 0, 1)[None])


def _cut(pixels: Pixels, size: tuple[int, int], fit: Fit) -> Any:
    """The photograph, so large that the input takes `part` of its shorter side, cut at its middle."""
    module = pillow()
    height, width = size
    part = fit.part if min(size) >= SMALL else 1.0
    factor = max(height / pixels.shape[0], width / pixels.shape[1]) / part
    rows, columns = (max(side, int(factor * have + 1e-6)) for side, have in zip(size, pixels.shape[:2], strict=True))
    kind = module.Resampling.BICUBIC if fit.cubic else module.Resampling.BILINEAR
    image = module.fromarray(pixels).resize((columns, rows), kind)
    left, top = round((columns - width) / 2), round((rows - height) / 2)
    return image.crop((left, top, left + width, top + height))
