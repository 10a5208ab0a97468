"""From files to objects."""
