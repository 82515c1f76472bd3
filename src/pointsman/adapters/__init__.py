"""The ways to get what the ports ask for. Client packages are imported here only, and late."""
