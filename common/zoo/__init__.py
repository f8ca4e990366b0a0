"""The networks, one family and paper per file, each with its table as a literal."""
