"""Pure conversion between the dataset and the formats of the field."""
