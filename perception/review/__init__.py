"""The page where a person accepts, renames, merges and rejects."""
