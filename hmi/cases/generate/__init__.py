"""Cases written by a language model: asked for, read, verified, stored."""
