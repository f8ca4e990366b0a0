"""EfficientDet (Tan, Pang & Le 2020, EfficientDet: Scalable and Efficient Object Detection), table 1.

An EfficientNet without its top, two more levels by pooling, cells of BiFPN, and two heads that all levels share, for
classes and boxes. D0 to D5 fuse by weights, D6 and D7 without. A network answers with raw maps of five levels, of
strides 8 to 128: the classes of all, then the boxes of all, before any sigmoid, nine anchors at a place. It is the
authors' form, with TensorFlow's SAME padding and biases before normalisations (effdet's `tf_` models).
"""

from __future__ import annotations

from ..blocks.bifpn import bifpn, halved, linear_bn
from ..blocks.conv_norm import Style, conv_norm
from ..blocks.level_head import level_head
from ..blocks.make_divisible import make_divisible
from ..detection.efficientdet import EFFICIENTDET, EFFICIENTDET_D7
from ..errors import SpecError
from ..ops.silu import silu
from ..ops.weighted_sum import Mode
from ..registry import Network
from ..trace import Value, block, shared, stack
from .efficientnet import STAGES, stage
from .efficientnet import TABLE as BACKBONES

TABLE = {  # backbone, input, channels and cells of the pyramid, layers of a head, fusion
    "d0": ("b0", 512, 64, 3, 3, "fast"),
    "d1": ("b1", 640, 88, 4, 3, "fast"),
    "d2": ("b2", 768, 112, 5, 3, "fast"),
    "d3": ("b3", 896, 160, 6, 4, "fast"),
    "d4": ("b4", 1024, 224, 7, 4, "fast"),
    "d5": ("b5", 1280, 288, 7, 4, "fast"),
    "d6": ("b6", 1280, 384, 8, 5, "sum"),
    "d7": ("b6", 1536, 384, 8, 5, "sum"),
}
LEVELS = (3, 4, 5, 6, 7)
"""Level n has the stride 2^n."""
ANCHORS = 9
TAPS = (2, 4, 6)
"""The stages whose maps are levels 3, 4 and 5."""
BACKBONE = Style(eps=1e-3, same=True)
STYLE = Style(eps=1e-3, momentum=0.01, same=True)


@block
def features(x: Value, width: float, depth: float) -> list[Value]:
    """EfficientNet without its top; the maps of 1/8, 1/16 and 1/32 of the image."""
    x, maps = conv_norm(x, make_divisible(32 * width), 3, 2, act=silu, style=BACKBONE, name="features.0"), []
    for number in range(len(STAGES)):
        with stack(f"features.{number + 1}"):
            x = stage(x, number, width, depth, silu, BACKBONE)
        if number in TAPS:
            maps.append(x)
    return maps


@block
def pyramid(maps: list[Value], width: int, cells: int, mode: Mode) -> list[Value]:
    """Levels 6 and 7, which are pooled, and cells of BiFPN over all five."""
    six = halved(linear_bn(maps[-1], width, STYLE, name="resample"), STYLE)
    maps = [*maps, six, halved(six, STYLE)]
    for number in range(cells):
        maps = bifpn(maps, width, mode, silu, STYLE, name=f"cell.{number}")
    return maps


def efficientdet(x: Value, num_classes: int, variant: str) -> dict[str, Value]:
    """EfficientNet, BiFPN, and the same two heads on each level."""
    backbone, _, width, cells, layers, mode = TABLE[variant]
    require_levels(x)
    maps = pyramid(features(x, *BACKBONES[backbone][:2], name="backbone"), width, cells, mode, name="fpn")
    found = dict[str, Value]()
    for kind, outputs in (("class", ANCHORS * num_classes), ("box", 4 * ANCHORS if num_classes else 0)):
        head = shared(level_head, name=f"{kind}_net")
        for level, x in zip(LEVELS, maps, strict=True):
            found[f"{kind}_p{level}"] = head(x, outputs, layers, silu, STYLE)
    return found


def require_levels(x: Value) -> None:
    """Raise SpecError for an image of which a level has one pixel on one side alone, where it cannot be halved."""
    height, width = (int(side) for side in x.shape[1:])
    for level in LEVELS[:-1]:
        sides = [-(-side // 2**level) for side in (height, width)]
        if min(sides) == 1 < max(sides):
            raise SpecError(
                f"at {height}x{width} level {level} has {sides[0]} x {sides[1]} pixels and cannot be halved on both "
                f"sides; take a height and a width above {2 ** LEVELS[-2]}"
            )


def _efficientdet(variant: str) -> Network:
    side, title = TABLE[variant][1], f"EfficientDet-{variant.upper()}"
    detector = EFFICIENTDET_D7 if variant == "d7" else EFFICIENTDET
    sizes = SMALL if variant == "d0" else CHECK_SIZES
    return Network(f"efficientdet_{variant}", title, efficientdet, {"variant": variant}, "official",
                   input_size=(side, side), num_classes=90, evaluated=None, check_sizes=sizes,
                   detector=detector)  # fmt: skip


SMALL = ((128, 66), (65, 97))
CHECK_SIZES = ((256, 130), (129, 193))
"""Where level 7 has one pixel, each normalisation of a training step is of one number an image, and rounding grows with
the depth: at `SMALL` the two frameworks are up to 4e-9 apart in D4."""
NETWORKS = tuple(map(_efficientdet, TABLE))
CANONICAL = "efficientdet_d0"
