"""From an image of any size to a network's input, and boxes back to pixels of the image, by five conventions.

With the input S = (height, width) and r the smaller of S / size, `letterbox` makes of an image:

* stretch: the whole input, each axis by a factor of its own, with Pillow's bilinear filter.
* yolov5: round(size r) pixels in the middle of the border: of an odd rest the larger half stands behind. Half-pixel.
* yolox: int(size r) pixels in the top left corner. Half-pixel.
* darknet: the axis with the smaller factor is filled, the other is size S // size; in the middle, of an odd rest the
  larger half behind. Align-corners.
* efficientdet: int(size r) pixels in float32, top left, and a border that is 0 after normalising. Half-pixel.

int() of a product that is a hair below a whole number loses a pixel: at 416 a longer side of 175 of the lengths 1 to
3,000 becomes 415 (yolox). Ultralytics' border to a multiple of 32 (`auto`) is the same with another S.

Bytes resized by OpenCV (yolov5, yolox) and Pillow (stretch) are bytes again, and so here, to one level: OpenCV's
weights have 11 bits, and of Pillow see `resample`. Numbers that are no bytes are not rounded.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import DiptychError
from ..spec import Array
from .detector import Fit, FitRule
from .resample import align_corners, half_pixel, pillow


class Placement(NamedTuple):
    """Where an image stands in the input, each pair as (y, x): input = image * scale + offset; `image` is its size.

    The scale is that of the pixels there are, resized / size. YOLOX and EfficientDet divide by r instead, and Darknet
    takes half of an odd rest as its offset: up to one pixel of the input away.
    """

    scale: tuple[float, float]
    offset: tuple[int, int]
    image: tuple[int, int]


def letterbox(image: Array, size: tuple[int, int], fit: Fit) -> tuple[Array, Placement]:
    """The input (height, width, 3) of a network in float64, and where the image (H, W, 3), RGB, stands in it.

    The image has bytes, or floating-point numbers from 0 to 255. Raises DiptychError for another shape or type, for one
    without pixels, and for one so long that its shorter side would have none, at which the authors' code fails too.
    """
    _require(image, size)
    within = fitted(image.shape[:2], size, fit.rule)
    if not all(within):
        raise DiptychError(
            f"an image of {image.shape[0]} x {image.shape[1]} pixels is too long for {size[0]} x {size[1]}: "
            f"the rule {fit.rule} leaves {within[0]} x {within[1]} pixels; cut it into pieces"
        )
    top, left = (_before(whole - part, fit.rule) for whole, part in zip(size, within, strict=True))
    values = _normalised(_resized(image, within, fit.rule), fit)
    border = np.zeros(3) if fit.rule == "efficientdet" else _normalised(np.full(3, fit.pad), fit)
    result = np.broadcast_to(border, (*size, 3)).copy()
    result[top : top + within[0], left : left + within[1]] = values
    height, width = image.shape[:2]
    return result, Placement((within[0] / height, within[1] / width), (top, left), (height, width))


def to_image(boxes: Array, placement: Placement, clip: bool = False) -> Array:
    """Boxes (..., 4), corners in pixels of the input, as corners in pixels of the image, with `clip` inside it.

    >>> to_image(np.array([8.0, 4, 24, 12]), Placement((0.5, 2.0), (2, 4), (10, 100))).tolist()
    [2.0, 4.0, 10.0, 20.0]
    """
    (sy, sx), (top, left), (height, width) = placement
    found: Array = (boxes - np.array([left, top, left, top])) / np.array([sx, sy, sx, sy])
    return found.clip(0, np.array([width, height, width, height])) if clip else found


def fitted(image: tuple[int, ...], size: tuple[int, int], rule: FitRule) -> tuple[int, int]:
    """Height and width of the image in the input; 0 where the rule leaves no pixel."""
    height, width = image
    if rule == "stretch":
        return size
    if rule == "darknet":
        if size[1] * height < size[0] * width:
            return height * size[1] // width, size[1]
        return size[0], width * size[0] // height
    if rule == "efficientdet":
        sides = np.array([height, width], np.float32)
        resized = (sides * (np.array(size, np.float32) / sides).min()).astype(int)
        return int(resized[0]), int(resized[1])
    ratio = min(size[0] / height, size[1] / width)
    whole = round if rule == "yolov5" else int
    return whole(height * ratio), whole(width * ratio)


def _before(rest: int, rule: FitRule) -> int:
    """How many pixels of border stand before the image. Ultralytics' round(rest / 2 - 0.1) is the half rounded down."""
    return rest // 2 if rule in ("yolov5", "darknet") else 0


def _resized(image: Array, size: tuple[int, int], rule: FitRule) -> Array:
    """The image in its new size, by the rule's filter and rounding."""
    if rule == "stretch":
        return pillow(image, size)
    if rule == "darknet":
        return align_corners(image, size)
    resized = half_pixel(image, size)
    return np.floor(resized + 0.5) if rule != "efficientdet" and image.dtype == np.uint8 else resized


def _normalised(values: Array, fit: Fit) -> Array:
    """Channels in the network's order, divided, less the mean, over the standard deviation."""
    values = values[..., ::-1] if fit.bgr else values
    result: Array = (values / fit.divisor - np.array(fit.mean)) / np.array(fit.std)
    return result


def _require(image: Array, size: tuple[int, int]) -> None:
    """Raises DiptychError for what is no image (H, W, 3) of numbers, and for an input without pixels."""
    if image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise DiptychError(f"an image is (H, W, 3), RGB, of one pixel or more; its shape is {image.shape}")
    if image.dtype != np.uint8 and not np.issubdtype(image.dtype, np.floating):
        raise DiptychError(f"an image is of uint8, or of floating point from 0 to 255, not of {image.dtype}")
    if len(size) != 2 or min(size) < 1:
        raise DiptychError(f"the size of an input is (height, width), each 1 or more, not {size}")
