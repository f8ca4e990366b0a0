"""What a network is, in NumPy alone: the spec, its ops, its analysis and its meaning."""

if __name__ == "common":
    raise ImportError("this folder is installed inside the package: write `import diptych.common`")
