"""What Keras has no layer for, written out; each file has a twin of as many lines in the other framework.

The emitter reads these files as text: code where this framework needs it, a comment where only the other one does.
Several are here because Keras or TensorFlow rounds to float32 whatever the dtype, 5e-10 to 2e-7 off in float64: see
the traps `rescaling_in_float64`, `leaky_relu_in_float64`, `gelu_in_float64`, `bilinear_in_float64` and
`local_response_norm_in_float64`.
"""
