"""The PyTorch twin: NCHW modules compiled from the emitted source."""

if __name__ == "torch_impl":
    raise ImportError("this folder is installed inside the package: write `import diptych.torch_impl`")
