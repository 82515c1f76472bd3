"""`python -m pointsman`."""

import signal
import sys

# Until the step listens itself: nothing has been touched yet, so a wish to stop is a clean end at once.
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: sys.exit(130))

from pointsman.entry.cli import main  # noqa: E402 - the import is what takes the time

main()
