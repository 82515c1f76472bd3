"""Pure numbers: evidence, sequential tests, thresholds, power. Standard library only."""
