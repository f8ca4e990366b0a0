"""Padding with any number is PyTorch's own."""

# ConstantPadding2D of the Keras twin is nn.ConstantPad2d, which
# takes (left, right, top, bottom). Keras pads with zeros alone, and
# takes one number, (rows, columns) or ((top, bottom), (left,
# right)).
#
#     nn.ConstantPad2d((1, 2, 3, 4), 0.5)    ConstantPadding2D(((3, 4), (1, 2)), 0.5)
#
# A number other than zero occurs where an image is padded before it is normalised,
# or with the colour of a letter box.
