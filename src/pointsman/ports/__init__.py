"""What the steps need from the world, as small Protocols. `adapters/` has the ways to get it."""
