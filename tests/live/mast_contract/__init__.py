"""What tess-source assumes of MAST and the other sites that it asks: a line per assumption, and the question that settles it."""
