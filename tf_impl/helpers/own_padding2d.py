"""Padding with the numbers of the map itself; layers.ZeroPadding2D has zeros alone."""

from keras import layers, ops


class OwnPadding2D(layers.Layer):
    """A frame (top, bottom, left, right) of numbers that are reflected, repeated or taken from the other end."""

    def __init__(self, pads, mode):
        super().__init__()
        self.pads, self.mode = (pads[:2], pads[2:]), mode

    def call(self, x):
        for axis in (1, 2):
            (before, after), n = self.pads[axis - 1], x.shape[axis]
            places = range(-before, n + after)
            last = n - 1
            reflected = [last - abs(last - abs(i)) for i in places]
            repeated = [min(max(i, 0), last) for i in places]
            around = [i % n for i in places]
            x = ops.take(x, {"reflect": reflected, "replicate": repeated, "circular": around}[self.mode], axis)
        return x
