"""`python -m diptych` is the `diptych` command."""

from .commands.cli import main

main()
