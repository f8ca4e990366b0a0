"""The TensorFlow twin: NHWC functional Keras 3 models of built-in layers."""

if __name__ == "tf_impl":
    raise ImportError("this folder is installed inside the package: write `import diptych.tf_impl`")
