"""`python -m pointsman`."""

from pointsman.entry.cli import main

main()
