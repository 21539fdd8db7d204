"""Stages over frames, in one process, in many, or on Ray."""
