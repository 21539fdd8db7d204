"""Known or unknown, parts into wholes, grouping, naming, identity over time."""
