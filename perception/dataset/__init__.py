"""The log of finished work, and the views of it."""
