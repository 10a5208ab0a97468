"""The cache folder: its files, the index of verified files, and the answers of archives."""
