"""The contract between the core and its plugins."""
