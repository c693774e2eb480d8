"""Engines: child processes that turn a frozen snapshot into a network."""
