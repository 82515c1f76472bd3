"""A release you can watch on a laptop: `python -m pointsman.demo`."""
