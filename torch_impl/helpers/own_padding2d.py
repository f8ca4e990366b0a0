"""Padding with the numbers of the map itself is PyTorch's own."""

# OwnPadding2D of the Keras twin is nn.ReflectionPad2d, nn.ReplicationPad2d or nn.CircularPad2d. A row a b c with pads
# of 2 becomes
#
#     nn.ReflectionPad2d      c b a b c b a
#     nn.ReplicationPad2d     a a a b c c c
#     nn.CircularPad2d        b c a b c a b
#
# The "symmetric" of ops.pad repeats the edge too, b a a b c c b, which PyTorch has no layer for, and its "reflect" is
# that of PyTorch; the other two it does not have in TensorFlow. So the twin writes down which number stands at each
# place of the padded row, and takes these, for the rows first and for the columns after them. PyTorch writes pads as
# (left, right, top, bottom), the twin as (top, bottom, left, right).
#
#
#
#
#
#
