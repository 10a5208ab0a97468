"""Tests without a network for packages that build on tess-source: a sample archive in place of MAST, and a check of plugins."""
