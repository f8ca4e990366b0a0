"""The mean of each channel is a layer of Keras."""

# GlobalAvgPool2d of the PyTorch twin is layers.GlobalAveragePooling2D:
# the mean over height and width, as a vector. nn.AdaptiveAvgPool2d(1)
# keeps them as two axes of length 1, which is the pool's `keepdims` in
# Keras and would be another shape for what follows. PyTorch has no
# layer that leaves them out.
