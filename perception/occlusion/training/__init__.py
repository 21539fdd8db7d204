"""Draws the silhouettes that the package carries, from our own solids. Not needed to use them."""
