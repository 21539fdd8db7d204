"""Microphone → text → assistant → speech."""
