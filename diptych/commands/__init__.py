"""The command line: one file for each group of commands. They know Typer and Rich; nothing else does."""
