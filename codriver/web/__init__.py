"""What every page and API of the toolkit is served with: entry, errors, headers, login, documentation, server."""
