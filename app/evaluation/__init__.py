"""Honest figures from probabilities and true labels."""
