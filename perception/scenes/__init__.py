"""Rendered street scenes with exact ground truth."""
