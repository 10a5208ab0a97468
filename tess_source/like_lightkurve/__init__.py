"""lightkurve's search functions, for TESS."""
