"""Padding with any number is PyTorch's own."""

# ConstantPadding2D of the Keras twin is nn.ConstantPad2d, which takes (left, right, top, bottom). Keras pads with zeros
# alone, and takes one number, (rows, columns) or ((top, bottom), (left, right)).
#
#
#
#
#
#
#
