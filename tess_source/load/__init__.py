"""Opening of files as objects."""
