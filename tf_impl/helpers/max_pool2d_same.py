"""Max pooling with SAME padding is Keras's own."""

# MaxPool2dSame of the PyTorch twin is layers.MaxPooling2D with padding="same".
#
# The places that SAME adds never win a maximum, whatever the sign of the numbers: the
# twin pads with minus infinity. nn.MaxPool2d pads with it too, but the same number of
# places at both ends, so that at an even size and stride 2 its windows stand one pixel
# off.
