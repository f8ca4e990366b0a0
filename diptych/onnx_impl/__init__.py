"""The third implementation: the ONNX model of a network, and the runtimes that run it."""
