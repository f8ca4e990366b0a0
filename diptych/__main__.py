"""`python -m diptych` is the `diptych` command."""

from .cli import main

main()
