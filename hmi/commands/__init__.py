"""The subcommands of `codriver` that concern the vehicle; each is thin and adds nothing of its own."""
