"""Alike things over the whole dataset: vectors, clusters, galleries and names."""
