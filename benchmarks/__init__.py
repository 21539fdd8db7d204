"""What codriver claims about speed and size, measured. Run with `make bench`."""
