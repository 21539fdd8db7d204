"""Whether what could be read of a sentence is wanted, here and now, for all that is said around it."""
