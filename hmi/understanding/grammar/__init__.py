"""The grammar level of understanding: fast, deterministic, and silent where it is not sure."""
