"""`python -m pointsman`."""

from pointsman.entry.stopping import heard

heard()  # first of all: the imports below are what takes the time, and a signal then must not be lost

from pointsman.entry.cli import main  # noqa: E402

main()
