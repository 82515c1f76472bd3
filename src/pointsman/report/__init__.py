"""Pure rendering: one result, shown everywhere. No effects, no clock, no randomness."""
