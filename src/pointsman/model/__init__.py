"""Pure values: what a release is about, what was seen of it, and what is remembered. No effects."""
