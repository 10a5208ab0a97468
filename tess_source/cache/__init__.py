"""The cache folder: what is known of its files, and what archives answered."""
