"""The language-model level of understanding: it proposes, and nothing it says counts before it is verified."""
