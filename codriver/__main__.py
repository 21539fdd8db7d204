"""`python -m codriver`."""

from codriver.cli import main

main()
