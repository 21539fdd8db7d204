"""The subcommands of perception."""
