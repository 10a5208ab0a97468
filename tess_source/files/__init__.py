"""Whether a file is whole; FITS headers and tables without a FITS library."""
