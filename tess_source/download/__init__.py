"""Downloads of the files of a plan."""
