"""The window: widgets and nothing that computes."""
