"""Reading ONNX models: a graph as plain data becomes a draft, node by node; nothing of it is run."""
