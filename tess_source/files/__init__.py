"""Verification of files, and a reader of FITS headers and tables without a FITS library."""
