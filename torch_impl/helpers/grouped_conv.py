"""A convolution by a kernel that is computed is PyTorch's own."""

# grouped_conv of the Keras twin is nn.functional.conv2d with its `groups`. ops.conv reads the number of groups off the
# shapes of the input and of the kernel, but in a functional model it takes no kernel with fewer channels than the
# input; so the twin makes a convolution of each group of channels, and puts what they give one after the other. Input
# channel i of group g is channel g * I + i, and output channel o is channel g * O + o, in both.
#
#
