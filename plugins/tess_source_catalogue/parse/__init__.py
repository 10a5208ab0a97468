"""Parsers of the lists."""
