"""A rig on the bench: a vehicle whose devices hang on the GPIO pins of a Raspberry Pi."""
