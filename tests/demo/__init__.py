"""The demo and the local platform under load."""
