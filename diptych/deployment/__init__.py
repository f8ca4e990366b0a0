"""Write a network for others to run: an ONNX model, or the folded network in a program's own format."""
