"""TESS objects of interest (TOIs): ExoFOP's table, as targets, as a filter, and beside the TCEs of the data validation."""
