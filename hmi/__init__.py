"""What a person says → what the vehicle does."""
