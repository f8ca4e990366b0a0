"""A convolution by a kernel that is computed, in groups."""

from keras import ops


def grouped_conv(x, kernel, strides, padding, dilation, groups):
    """A convolution by a kernel (H, W, I, O) that is computed, group by group: ops.conv takes no group of such."""
    if groups == 1:
        return ops.conv(x, kernel, strides, padding, dilation_rate=dilation)
    pairs = zip(ops.split(x, groups, -1), ops.split(kernel, groups, -1), strict=True)
    return ops.concatenate([ops.conv(*pair, strides, padding, dilation_rate=dilation) for pair in pairs], -1)
