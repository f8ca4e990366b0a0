"""Convert, identify and verify weights files, one at a time or in batches."""
