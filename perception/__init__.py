"""Camera frames become a labelled dataset, unknown and hidden objects included."""
