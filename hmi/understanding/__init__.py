"""Sentence → requests."""
