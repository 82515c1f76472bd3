"""Pure decisions: from what was seen to what to do next, each with one sentence why. No clock, no log, no effects."""
