"""Who hides whom, the shape and the look of what is hidden."""
