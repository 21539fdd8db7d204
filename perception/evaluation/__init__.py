"""Measures against a ground truth."""
