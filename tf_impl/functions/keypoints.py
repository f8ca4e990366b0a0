"""Key points from heat maps of TensorFlow; see `common.functions.keypoints`."""

from __future__ import annotations

import tensorflow as tf

from ...common.errors import DiptychError
from ...common.functions.keypoints import OFFSET
from ...common.geometry import Pair


def peaks(maps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The pixel (x, y) of the first largest value of each map (N, H, W, J), and that value; (0, 0) for none above 0."""
    if len(maps.shape) != 4 or 0 in maps.shape:
        raise DiptychError(f"heat maps are a batch (N, H, W, J) of at least one pixel, not {tuple(maps.shape)}")
    if not tf.reduce_all(tf.math.is_finite(maps)):
        raise DiptychError("heat maps hold values that are not finite, which have no peak")
    length, height, width, joints = maps.shape
    flat = tf.reshape(maps, (length, height * width, joints))
    confidence = tf.reduce_max(flat, 1)
    # tf.argmax does not say which of several equal values it takes.
    number = tf.range(height * width)[None, :, None]
    place = tf.reduce_min(tf.where(flat == confidence[:, None], number, height * width), 1)
    points = tf.stack([place % width, place // width], 2) * tf.cast(confidence > 0, place.dtype)[..., None]
    return tf.cast(points, maps.dtype), confidence


def keypoints(maps: tf.Tensor, size: Pair | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """The peaks of maps (N, H, W, J), each a quarter of a pixel towards its larger neighbours, and their values.

    Points (N, J, 2) are (x, y) in pixels of the maps, or of an image of `size` (height, width).
    """
    points, confidence = peaks(maps)
    height, width = maps.shape[1:3]
    x, y = tf.unstack(tf.cast(points, tf.int32), axis=2)
    inside = (x > 1) & (x < width - 1) & (y > 1) & (y < height - 1)
    n, j = tf.meshgrid(*(tf.range(length) for length in x.shape), indexing="ij")
    x, y = tf.where(inside, x, 0), tf.where(inside, y, 0)

    def pixel(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        return tf.gather_nd(maps, tf.stack([n, y % height, x % width, j], 2))

    right, left, below, above = pixel(x + 1, y), pixel(x - 1, y), pixel(x, y + 1), pixel(x, y - 1)
    towards = tf.stack([tf.sign(right - left), tf.sign(below - above)], 2)
    points = points + OFFSET * towards * tf.cast(inside, maps.dtype)[..., None]
    if size is not None:
        points = points * tf.constant([size[1] / width, size[0] / height], maps.dtype)
    return points, confidence
