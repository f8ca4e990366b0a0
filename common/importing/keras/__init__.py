"""Reading Keras models by their configs: plain dicts, of a file or of a model in memory; no layer is made or run."""
