"""A fixed kernel for every channel."""

from keras import layers, ops


class Blur(layers.Layer):
    """Each channel convolved by the same fixed rows of numbers, without padding."""

    def __init__(self, *kernel, stride=1):
        super().__init__()
        self.kernel, self.stride = kernel, (stride, stride) if isinstance(stride, int) else stride

    def call(self, x):
        kernel = ops.convert_to_tensor([[[[number]] * x.shape[-1] for number in row] for row in self.kernel], x.dtype)
        rows, columns = self.stride
        if rows == columns:
            return ops.depthwise_conv(x, kernel, rows, "valid")
        # TensorFlow takes one stride for both axes.
        return ops.depthwise_conv(x, kernel, 1, "valid")[:, ::rows, ::columns]
