"""Segment everything, economically: where prompts go and which masks survive."""
