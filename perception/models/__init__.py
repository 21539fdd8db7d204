"""One thin adapter per model, one protocol per role (roles.py)."""
