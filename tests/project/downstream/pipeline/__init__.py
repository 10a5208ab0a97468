"""A pipeline that builds on tess-source, as somebody else would write it. It is checked for its types, never installed."""
