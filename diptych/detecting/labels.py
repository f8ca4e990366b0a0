"""What the classes of a detector are called, and the numbers that COCO's files give them.

COCO (Lin et al. 2014) numbers its categories from 1 to 90 and uses 80 of these numbers. The YOLOs have a class for each
of the 80, in the order of their numbers; EfficientDet has one for each of the 90, of which ten were never trained.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..common.errors import DiptychError, FileError
from ..files.kinds import read_small

_COCO = """
1 person, 2 bicycle, 3 car, 4 motorcycle, 5 airplane, 6 bus, 7 train, 8 truck, 9 boat, 10 traffic light,
11 fire hydrant, 13 stop sign, 14 parking meter, 15 bench, 16 bird, 17 cat, 18 dog, 19 horse, 20 sheep, 21 cow,
22 elephant, 23 bear, 24 zebra, 25 giraffe, 27 backpack, 28 umbrella, 31 handbag, 32 tie, 33 suitcase, 34 frisbee,
35 skis, 36 snowboard, 37 sports ball, 38 kite, 39 baseball bat, 40 baseball glove, 41 skateboard, 42 surfboard,
43 tennis racket, 44 bottle, 46 wine glass, 47 cup, 48 fork, 49 knife, 50 spoon, 51 bowl, 52 banana, 53 apple,
54 sandwich, 55 orange, 56 broccoli, 57 carrot, 58 hot dog, 59 pizza, 60 donut, 61 cake, 62 chair, 63 couch,
64 potted plant, 65 bed, 67 dining table, 70 toilet, 72 tv, 73 laptop, 74 mouse, 75 remote, 76 keyboard,
77 cell phone, 78 microwave, 79 oven, 80 toaster, 81 sink, 82 refrigerator, 84 book, 85 clock, 86 vase, 87 scissors,
88 teddy bear, 89 hair drier, 90 toothbrush
"""
_NUMBERS = {
    int(number): name for number, _, name in (entry.strip().partition(" ") for entry in _COCO.strip().split(","))
}
COCO80 = tuple(_NUMBERS.values())
COCO90 = tuple(_NUMBERS.get(number, f"unused {number}") for number in range(1, 91))
IDS80 = tuple(_NUMBERS)

MOST = 1 << 20
"""Bytes of a file of labels."""


def default_labels(classes: int) -> tuple[str, ...]:
    """COCO's names for 80 or 90 classes, and numbers for as many as any other data set has.

    >>> default_labels(80)[15], default_labels(90)[16], default_labels(2)
    ('cat', 'cat', ('class 0', 'class 1'))
    """
    return {80: COCO80, 90: COCO90}.get(classes) or _numbers(classes)


def nameless(labels: tuple[str, ...]) -> bool:
    """Whether the labels are numbers in place of names."""
    return labels == _numbers(len(labels))


def _numbers(classes: int) -> tuple[str, ...]:
    return tuple(f"class {number}" for number in range(classes))


def category_ids(labels: tuple[str, ...]) -> tuple[int, ...]:
    """The number of each class in a COCO file: COCO's own for COCO's names, else 1, 2, 3 and so on.

    >>> category_ids(COCO80)[:12]
    (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13)
    """
    return IDS80 if labels == COCO80 else tuple(range(1, len(labels) + 1))


def read_labels(path: Path) -> tuple[str, ...]:
    """The lines of a text file, a label each, as Darknet's .names are; blank ones at its end are left out.

    Raises FileError for a file that is no text, has a blank line between others, or no line at all.
    """
    try:
        text = read_small(path, MOST, "a list of labels").decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(f"{path} is no UTF-8 text, expected one label on each line") from None
    lines = tuple(line.strip() for line in text.rstrip().splitlines())
    if not all(lines):
        place = next((number for number, line in enumerate(lines, start=1) if not line), 1)
        raise FileError(f"{path}: line {place} is blank, expected one label on each line")
    if not lines:
        raise FileError(f"{path} is blank, expected one label on each line")
    return lines


def listed(labels: object) -> tuple[str, ...]:
    """Labels that a caller names one by one; raises DiptychError for anything but texts."""
    found = tuple(labels) if isinstance(labels, Iterable) and not isinstance(labels, (str, bytes)) else (labels,)
    if isinstance(labels, str) or not all(isinstance(label, str) for label in found):
        raise DiptychError(f"labels are the names of the classes, each a text, or a file of them, not {labels!r:.80}")
    return found


def checked_labels(labels: tuple[str, ...], classes: int, whose: str) -> tuple[str, ...]:
    """The labels; raises DiptychError for another number of them than there are classes."""
    if len(labels) != classes:
        raise DiptychError(f"{len(labels)} labels were given, and {whose} has {classes} classes; give one for each")
    return labels
