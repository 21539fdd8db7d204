"""Subcommands of the ground floor."""
