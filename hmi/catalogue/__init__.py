"""The catalogue: every signal of the car, declared once as VSS data."""
